package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.hc.core5.http.HttpHost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.opensearch.client.json.JsonData;
import org.opensearch.client.opensearch.OpenSearchClient;
import org.opensearch.client.opensearch._types.Refresh;
import org.opensearch.client.opensearch._types.SortOrder;
import org.opensearch.client.opensearch.core.search.Hit;

/** What a program does beside deployments: it makes an index, fills it, and searches, with the typed client. */
@ExtendWith(MockflowExtension.class)
final class DocumentsTest {
    public record Book(String title, int year) {}

    private static final List<Book> BOOKS = List.of(
            new Book("The Left Hand of Darkness", 1969),
            new Book("Solaris", 1961),
            new Book("Roadside Picnic", 1972));

    @Test
    void anIndexTakesDocumentsAndASearchFindsThem(Mockflow mockflow) throws Exception {
        try (var transport = Deployer.connect(HttpHost.create(mockflow.url))) {
            var client = new OpenSearchClient(transport);

            var created = client.indices().create(index -> index.index("books")
                    .mappings(mappings -> mappings.properties("year", year -> year.integer(integer -> integer))));
            assertTrue(created.acknowledged());

            var bulk = client.bulk(request -> {
                for (Book book : BOOKS) {
                    request.operations(each -> each.index(index -> index.index("books").document(book)));
                }
                return request.refresh(Refresh.True);
            });
            assertFalse(bulk.errors());
            assertEquals(3, bulk.items().size());

            var found = client.search(
                    search -> search.index("books")
                            .query(query -> query.range(range -> range.field("year").gte(JsonData.of(1969))))
                            .sort(sort -> sort.field(field -> field.field("year").order(SortOrder.Asc))),
                    Book.class);
            assertEquals(2, found.hits().total().value());
            assertEquals(
                    List.of(BOOKS.get(0), BOOKS.get(2)),
                    found.hits().hits().stream().map(Hit::source).toList());
        }
    }
}
