// What the selected workflow has made and what of it exists now, with the documents that clients have written.

import { get } from "./api.js";
import { h, setText } from "./dom.js";
import { number } from "./format.js";
import { store } from "./store.js";

const REST_MS = 700; // between two requests for them
const MOST = 100;
const KINDS = { model_group: "model group", ingest_pipeline: "ingest pipeline", search_pipeline: "search pipeline" };

const count = h("span", { class: "muted" });
const rows = h("tbody");
const table = h("div", { class: "resources", tabindex: "0", role: "region", "aria-labelledby": "resources-title" },
  h("table", { id: "resources" },
    h("thead", { class: "hidden" }, h("tr", {}, ["Kind", "Name and id", "State or documents"].map((name) => h("th", { scope: "col" }, name)))), rows));
export const resourcesView = h("div", { class: "resources-view", hidden: true },
  h("h3", { id: "resources-title" }, "Resources now ", count), table);

let drawn = "";
let asked = ""; // the workflow, its state and the requests, for which the resources are shown
let resting = false;

async function refresh() {
  const workflow = store.workflow;
  if (!workflow) return;
  const now = [workflow.workflow_id, workflow.revision, workflow.version, store.counted].join(" ");
  if (now === asked || resting) return;
  asked = now;
  resting = true;
  setTimeout(() => {
    resting = false;
    refresh();
  }, REST_MS);
  let found = { total: 0, resources: [] };
  try {
    found = await get(`/workflows/${encodeURIComponent(workflow.workflow_id)}/resources`);
  } catch (error) {
    if (error.status !== 404) store.showError(error);
  }
  if (asked === now) draw(found);
}

function draw({ total, resources }) {
  const shown = resources.slice(0, MOST);
  const key = JSON.stringify([total, shown]);
  if (key === drawn) return;
  drawn = key;
  resourcesView.hidden = !total;
  setText(count, number(total));
  rows.replaceChildren(
    ...shown.map((one) => h("tr", { "data-id": one.id },
      h("td", { class: "muted" }, KINDS[one.kind] ?? one.kind),
      h("td", {}, one.name && h("span", {}, one.name), h("span", { class: one.name ? "mono muted" : "mono" }, one.id)),
      h("td", { class: "mono" }, one.documents == null ? one.state ?? "" : `${number(one.documents)} document${one.documents === 1 ? "" : "s"}`))),
    ...(total > shown.length ? [h("tr", { class: "muted" }, h("td", { colspan: "3" }, `and ${number(total - shown.length)} more`))] : []));
}

function again() {
  resourcesView.hidden = true; // those shown are of another workflow
  drawn = asked = "";
  resting = false;
  refresh();
}

store.on("selected", again);
store.on("journal workflows", refresh);
