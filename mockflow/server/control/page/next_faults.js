// The faults about the selected workflow that go by calls, chance or state; those with a window are on its timeline.

import { follow, read } from "./asking.js";
import { h } from "./dom.js";
import { nextText } from "./effects.js";
import { store } from "./store.js";

const MOST = 6;

export const nextFaults = h("ul", { class: "next-faults", "aria-label": "Faults by call", hidden: true });
let drawn = "";

function draw(faults) {
  const chosen = faults.filter((fault) => !fault.script.during || fault.next_call != null);
  const lines = chosen.slice(0, MOST).map((fault) => [fault.fault, nextText(fault), fault.next_call]);
  const key = JSON.stringify(lines);
  if (key === drawn) return;
  drawn = key;
  nextFaults.hidden = !lines.length;
  nextFaults.replaceChildren(
    ...lines.map(([label, text, call]) => h("li", {}, h("i", { class: "hatched" }), h("span", { class: call != null ? "due" : "" }, text), h("span", { class: "mono muted" }, label))),
    ...(chosen.length > MOST ? [h("li", { class: "muted" }, `and ${chosen.length - MOST} more, in the tab Faults and stubs`)] : []));
}

const again = follow({
  key: (workflow) => (workflow ? `${workflow.workflow_id} ${workflow.revision} ${store.counted}` : ""),
  ask: (workflow) => (workflow ? read(`/faults?workflow_id=${encodeURIComponent(workflow.workflow_id)}`, []) : []),
  draw,
});
store.on("selected scenarios effects", again);
