// Fills an index with the bulk helper, reads it back with the scroll helper, and prints what came of each as JSON.
// Usage: node documents.mjs URL

import { Client } from "@opensearch-project/opensearch";

const client = new Client({ node: process.argv[2] });
const index = "js-books";

await client.indices.create({ index, body: { mappings: { properties: { pages: { type: "integer" } } } } });
const dropped = [];
const bulk = await client.helpers.bulk({
  datasource: [...Array(25).keys()].map((n) => ({ title: `book ${n}`, pages: n === 7 ? "many" : n })),
  onDocument: () => ({ index: { _index: index } }),
  onDrop: ({ status, error }) => dropped.push([status, error.type]),
  refreshOnCompletion: index,
  retries: 1,
  wait: 1,
});
const titles = [];
for await (const { documents } of client.helpers.scrollSearch({ index, body: { size: 10, sort: ["pages"] } })) {
  titles.push(...documents.map(({ title }) => title));
}
const { body: found } = await client.search({ index, body: { query: { match: { title: "12" } } } });
const { body: counted } = await client.count({ index });
const told = {
  successful: bulk.successful,
  failed: bulk.failed,
  dropped,
  titles,
  hits: found.hits.hits.map(({ _source }) => _source),
  count: counted.count,
};
process.stdout.write(JSON.stringify(told), () => process.exit());
