// The tip beside the pointer: the moment, the requests near it, and the exact status.

import { $, h, json } from "./dom.js";
import { KINDS, duration, glyph, kindOf, stateClass } from "./format.js";
import { chosenFields } from "./fields.js";
import { store } from "./store.js";

const tip = $("tip");
const DELAY_MS = 60;
const MAX_REQUESTS = 5;
let timer = 0;
let wanted = "";

export function showTip(track, event) {
  clearTimeout(timer);
  const { clientX, clientY } = event;
  const near = track.near(event);
  const at = track.under(event);
  if (at) timer = setTimeout(() => fill(track, at, near, clientX, clientY), tip.hidden ? DELAY_MS : 16);
}

export function hideTip() {
  clearTimeout(timer);
  wanted = "";
  tip.hidden = true;
}

async function fill(track, at, near, x, y) {
  const { workflow, layout } = track;
  const index = at.ms != null ? layout.momentAt(at.ms) : at.moment;
  const moment = layout.moments[index];
  if (!moment) return;
  const state = moment.status.state ?? "no state";
  const when = at.ms != null ? `+${duration(at.ms)}` : `from poll ${moment.at_poll} on`;
  const head = h("p", {}, h("b", { class: "mono" }, when), " ",
    h("span", { class: `state ${stateClass(state)}` }, h("span", { class: "glyph" }, glyph(state)), state));
  const faults = layout.faults
    .filter((fault) => at.ms != null && fault.from_ms <= at.ms && (fault.to_ms == null || at.ms < fault.to_ms))
    .map((fault) => h("p", { class: "fault" }, h("i", { class: "hatched" }), ` fault ${fault.fault}`));
  const requests = near.slice(-MAX_REQUESTS).map((exchange) =>
    h("p", { class: `mono kind-${kindOf(exchange)}` }, `${KINDS[kindOf(exchange)]} #${exchange.number} ${exchange.operation ?? exchange.method} ${exchange.status || "no response"}`, exchange.fault ? ` fault ${exchange.fault}` : ""));
  if (near.length > MAX_REQUESTS) requests.unshift(h("p", { class: "muted" }, `${near.length - MAX_REQUESTS} more requests`));
  const key = (wanted = `${workflow.workflow_id} ${workflow.revision} ${index}`);
  const status = at.ms == null ? moment.status : await store.status(workflow, at.ms, index).catch(() => moment.status);
  if (wanted !== key) return;
  tip.replaceChildren(head, ...faults, ...requests, json(chosenFields(status)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, x + 14), innerWidth - box.width - 8);
  const above = y - box.height - 18;
  tip.style.transform = `translate(${left}px, ${above > 8 ? above : Math.min(y + 22, innerHeight - box.height - 8)}px)`;
}
