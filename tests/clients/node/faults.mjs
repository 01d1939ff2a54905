// Asks for one status in each of some troubles, and prints what came of it, and of how many attempts, as JSON.
// Usage: node faults.mjs URL < {"path": ..., "cases": {name: {"fault": ..., "timeout": ms, "method": ..., "body": ...}}}

import { readFileSync } from "node:fs";
import { Client } from "@opensearch-project/opensearch";

const node = process.argv[2];
const { cases } = JSON.parse(readFileSync(0, "utf-8"));
const told = {};

async function owner(method, path, body) {
  const response = await fetch(`${node}/_mockflow${path}`, { method, body: body && JSON.stringify(body) });
  return response.json();
}

// A client whose time-out does not come is given up; six times as long is enough for all its attempts.
function patience(timeout) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(Object.assign(new Error("no end"), { name: "StillWaiting" })), timeout * 6).unref();
  });
}

for (const [name, { fault, timeout, method, path, body }] of Object.entries(cases)) {
  await owner("DELETE", "/faults");
  await owner("DELETE", "/journal");
  await owner("POST", "/faults", fault);
  const client = new Client({ node, requestTimeout: timeout });
  try {
    const request = client.transport.request({ method, path, body });
    const { statusCode, body: answer } = await Promise.race([request, patience(timeout)]);
    told[name] = { status: statusCode, body: answer };
  } catch (error) {
    told[name] = { error: error.name, message: error.message, status: error.statusCode, body: error.body };
  }
  client.close();
  const { exchanges } = await owner("GET", "/journal");
  told[name].attempts = exchanges.length;
}

process.stdout.write(JSON.stringify(told), () => process.exit());
