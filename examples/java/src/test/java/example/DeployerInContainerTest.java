package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.apache.hc.core5.http.HttpHost;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.opensearch.client.opensearch.OpenSearchClient;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/**
 * The same with the image of mockflow's Dockerfile instead of the command: {@code docker build --tag mockflow} of a
 * checkout, then {@code mvn test -DexcludedGroups= -Dgroups=docker}.
 */
@Tag("docker")
@Testcontainers
final class DeployerInContainerTest {
    private static final String TEMPLATE = """
            {"name": "books", "workflows": {"provision": {"nodes": [
              {"id": "index", "type": "create_index", "user_inputs": {"index_name": "books", "configurations": {}}}]}}}""";

    @Container
    private static final GenericContainer<?> CONTAINER = new GenericContainer<>("mockflow")
            .withExposedPorts(9200)
            .waitingFor(Wait.forHttp("/_mockflow/health"));

    @Test
    void allGoesWell() throws Exception {
        var mockflow = new Mockflow("http://" + CONTAINER.getHost() + ":" + CONTAINER.getMappedPort(9200));
        mockflow.reset();
        try (var transport = Deployer.connect(HttpHost.create(mockflow.url))) {
            var deployer = new Deployer(
                    new OpenSearchClient(transport).generic(),
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(10),
                    mockflow::advance);
            assertEquals(1, deployer.deploy(TEMPLATE).size());
        }
        assertEquals(3, mockflow.requests("get_status").size());
    }
}
