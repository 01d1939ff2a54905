package deployer

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
)

type book struct {
	Title string `json:"title"`
	Year  int    `json:"year"`
}

// What a program does after a deployment: the index that the workflow has made takes documents, and a search finds them.
func TestTheIndexTakesDocuments(t *testing.T) {
	world := newWorld(t)
	if _, err := deploy(t, world); err != nil {
		t.Fatal(err)
	}
	client, err := opensearchapi.NewClient(opensearchapi.Config{Client: opensearch.Config{Addresses: []string{server}}})
	if err != nil {
		t.Fatal(err)
	}

	books := []book{{"The Left Hand of Darkness", 1969}, {"Solaris", 1961}, {"Roadside Picnic", 1972}}
	var lines strings.Builder
	encoder := json.NewEncoder(&lines)
	for _, each := range books {
		if err := errors.Join(encoder.Encode(map[string]any{"index": struct{}{}}), encoder.Encode(each)); err != nil {
			t.Fatal(err)
		}
	}
	bulk, err := client.Bulk(t.Context(), opensearchapi.BulkReq{
		Index:  "books",
		Body:   strings.NewReader(lines.String()),
		Params: opensearchapi.BulkParams{Refresh: "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if bulk.Errors || len(bulk.Items) != len(books) {
		t.Fatalf("errors are %v, in %d items", bulk.Errors, len(bulk.Items))
	}

	found, err := client.Search(t.Context(), &opensearchapi.SearchReq{
		Indices: []string{"books"},
		Body:    strings.NewReader(`{"query": {"range": {"year": {"gte": 1969}}}, "sort": ["year"]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []book
	for _, hit := range found.Hits.Hits {
		var each book
		if err := json.Unmarshal(hit.Source, &each); err != nil {
			t.Fatal(err)
		}
		got = append(got, each)
	}
	if !slices.Equal(got, []book{books[0], books[2]}) {
		t.Errorf("the search found %v", got)
	}
}
