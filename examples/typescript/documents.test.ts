// What a program does after a deployment: the index that the workflow has made takes documents, and a search finds them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@opensearch-project/opensearch";
import { deploy } from "./deployer.js";
import { Mockflow } from "./mockflow.js";

const BOOKS = [
  { title: "The Left Hand of Darkness", year: 1969 },
  { title: "Solaris", year: 1961 },
  { title: "Roadside Picnic", year: 1972 },
];

let mockflow: Mockflow;
let client: Client;

before(async () => {
  mockflow = await Mockflow.start();
  await mockflow.reset();
  client = new Client({ node: mockflow.url });
});

after(async () => {
  await client?.close();
  mockflow?.stop();
});

test("the index takes documents, and a search finds them", async () => {
  const node = { id: "index", type: "create_index", user_inputs: { index_name: "books", configurations: {} } };
  const template = { name: "books", workflows: { provision: { nodes: [node] } } };
  await deploy(client, template, { sleep: (ms) => mockflow.advance(ms) });

  const { total, successful, failed } = await client.helpers.bulk({
    datasource: BOOKS,
    onDocument: () => ({ index: { _index: "books" } }),
    refreshOnCompletion: "books",
  });
  assert.deepEqual({ total, successful, failed }, { total: 3, successful: 3, failed: 0 });

  const { body } = await client.search({ index: "books", body: { query: { range: { year: { gte: 1969 } } }, sort: ["year"] } });
  assert.deepEqual(body.hits.hits.map((hit) => hit._source), [BOOKS[0], BOOKS[2]]);
});
