// The resources that exist now, with the documents that clients have written: what the selected workflow has made, and
// below it what belongs to no workflow.

import { follow, read } from "./asking.js";
import { h, setText } from "./dom.js";
import { number } from "./format.js";
import { store } from "./store.js";

const MOST = 100;
const KINDS = { model_group: "model group", ingest_pipeline: "ingest pipeline", search_pipeline: "search pipeline" };

/** A list with a title: `view` is its element, `draw` shows what the control API has answered. */
function list(id, title) {
  const count = h("span", { class: "muted" });
  const rows = h("tbody");
  const table = h("div", { class: "resources", tabindex: "0", role: "region", "aria-labelledby": `${id}-title` },
    h("table", { id },
      h("thead", { class: "hidden" }, h("tr", {}, ["Kind", "Name and id", "State or documents"].map((name) => h("th", { scope: "col" }, name)))), rows));
  const view = h("div", { class: "resources-view", hidden: true }, h("h3", { id: `${id}-title` }, `${title} `, count), table);
  let drawn = "";
  function draw({ total, resources }) {
    const shown = resources.slice(0, MOST);
    const key = JSON.stringify([total, shown]);
    if (key === drawn) return;
    drawn = key;
    view.hidden = !total;
    setText(count, number(total));
    rows.replaceChildren(
      ...shown.map((one) => h("tr", { "data-id": one.id },
        h("td", { class: "muted" }, KINDS[one.kind] ?? one.kind),
        h("td", {}, one.name && h("span", {}, one.name), h("span", { class: one.name ? "mono muted" : "mono" }, one.id)),
        h("td", { class: "mono" }, one.documents == null ? one.state ?? "" : `${number(one.documents)} document${one.documents === 1 ? "" : "s"}`))),
      ...(total > shown.length ? [h("tr", { class: "muted" }, h("td", { colspan: "3" }, `and ${number(total - shown.length)} more`))] : []));
  }
  return { view, draw };
}

const NONE = { total: 0, resources: [] };
const own = list("resources", "Resources now");
const others = list("other-resources", "Resources of no workflow");
export const resourcesView = own.view;
export const othersView = others.view;

const again = follow({
  key: (workflow) => [workflow?.workflow_id, workflow?.revision, workflow?.version, store.counted].join(" "),
  ask: (workflow) => Promise.all([
    workflow ? read(`/workflows/${encodeURIComponent(workflow.workflow_id)}/resources`, NONE) : NONE,
    read("/resources", NONE),
  ]),
  draw([made, rest]) {
    own.draw(made);
    others.draw(rest);
  },
});
store.on("selected", () => {
  own.draw(NONE); // those shown are of another workflow
  again();
});
