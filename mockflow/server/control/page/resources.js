// What the selected workflow has made and what of it exists now, with the documents that clients have written.

import { follow } from "./asking.js";
import { h, setText } from "./dom.js";
import { number } from "./format.js";
import { store } from "./store.js";

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

const again = follow({
  path: (workflow) => `/workflows/${encodeURIComponent(workflow.workflow_id)}/resources`,
  key: (workflow) => [workflow.workflow_id, workflow.revision, workflow.version, store.counted].join(" "),
  nothing: { total: 0, resources: [] },
  draw,
});
store.on("selected", () => {
  resourcesView.hidden = true; // those shown are of another workflow
  drawn = "";
  again();
});
