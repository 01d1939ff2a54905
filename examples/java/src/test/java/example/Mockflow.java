package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;

/** The control API, as far as tests need it. GET /_mockflow/openapi.json describes all calls. Bodies are JSON. */
final class Mockflow {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final HttpClient http = HttpClient.newHttpClient();
    final String url;

    Mockflow(String url) {
        this.url = url;
    }

    /** A new world. The clock stands still until somebody moves it. */
    void reset() throws IOException, InterruptedException {
        call("POST", "reset", "{\"mode\": \"frozen\", \"step_time\": \"7s\"}");
    }

    void advance(Duration time) throws IOException, InterruptedException {
        call("POST", "clock", "{\"advance\": \"" + time.toMillis() + "ms\"}");
    }

    void load(String scenario) throws IOException, InterruptedException {
        call("PUT", "scenarios", scenario);
    }

    void addFault(String fault) throws IOException, InterruptedException {
        call("POST", "faults", fault);
    }

    /** The requests that clients sent, with their responses; such as get_status. */
    List<JsonNode> requests(String operation) throws IOException, InterruptedException {
        JsonNode exchanges = call("GET", "journal?operation=" + operation, "").get("exchanges");
        return StreamSupport.stream(exchanges.spliterator(), false).toList();
    }

    /** Fails with the story of all requests, unless the only workflow was polled at this pace and not after its end. */
    void verifyPolling(String minInterval, String maxInterval) throws IOException, InterruptedException {
        call("POST", "verify", """
                {"polling": {"min_interval": "%s", "max_interval": "%s"}}""".formatted(minInterval, maxInterval));
    }

    JsonNode workflows() throws IOException, InterruptedException {
        return call("GET", "workflows", "");
    }

    JsonNode call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/_mockflow/" + path))
                .method(method, BodyPublishers.ofString(body))
                .build();
        var response = http.send(request, BodyHandlers.ofString());
        JsonNode answer = JSON.readTree(response.body());
        if (response.statusCode() >= 400) {
            JsonNode error = answer.path("error");
            String story = error.path("story").asText();
            throw new IOException(method + " " + path + ": " + error.path("message").asText() + "\n" + story);
        }
        return answer;
    }
}
