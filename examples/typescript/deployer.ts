// Deploys a flow-framework template: creates the workflow, provisions it, waits for its end. Resources that a failure
// leaves behind are deleted.

import { setTimeout } from "node:timers/promises";
import { type Client, errors } from "@opensearch-project/opensearch";

export interface Resource {
  workflow_step_id: string;
  workflow_step_name: string;
  resource_type: string;
  resource_id: string;
}

export interface Template {
  name: string;
  workflows: Record<string, unknown>;
}

export interface Pace {
  pollMs: number;
  limitMs: number;
  sleep: (ms: number) => Promise<unknown>;
}

export class DeploymentError extends Error {
  // `left`: the resources that could not be deleted.
  constructor(message: string, readonly left: Resource[] = []) {
    super(message);
  }
}

interface Status {
  state: string;
  error?: string;
  resources_created?: Resource[];
}

const PACE: Pace = { pollMs: 5000, limitMs: 600_000, sleep: setTimeout };
const NEED_THEIR_NAME = new Set(["index_name", "pipeline_id"]);
const TOO_MANY_REQUESTS = 429;

// Returns the created resources.
export async function deploy(client: Client, template: Template, pace: Partial<Pace> = {}): Promise<Resource[]> {
  const { workflow_id } = (await client.flowFramework.create({ body: template })).body;
  await client.flowFramework.provision({ workflow_id });
  const status = await wait(client, workflow_id, { ...PACE, ...pace });
  const resources = status.resources_created ?? [];
  if (status.state === "COMPLETED") {
    return resources;
  }
  throw new DeploymentError(`${workflow_id}: ${status.error}`, await cleanUp(client, workflow_id, resources));
}

// A cluster that is busy is asked again later. The client itself repeats 502, 503 and 504, but not 429.
async function wait(client: Client, workflow_id: string, { pollMs, limitMs, sleep }: Pace): Promise<Status> {
  for (let waited = 0; waited <= limitMs; waited += pollMs) {
    try {
      const status = await statusOf(client, workflow_id);
      if (status.state === "COMPLETED" || status.state === "FAILED") {
        return status;
      }
    } catch (error) {
      if (!(error instanceof errors.ResponseError && error.statusCode === TOO_MANY_REQUESTS)) {
        throw error;
      }
    }
    await sleep(pollMs);
  }
  throw new DeploymentError(`${workflow_id}: not done after ${limitMs} ms`);
}

// Indexes and pipelines are deleted only if they are named. A response with an error, although its status is 202,
// means that something is left.
async function cleanUp(client: Client, workflow_id: string, resources: Resource[]): Promise<Resource[]> {
  const named = resources.filter((each) => NEED_THEIR_NAME.has(each.resource_type)).map((each) => each.resource_id);
  const allow_delete = named.length ? { allow_delete: named.join() } : {};
  const { body } = await client.flowFramework.deprovision({ workflow_id, ...allow_delete });
  return "error" in body ? ((await statusOf(client, workflow_id)).resources_created ?? []) : [];
}

// The client's own type has strings in resources_created, where OpenSearch has objects.
async function statusOf(client: Client, workflow_id: string): Promise<Status> {
  return (await client.flowFramework.getStatus({ workflow_id })).body as unknown as Status;
}
