// The list of all workflows, each with its timeline.

import { axis } from "./axis.js";
import { $, h, setText, set } from "./dom.js";
import { duration, glyph, number, stateClass } from "./format.js";
import { store } from "./store.js";
import { Track, layoutOf, stateNow } from "./track.js";
import { scrubbing } from "./scrub.js";
import { VirtualList } from "./virtual.js";

const STATES = ["NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED"];
const list = $("list");
const RESORT_MS = 1000; // what is sorted by requests moves at most this often
let only = null; // a state
let shown = [];
let resorting = 0;

// What is on the screen first: each row's keys, the smaller first.
const ORDERS = {
  running: (workflow) => [isRunning(workflow) ? 0 : 1],
  latest: (workflow) => [-(workflow.requests.at(-1)?.number ?? 0)],
  most: (workflow) => [-workflow.requests.length],
  name: (workflow) => [(workflow.scenario ?? workflow.workflow_id).toLowerCase()],
  loaded: () => [],
};

const rows = new VirtualList(list, { height: 52, make, fill });

function make() {
  const track = new Track();
  const row = {
    track,
    name: h("strong"),
    id: h("small", { class: "mono muted" }),
    glyph: h("span", { class: "glyph", "aria-hidden": "true" }),
    state: h("span"),
    time: h("small", { class: "mono muted" }),
  };
  row.element = h("div", { class: "row", role: "option" },
    h("div", { class: "who" }, row.name, row.id),
    track.element,
    h("div", { class: "what" }, h("span", { class: "state" }, row.glyph, row.state), row.time));
  row.element.addEventListener("click", (event) => {
    if (!track.element.contains(event.target) || store.selected !== row.workflow.workflow_id) store.select(row.workflow.workflow_id);
    if (narrow.matches) $("inspector").scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
  });
  scrubbing(track);
  return row;
}

function fill(row, workflow, index) {
  row.workflow = workflow;
  store.loadTimeline(workflow);
  const id = workflow.workflow_id;
  setText(row.name, workflow.scenario ?? id);
  setText(row.id, workflow.scenario ? id : "no scenario");
  const selected = store.selected === id;
  set(row.element, { id: `workflow-${index}`, "aria-selected": String(selected), "aria-setsize": shown.length, "aria-posinset": index + 1, "data-id": id });
  if (selected) set(list, { "aria-activedescendant": row.element.id });
  row.track.show(workflow);
  row.drawn = null;
  update(row);
}

/** Updates what changes with the clock. */
function update(row) {
  const { workflow } = row;
  row.track.move();
  const elapsed = store.elapsed(workflow);
  const state = stateNow(workflow) ?? "no state";
  const time = workflow.begun ? `+${duration(elapsed, 1)}` : "not begun";
  if (row.drawn === state + time) return;
  row.drawn = state + time;
  setText(row.state, state);
  setText(row.glyph, glyph(state));
  row.state.parentElement.className = `state ${stateClass(state)}`;
  const layout = layoutOf(workflow);
  const poll = layout?.waiting[0]?.at_poll;
  setText(row.time, !layout?.end || !workflow.begun ? time : poll && elapsed >= layout.end ? `${time} poll ${poll}?` : `${time} of ${duration(layout.end)}`);
}

/** Called in every frame while time passes. */
export function tick() {
  for (const row of rows.rows.values()) update(row);
}

const narrow = matchMedia("(max-width: 800px)"); // the details are below the list
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const filter = $("filter");
const order = $("order");
const pinned = $("pinned");
const chips = new Map(STATES.map((state) => {
  const count = h("b");
  const chip = h("button", { class: `chip ${stateClass(state)}`, "aria-pressed": "false", "data-state": state },
    h("span", { "aria-hidden": "true" }, glyph(state)), ` ${state} `, count);
  chip.addEventListener("click", () => {
    only = only === state ? null : state;
    filtered();
  });
  $("states").append(chip);
  return [state, { chip, count }];
}));

function refresh() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
  shown = [];
  for (const workflow of store.workflows.values()) {
    const state = stateNow(workflow);
    if (state in counts) counts[state]++;
    if (only && state !== only) continue;
    const text = `${workflow.scenario ?? ""} ${workflow.workflow_id}`.toLowerCase();
    if (words.every((word) => text.includes(word))) shown.push(workflow);
  }
  shown = sorted(shown, ORDERS[order.value]);
  for (const [state, { chip, count }] of chips) {
    setText(count, number(counts[state]));
    set(chip, { "aria-pressed": String(only === state) });
  }
  const total = store.workflows.size;
  setText($("count"), shown.length === total ? number(total) : `${number(shown.length)} of ${number(total)}`);
  list.classList.toggle("empty", !shown.length);
  list.dataset.empty = total ? "No workflow matches the filter." : "No workflows yet. Load a scenario, or let your program create one.";
  const { wanted } = store;
  if (wanted && store.workflows.has(wanted.id)) {
    store.wanted = null;
    store.suggest(wanted.id, wanted.scrub);
    rows.show(shown);
    reveal();
  } else if (!store.workflow && shown.length) store.suggest(shown[0].workflow_id);
  else if (!store.workflow && store.selected) store.suggest(null);
  const isOutside = store.workflow && !shown.includes(store.workflow);
  pinned.hidden = !isOutside;
  if (isOutside) setText($("pinned-name"), store.workflow.scenario ?? store.selected);
  axis.fit();
  rows.show(shown);
}

/** After a change of the filter the selected row, if it matches, is in sight. */
function filtered() {
  refresh();
  reveal();
}

function reveal() {
  const index = shown.indexOf(store.workflow);
  if (index >= 0) rows.reveal(index);
  else list.scrollTop = 0;
}

function sorted(workflows, keysOf) {
  const keyed = workflows.map((workflow, index) => [...keysOf(workflow), index, workflow]);
  keyed.sort((one, other) => {
    const place = one.findIndex((key, at) => key !== other[at]);
    return place < 0 ? 0 : one[place] < other[place] ? -1 : 1;
  });
  return keyed.map((one) => one.at(-1));
}

/** Whether its run has begun and is not over: such workflows come first in the list. */
function isRunning(workflow) {
  return workflow.begun && !["COMPLETED", "FAILED"].includes(workflow.state);
}

/** Selects the workflow `by` rows further. */
export function step(by) {
  if (!shown.length) return;
  const index = shown.findIndex((workflow) => workflow.workflow_id === store.selected);
  const next = Math.min(shown.length - 1, Math.max(0, index + by));
  store.select(shown[next].workflow_id);
  rows.reveal(next);
}

filter.addEventListener("input", filtered);
order.addEventListener("change", filtered);
pinned.addEventListener("click", () => {
  filter.value = "";
  only = null;
  filtered();
  list.focus();
});
store.on("workflows selected", refresh);
store.on("scrub axis", () => rows.draw());
store.on("journal", () => {
  rows.draw();
  if (!["latest", "most"].includes(order.value) || resorting) return;
  resorting = setTimeout(() => {
    resorting = 0;
    refresh();
  }, RESORT_MS);
});

