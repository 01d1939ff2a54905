// The exact status at the shown moment: as a plain GET _status gives it, or one with all=true.

import { h, json, set } from "./dom.js";
import { chosenFields, showAll, showsAll } from "./fields.js";
import { shownMoment } from "./scrub.js";
import { store } from "./store.js";

const plain = h("button", { id: "plain", onclick: () => showAll(false), title: "What GET _status answers (A)" }, "plain");
const whole = h("button", { id: "all", onclick: () => showAll(true), title: "What GET _status?all=true answers (A)" }, "all=true");
const status = h("div", { id: "status", class: "status", tabindex: "0", role: "region", "aria-label": "Exact status" });
export const statusView = h("div", { class: "status-view" },
  h("div", { class: "status-head" },
    h("span", { class: "muted mono" }, "GET …/_status"),
    h("span", { class: "group", role: "group", "aria-label": "Fields of the status" }, plain, whole),
    h("span", { class: "legend-new muted" }, h("i", { class: "new" }), "new in this moment")),
  status);

let shownStatus = null;

function mark() {
  set(plain, { "aria-pressed": String(!showsAll()) });
  set(whole, { "aria-pressed": String(showsAll()) });
}

/** Shows the status at a moment of a workflow's layout; `isBefore`: its run has not begun and is not looked at yet. */
export async function showStatus(workflow, layout, now, moment, isBefore) {
  const key = `${workflow.workflow_id} ${workflow.revision} ${isBefore ? "idle" : now.index} ${showsAll()}`;
  const shown = `${key} ${workflow.detail === shownStatus?.detail}`;
  if (shownStatus?.shown === shown && status.dataset.moment === key) return;
  shownStatus = { shown: `${key} true`, detail: workflow.detail };
  let before = now.index ? layout.moments[now.index - 1].status : undefined;
  let answer = moment.status;
  if (!now.waits) {
    try {
      answer = isBefore ? await store.status(workflow, null, "idle") : await store.status(workflow, now.ms, now.index);
      if (before) before = await store.status(workflow, layout.known[now.index - 1].at_ms, now.index - 1);
    } catch (error) {
      if (error.status !== 404) store.showError(error);
      shownStatus = null;
      return;
    }
  }
  const same = shownMoment();
  if (store.workflow !== workflow || same?.index !== now.index || isBefore !== (workflow.upcoming === "provision" && !store.scrub)) return;
  if (!key.endsWith(` ${showsAll()}`)) return;
  status.replaceChildren(json(chosenFields(answer), before && chosenFields(before)));
  status.dataset.moment = key;
}

mark();
store.on("all", mark);
