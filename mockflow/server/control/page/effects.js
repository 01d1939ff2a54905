// Faults and stubs: those about the selected workflow, and the tab where all are listed, added and removed.

import { get, remove } from "./api.js";
import { $, h, setText } from "./dom.js";
import { number } from "./format.js";
import { resting } from "./resting.js";
import { store } from "./store.js";

const REST_MS = 1000; // between two requests for the list
const MOST = 200;
const faultList = $("fault-list");
const stubList = $("stub-list");
let stale = true;

/** When a fault acts next, in words: "next: call 3 of get_status". */
export function nextText(fault) {
  const { script } = fault;
  const on = [script.on].flat().join(", ");
  if (fault.next_call != null) {
    const maybe = script.probability != null ? `, with probability ${script.probability}` : script.while ? `, while ${script.while.state}` : script.during ? `, during ${script.during}` : "";
    return `next: call ${fault.next_call} of ${on}${maybe}`;
  }
  if (script.call != null || script.calls != null || script.every != null) return "over: all of its calls were made";
  if (script.during) return `during ${script.during}`;
  if (script.while) return `while ${script.while.state}`;
  if (script.probability != null) return `next: perhaps each call of ${on}`;
  return `next: every call of ${on}`;
}

const counts = (fault) => `acted on ${number(fault.acted)} of ${number(fault.calls)} call${fault.calls === 1 ? "" : "s"}`;

/** Whether the tab is open, so that the lists are worth a request. */
const isOpen = () => !$("effects").hidden;

const { look, now } = resting(REST_MS, () => isOpen() && stale, async () => {
  stale = false;
  draw(await get("/faults"), await get("/stubs"));
});
export const refresh = look;

/** Reads the lists again at once. */
export function refreshNow() {
  stale = true;
  now();
}

function draw(faults, stubs) {
  setText($("effect-count"), faults.length + stubs.length ? number(faults.length + stubs.length) : "");
  fill(faultList, faults, "No faults.", (fault) => entry("faults", fault.id, fault.fault, where(fault), [counts(fault), nextText(fault)]));
  fill(stubList, stubs, "No stubs.", (stub) => entry("stubs", stub.id, stub.stub, stub.scenario ? `scenario ${stub.scenario}` : "added here, before all others", [`answered ${number(stub.answered)}`]));
}

function fill(list, items, none, make) {
  const focused = document.activeElement?.dataset?.key;
  const more = items.length - MOST;
  list.replaceChildren(...items.slice(0, MOST).map(make), ...(more > 0 ? [h("p", { class: "muted" }, `and ${number(more)} more`)] : []));
  if (!items.length) list.append(h("p", { class: "muted" }, none));
  if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus();
}

const where = (fault) => (fault.scenario ? `scenario ${fault.scenario}` : fault.workflow_id ? `added here, for workflow ${fault.workflow_id}` : "added here, for every request");

function entry(kind, id, label, place, facts) {
  return h("article", { class: "entry" },
    h("div", {}, h("i", { class: kind === "faults" ? "hatched" : "stubbed" }), h("b", { class: "mono" }, ` ${label}`), h("p", { class: "muted" }, [place, ...facts].join(" · "))),
    id == null ? null : h("div", { class: "actions" }, h("button", { "data-key": `${kind}-${id}`, "aria-label": `Remove ${label}`, onclick: () => take(kind, id) }, "Remove")));
}

async function take(kind, id) {
  try {
    await remove(`/${kind}/${id}`);
  } catch (error) {
    store.showError(error);
  }
  refreshNow();
  store.notify("effects");
}

store.on("seen scenarios", () => {
  stale = true;
  refresh();
});
