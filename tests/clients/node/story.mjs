// Runs the ten operations of the flow-framework plugin, and some that fail, and prints what came of each as JSON.
// Usage: node story.mjs URL < {"template": ..., "scenarios": "..."}

import { readFileSync } from "node:fs";
import { Client } from "@opensearch-project/opensearch";

const node = process.argv[2];
const { template, scenarios } = JSON.parse(readFileSync(0, "utf-8"));
const client = new Client({ node });
const plugin = client.flowFramework;
const story = {};

// What a call gives: its status and body, or what the error says of itself.
async function tell(name, call) {
  try {
    const { statusCode, body } = await call;
    story[name] = { status: statusCode, body };
  } catch (error) {
    story[name] = { error: error.name, message: error.message, status: error.statusCode, body: error.body };
  }
  return story[name].body;
}

async function settle(id) {
  let state;
  do {
    state = (await plugin.getStatus({ workflow_id: id })).body.state;
  } while (state === "PROVISIONING");
}

const { workflow_id } = await tell("create", plugin.create({ body: template }));
await tell("update", plugin.update({ workflow_id, update_fields: true, body: { description: "new" } }));
await tell("get", plugin.get({ workflow_id }));
await tell("provision", plugin.provision({ workflow_id, body: { index: "books" } }));
for (const number of [1, 2, 3, 4]) {
  await tell(`status ${number}`, plugin.getStatus({ workflow_id, all: true }));
}
await tell("search", plugin.search({ body: { query: { match: { name: "story" } } } }));
await tell("search_state", plugin.searchState({ body: { query: { match_all: {} } } }));
await tell("steps", plugin.getSteps({ workflow_step: "noop,reindex" }));
await tell("provision again", plugin.provision({ workflow_id }));
await tell("deprovision refused", plugin.deprovision({ workflow_id }));
await tell("deprovision", plugin.deprovision({ workflow_id, allow_delete: "books" }));
await tell("delete", plugin.delete({ workflow_id, clear_status: true }));
await tell("unknown", plugin.getStatus({ workflow_id: "nope" }));
await tell("unknown parameter", plugin.getStatus({ workflow_id: "nope", al: true }));
await tell("yaml", plugin.create({ body: "name: n" }, { headers: { "content-type": "application/yaml" } }));
await tell("no index", client.indices.exists({ index: "nope" }));

await client.transport.request({ method: "PUT", path: "/_mockflow/scenarios", body: scenarios });
const waiting = (await plugin.create({ body: template })).body.workflow_id;
await tell(
  "synchronous",
  plugin.provision({ workflow_id: waiting, wait_for_completion_timeout: "10s", index: "films" }),
);
await tell(
  "synchronous failure",
  plugin.create({ body: { ...template, name: "fails" }, provision: true, wait_for_completion_timeout: "10s" }),
);
const kept = (await plugin.create({ body: { ...template, name: "keeps" }, provision: true, index: "kept" })).body;
await settle(kept.workflow_id);
await tell("partial", plugin.deprovision({ workflow_id: kept.workflow_id, allow_delete: "kept" }));

await client.close();
console.log(JSON.stringify(story));
