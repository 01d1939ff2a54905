// Tests of the deployer: `npm install && npm test`, with the command `mockflow` on the path, or with the URL of a
// running server in MOCKFLOW_URL.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";
import { Client } from "@opensearch-project/opensearch";
import { deploy } from "./deployer.mjs";

const TEMPLATE = {
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

let server, url, client;

before(async () => {
  url = process.env.MOCKFLOW_URL;
  if (!url) {
    server = spawn("mockflow", ["serve", "--port", "0", "--quiet"], { stdio: ["ignore", "pipe", "inherit"] });
    const [ready] = await once(createInterface({ input: server.stdout }), "line");
    url = ready.split(" ").at(-1);
  }
  client = new Client({ node: url });
});

after(async () => {
  await client.close();
  server?.kill();
});

// Each test begins with a reset. Only the deployer's sleeps move the clock.
beforeEach(() => control("POST", "reset", { mode: "frozen", step_time: "7s" }));

const sleep = (ms) => control("POST", "clock", { advance: `${ms}ms` });

async function control(method, path, body) {
  const answer = await fetch(`${url}/_mockflow/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

async function polls() {
  return (await control("GET", "journal?operation=get_status")).exchanges;
}

test("all goes well", async () => {
  const resources = await deploy(client, TEMPLATE, { sleep });
  assert.deepEqual(resources.map((each) => each.resource_id), ["embed", "books"]);
  assert.deepEqual((await polls()).map((each) => each.elapsed_ms), [0, 5000, 10_000, 15_000]);
});

test("a failure leaves nothing behind", async () => {
  await control("POST", "next_run", { steps: { index: { fails: { status: "CONFLICT", message: "there is one" } } } });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), (error) => {
    assert.match(error.message, /there is one/);
    assert.deepEqual(error.left, []);
    return true;
  });
  const [workflow] = await control("GET", "workflows");
  assert.equal(workflow.state, "NOT_STARTED");
});

test("what cannot be deleted is reported", async () => {
  await control("PUT", "scenarios", {
    scenario: "keeps",
    match: "everything",
    provision: { steps: { index: { fails: "timeout" } } },
    deprovision: { keeps: ["pipeline"] },
  });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), (error) => {
    assert.deepEqual(error.left.map((each) => each.resource_id), ["embed"]);
    return true;
  });
});

test("it gives up after ten minutes", async () => {
  await control("PUT", "scenarios", {
    scenario: "stuck",
    match: "everything",
    provision: { timeline: [{ at: "0s", state: "PROVISIONING" }] },
  });
  await assert.rejects(deploy(client, TEMPLATE, { sleep }), /not done after 600000 ms/);
  assert.equal((await polls()).length, 121);
});

// The most common mistake: only exceptions are treated as errors. The test above catches it.
test("a deprovision that leaves something is no exception", async () => {
  await control("PUT", "scenarios", { scenario: "keeps", match: "everything", deprovision: { keeps: ["pipeline"] } });
  await deploy(client, TEMPLATE, { sleep });
  const [{ workflow_id }] = await control("GET", "workflows");
  const { statusCode, body } = await client.flowFramework.deprovision({ workflow_id, allow_delete: "embed,books" });
  assert.equal(statusCode, 202);
  assert.deepEqual(body, { error: "Failed to deprovision some resources: [pipeline_id embed]." });
});
