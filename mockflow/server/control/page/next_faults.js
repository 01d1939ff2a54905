// The faults about the selected workflow that go by calls, chance or state; those with a window are on its timeline.

import { get } from "./api.js";
import { h } from "./dom.js";
import { nextText } from "./effects.js";
import { store } from "./store.js";

const REST_MS = 700; // between two requests for them
const MOST = 6;

export const nextFaults = h("ul", { class: "next-faults", "aria-label": "Faults by call", hidden: true });
let drawn = "";
let asked = ""; // the selection and its requests, for which the faults are shown
let resting = false;

async function refresh() {
  const workflow = store.workflow;
  if (!workflow) return;
  const now = `${workflow.workflow_id} ${workflow.revision} ${store.counted}`;
  if (now === asked || resting) return;
  asked = now;
  resting = true;
  setTimeout(() => {
    resting = false;
    refresh();
  }, REST_MS);
  let faults = [];
  try {
    faults = await get(`/faults?workflow_id=${encodeURIComponent(workflow.workflow_id)}`);
  } catch (error) {
    store.showError(error);
  }
  if (store.workflow !== workflow) return;
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

function again() {
  asked = "";
  resting = false;
  refresh();
}

store.on("selected scenarios effects", again);
store.on("journal workflows", refresh);
