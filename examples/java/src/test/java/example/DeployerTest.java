package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import example.Deployer.DeploymentException;
import example.Deployer.Resource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.hc.core5.http.HttpHost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.opensearch.client.opensearch.OpenSearchClient;
import org.opensearch.client.transport.OpenSearchTransport;

/** Tests of the deployer: {@code mvn test}. Only the deployer's sleeps move the clock. */
@ExtendWith(MockflowExtension.class)
final class DeployerTest {
    private static final String TEMPLATE = """
            {"name": "books", "workflows": {"provision": {
              "nodes": [
                {"id": "pipeline", "type": "create_search_pipeline",
                 "user_inputs": {"pipeline_id": "embed", "configurations": {}}},
                {"id": "index", "type": "create_index",
                 "user_inputs": {"index_name": "books", "configurations": {}}}],
              "edges": [{"source": "pipeline", "dest": "index"}]}}}""";

    private Mockflow mockflow;
    private OpenSearchTransport transport;
    private Deployer deployer;

    @BeforeEach
    void connect(Mockflow mockflow) throws Exception {
        this.mockflow = mockflow;
        transport = Deployer.connect(HttpHost.create(mockflow.url));
        deployer = new Deployer(
                new OpenSearchClient(transport).generic(),
                Duration.ofSeconds(5),
                Duration.ofMinutes(10),
                mockflow::advance);
    }

    @AfterEach
    void disconnect() throws IOException {
        transport.close();
    }

    @Test
    void allGoesWell() throws Exception {
        assertEquals(
                List.of(
                        new Resource("pipeline", "pipeline_id", "embed"),
                        new Resource("index", "index_name", "books")),
                deployer.deploy(TEMPLATE));
        mockflow.verifyPolling("5s", "5s");
        assertEquals(List.of(0, 5000, 10_000, 15_000), polls("elapsed_ms"));
    }

    // --8<-- [start:busy]
    @Test
    void aBusyClusterIsAskedAgain() throws Exception {
        mockflow.addFault("""
                {"on": "get_status", "calls": "2..3", "respond": "too_many_requests"}""");
        assertEquals(2, deployer.deploy(TEMPLATE).size());
        assertEquals(List.of(200, 429, 429, 200), polls("status"));
    }
    // --8<-- [end:busy]

    @Test
    void anotherErrorIsNotAskedAgain() throws Exception {
        mockflow.addFault("""
                {"on": "get_status", "call": 2, "respond": {"status": 403, "body": {"error": "no"}}}""");
        assertThrows(IOException.class, () -> deployer.deploy(TEMPLATE));
        assertEquals(List.of(200, 403), polls("status"));
    }

    @Test
    void aFailureLeavesNothingBehind() throws Exception {
        mockflow.load("""
                {"scenario": "fails", "match": "everything",
                 "provision": {"step_time": "7s",
                   "steps": {"index": {"fails": {"status": "CONFLICT", "message": "there is one"}}}}}""");
        var error = assertThrows(DeploymentException.class, () -> deployer.deploy(TEMPLATE));
        assertTrue(error.getMessage().contains("there is one"), error.getMessage());
        assertEquals(List.of(), error.left());
        assertEquals("NOT_STARTED", mockflow.workflows().get(0).get("state").textValue());
    }

    @Test
    void whatCannotBeDeletedIsReported() throws Exception {
        mockflow.load("""
                {"scenario": "keeps", "match": "everything",
                 "provision": {"steps": {"index": {"fails": "timeout"}}},
                 "deprovision": {"keeps": ["pipeline"]}}""");
        var error = assertThrows(DeploymentException.class, () -> deployer.deploy(TEMPLATE));
        assertEquals(List.of(new Resource("pipeline", "pipeline_id", "embed")), error.left());
    }

    @Test
    void itGivesUpAfterTenMinutes() throws Exception {
        mockflow.load("""
                {"scenario": "stuck", "match": "everything",
                 "provision": {"timeline": [{"at": "0s", "state": "PROVISIONING"}]}}""");
        var error = assertThrows(DeploymentException.class, () -> deployer.deploy(TEMPLATE));
        assertTrue(error.getMessage().endsWith("not done after 600 s"), error.getMessage());
        assertEquals(121, polls("status").size());
    }

    /** A field of each status request, such as the elapsed time at which it came. */
    private List<Integer> polls(String field) throws Exception {
        return mockflow.requests("get_status").stream()
                .map(each -> each.get(field).intValue())
                .toList();
    }
}
