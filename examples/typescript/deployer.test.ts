// Tests of the deployer: `npm install && npm test`.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Client } from "@opensearch-project/opensearch";
import { deploy, DeploymentError, type Template } from "./deployer.js";
import { Mockflow } from "./mockflow.js";

const TEMPLATE: Template = {
  name: "books",
  workflows: {
    provision: {
      nodes: [
        { id: "pipeline", type: "create_search_pipeline", user_inputs: { pipeline_id: "embed", configurations: {} } },
        { id: "index", type: "create_index", user_inputs: { index_name: "books", configurations: {} } },
      ],
      edges: [{ source: "pipeline", dest: "index" }],
    },
  },
};

let mockflow: Mockflow;
let client: Client;

before(async () => {
  mockflow = await Mockflow.start();
  client = new Client({ node: mockflow.url });
});

after(async () => {
  await client?.close();
  mockflow?.stop();
});

// Each test begins with a new world. Only the deployer's sleeps move the clock.
beforeEach(() => mockflow.reset({ step_time: "7s" }));

const sleep = (ms: number) => mockflow.advance(ms);

test("all goes well", async () => {
  const resources = await deploy(client, TEMPLATE, { sleep });
  assert.deepEqual(resources.map((each) => each.resource_id), ["embed", "books"]);
  await mockflow.verifyPolling({ min_interval: "5s", max_interval: "5s" });
  const polls = await mockflow.requests("get_status");
  assert.deepEqual(polls.map((each) => each.elapsed_ms), [0, 5000, 10_000, 15_000]);
});

// --8<-- [start:busy]
test("a busy cluster is asked again", async () => {
  await mockflow.addFault({ on: "get_status", calls: "2..3", respond: "too_many_requests" });
  assert.equal((await deploy(client, TEMPLATE, { sleep })).length, 2);
  const polls = await mockflow.requests("get_status");
  assert.deepEqual(polls.map((each) => each.status), [200, 429, 429, 200]);
});
// --8<-- [end:busy]

test("another error is not asked again", async () => {
  await mockflow.addFault({ on: "get_status", call: 2, respond: { status: 403, body: { error: "no" } } });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), { name: "ResponseError", statusCode: 403 });
});

test("a failure leaves nothing behind", async () => {
  await mockflow.nextRun({ index: { fails: { status: "CONFLICT", message: "there is one" } } });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), (error: DeploymentError) => {
    assert.match(error.message, /there is one/);
    assert.deepEqual(error.left, []);
    return true;
  });
  assert.deepEqual((await mockflow.workflows()).map((each) => each.state), ["NOT_STARTED"]);
});

test("what cannot be deleted is reported", async () => {
  await mockflow.load({
    scenario: "keeps",
    match: "everything",
    provision: { steps: { index: { fails: "timeout" } } },
    deprovision: { keeps: ["pipeline"] },
  });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), (error: DeploymentError) => {
    assert.deepEqual(error.left.map((each) => each.resource_id), ["embed"]);
    return true;
  });
});

test("it gives up after ten minutes", async () => {
  await mockflow.load({
    scenario: "stuck",
    match: "everything",
    provision: { timeline: [{ at: "0s", state: "PROVISIONING" }] },
  });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), /not done after 600000 ms/);
  assert.equal((await mockflow.requests("get_status")).length, 121);
});

// The most common mistake: only exceptions are treated as errors. The test of what cannot be deleted catches it.
test("a deprovision that leaves something is no exception", async () => {
  await mockflow.load({ scenario: "keeps", match: "everything", deprovision: { keeps: ["pipeline"] } });
  await deploy(client, TEMPLATE, { sleep });
  const [workflow] = await mockflow.workflows();
  assert.ok(workflow);
  const { statusCode, body } = await client.flowFramework.deprovision({
    workflow_id: workflow.workflow_id,
    allow_delete: "embed,books",
  });
  assert.equal(statusCode, 202);
  assert.deepEqual(body, { error: "Failed to deprovision some resources: [pipeline_id embed]." });
});
