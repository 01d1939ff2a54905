// Deploys a flow-framework template: creates the workflow, provisions it, waits for its end. Resources that a failure
// leaves behind are deleted.

import { setTimeout } from "node:timers/promises";

const NEED_THEIR_NAME = new Set(["index_name", "pipeline_id"]);

export class DeploymentError extends Error {
  // `left`: the resources that could not be deleted.
  constructor(message, left = []) {
    super(message);
    this.left = left;
  }
}

// Returns the created resources. `sleep` takes milliseconds.
export async function deploy(client, template, { pollMs = 5000, limitMs = 600_000, sleep = setTimeout } = {}) {
  const plugin = client.flowFramework;
  const { workflow_id } = (await plugin.create({ body: template })).body;
  await plugin.provision({ workflow_id });
  const status = await wait(plugin, workflow_id, { pollMs, limitMs, sleep });
  const resources = status.resources_created ?? [];
  if (status.state === "COMPLETED") {
    return resources;
  }
  throw new DeploymentError(`${workflow_id}: ${status.error}`, await cleanUp(plugin, workflow_id, resources));
}

async function wait(plugin, workflow_id, { pollMs, limitMs, sleep }) {
  for (let waited = 0; waited <= limitMs; waited += pollMs) {
    const { body } = await plugin.getStatus({ workflow_id });
    if (body.state === "COMPLETED" || body.state === "FAILED") {
      return body;
    }
    await sleep(pollMs);
  }
  throw new DeploymentError(`${workflow_id}: not done after ${limitMs} ms`);
}

// Indexes and pipelines are deleted only if they are named. A response with an error, although its status is 202,
// means that something is left.
async function cleanUp(plugin, workflow_id, resources) {
  const named = resources.filter((each) => NEED_THEIR_NAME.has(each.resource_type)).map((each) => each.resource_id);
  const { body } = await plugin.deprovision({ workflow_id, ...(named.length && { allow_delete: named.join() }) });
  if (!body.error) {
    return [];
  }
  return (await plugin.getStatus({ workflow_id })).body.resources_created ?? [];
}
