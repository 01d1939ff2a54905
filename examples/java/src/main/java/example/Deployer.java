package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hc.core5.http.HttpHost;
import org.opensearch.client.opensearch.generic.OpenSearchGenericClient;
import org.opensearch.client.opensearch.generic.Requests;
import org.opensearch.client.transport.OpenSearchTransport;
import org.opensearch.client.transport.httpclient5.ApacheHttpClient5TransportBuilder;
import org.opensearch.client.transport.httpclient5.ResponseException;

/**
 * Deploys a flow-framework template: creates the workflow, provisions it, waits for its end. Resources that a failure
 * leaves behind are deleted. opensearch-java has no methods for flow-framework, so its generic client sends the requests.
 */
public final class Deployer {
    private static final String WORKFLOW = "/_plugins/_flow_framework/workflow";
    private static final Set<String> NEED_THEIR_NAME = Set.of("index_name", "pipeline_id");
    private static final int TOO_MANY_REQUESTS = 429;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final OpenSearchGenericClient client;
    private final Duration poll;
    private final Duration limit;
    private final Sleep sleep;

    /** How the deployer waits between two polls. */
    public interface Sleep {
        void sleep(Duration time) throws IOException, InterruptedException;
    }

    /** A resource that a step has created. */
    public record Resource(String step, String type, String id) {}

    /** The workflow did not reach COMPLETED. {@code left()} are the resources that could not be deleted. */
    public static final class DeploymentException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient List<Resource> left;

        DeploymentException(String message, List<Resource> left) {
            super(message);
            this.left = left;
        }

        public List<Resource> left() {
            return left;
        }
    }

    /** HttpClient itself would repeat 429 and 503 once, after a second: only the deployer decides how often it asks. */
    public static OpenSearchTransport connect(HttpHost host) {
        return ApacheHttpClient5TransportBuilder.builder(host)
                .setHttpClientConfigCallback(http -> http.disableAutomaticRetries())
                .build();
    }

    /** Polls every 5 seconds, and gives up after 10 minutes. */
    public Deployer(OpenSearchGenericClient client) {
        this(client, Duration.ofSeconds(5), Duration.ofMinutes(10), time -> Thread.sleep(time.toMillis()));
    }

    public Deployer(OpenSearchGenericClient client, Duration poll, Duration limit, Sleep sleep) {
        this.client = client;
        this.poll = poll;
        this.limit = limit;
        this.sleep = sleep;
    }

    /** Returns the created resources. {@code template} is JSON. */
    public List<Resource> deploy(String template) throws IOException, InterruptedException, DeploymentException {
        String id = send("POST", WORKFLOW, Map.of(), template).get("workflow_id").textValue();
        send("POST", WORKFLOW + "/" + id + "/_provision", Map.of(), null);
        JsonNode status = await(id);
        List<Resource> resources = resources(status);
        if (status.get("state").textValue().equals("COMPLETED")) {
            return resources;
        }
        throw new DeploymentException(id + ": " + status.path("error").asText(), cleanUp(id, resources));
    }

    /** A cluster that is busy is asked again later. */
    private JsonNode await(String id) throws IOException, InterruptedException, DeploymentException {
        for (Duration waited = Duration.ZERO; waited.compareTo(limit) <= 0; waited = waited.plus(poll)) {
            try {
                JsonNode status = send("GET", WORKFLOW + "/" + id + "/_status", Map.of(), null);
                if (Set.of("COMPLETED", "FAILED").contains(status.get("state").textValue())) {
                    return status;
                }
            } catch (ResponseException error) {
                if (error.status() != TOO_MANY_REQUESTS) {
                    throw error;
                }
            }
            sleep.sleep(poll);
        }
        throw new DeploymentException(id + ": not done after " + limit.toSeconds() + " s", List.of());
    }

    /**
     * Indexes and pipelines are deleted only if they are named. A response with an error, although its status is 202,
     * means that something is left.
     */
    private List<Resource> cleanUp(String id, List<Resource> resources) throws IOException {
        List<String> named = resources.stream()
                .filter(each -> NEED_THEIR_NAME.contains(each.type()))
                .map(Resource::id)
                .toList();
        Map<String, String> query = named.isEmpty() ? Map.of() : Map.of("allow_delete", String.join(",", named));
        JsonNode answer = send("POST", WORKFLOW + "/" + id + "/_deprovision", query, null);
        if (!answer.has("error")) {
            return List.of();
        }
        return resources(send("GET", WORKFLOW + "/" + id + "/_status", Map.of(), null));
    }

    private JsonNode send(String method, String path, Map<String, String> query, String json) throws IOException {
        var request = Requests.builder().method(method).endpoint(path).query(query);
        if (json != null) {
            request.json(json);
        }
        try (var response = client.execute(request.build())) {
            return JSON.readTree(response.getBody().orElseThrow().bodyAsString());
        }
    }

    /** The list is absent if no step has created a resource. */
    private static List<Resource> resources(JsonNode status) {
        List<Resource> resources = new ArrayList<>();
        for (JsonNode each : status.path("resources_created")) {
            resources.add(new Resource(
                    each.get("workflow_step_id").textValue(),
                    each.get("resource_type").textValue(),
                    each.get("resource_id").textValue()));
        }
        return resources;
    }
}
