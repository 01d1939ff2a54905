// The selected workflow: its large timeline, and its exact status at the shown moment.

import { $, h, json, setText, set } from "./dom.js";
import { date, duration, glyph, number, stateClass } from "./format.js";
import { backToNow, goTo, shownMoment, nudge, scrubbing, stepMoment } from "./scrub.js";
import { post, store } from "./store.js";
import { Track, layoutOf } from "./track.js";

const track = new Track({ big: true });
scrubbing(track);

const title = h("h2");
const id = h("span", { class: "mono muted" });
const about = h("p", { class: "about muted" });
const facts = h("p", { class: "facts muted" });
const state = h("span", { class: "state" });
const when = h("b", { class: "mono", id: "when" });
const tense = h("span", { class: "tense" });
const slider = h("div", { class: "slider", role: "slider", tabindex: "0", "aria-label": "Moment on the timeline", "aria-valuemin": "0" }, track.element);
const field = h("input", { id: "at", size: "6", spellcheck: "false", autocomplete: "off", "aria-label": "Show this elapsed time, in ms", inputmode: "numeric" });
const live = h("button", { id: "back", class: "primary", onclick: backToNow, title: "Follow the clock again (Esc)" }, "Back to now");
const move = h("button", { id: "move", onclick: moveClock, title: "Advance the clock to this moment of the workflow" }, "Clock to here");
const restart = h("button", { id: "restart", onclick: begin, title: "Begin the run from 0; a run that waits for a client's provision cannot be begun here" }, "Restart");
const status = h("div", { id: "status", class: "status", tabindex: "0", role: "region", "aria-label": "Exact status" });
const body = h("div", { class: "body" },
  h("div", { class: "title" }, title, id), about,
  slider,
  h("div", { class: "travel", role: "group", "aria-label": "Time travel" },
    h("button", { onclick: () => stepMoment(-1), "aria-label": "Previous moment", title: "Previous moment (Shift+←)" }, "‹"),
    h("label", { class: "at" }, field, h("span", { "aria-hidden": "true" }, "ms")),
    h("button", { onclick: () => stepMoment(1), "aria-label": "Next moment", title: "Next moment (Shift+→)" }, "›"),
    live, move, restart),
  h("div", { class: "moment" }, state, when, tense),
  status, facts);
const nothing = h("p", { class: "nothing muted" }, "Select a workflow to see its status at any time.");
$("inspector").append(nothing, body);

let drawn = "";
let shownStatus = null;

function refresh() {
  const workflow = store.workflow;
  nothing.hidden = !!workflow;
  body.hidden = !workflow;
  if (!workflow) return;
  store.loadTimeline(workflow);
  setText(title, workflow.scenario ?? workflow.workflow_id);
  setText(id, workflow.scenario ? workflow.workflow_id : "no scenario");
  const description = store.scenarios.get(workflow.scenario)?.description;
  about.hidden = !description;
  setText(about, description ?? "");
  track.show(workflow);
  drawn = "";
  tick();
}

/** Called in every frame while time passes. */
export function tick() {
  const workflow = store.workflow;
  const now = workflow && shownMoment();
  if (!now) return;
  track.move();
  const layout = layoutOf(workflow);
  const moment = layout.moments[now.index];
  const elapsed = store.elapsed(workflow);
  const follows = !store.scrub;
  const text = now.waits ? `poll ${moment.at_poll}${moment.after_poll_ms ? ` + ${duration(moment.after_poll_ms)}` : ""}` : `+${duration(now.ms, follows && store.clock.mode === "real" ? 1 : 3)}`;
  const isIdle = workflow.upcoming === "provision"; // the whole timeline begins with a provision
  const is = now.waits ? "waits for a poll" : isIdle && !follows ? "to come" : follows ? "now" : now.ms > elapsed ? "to come" : now.ms < elapsed ? "past" : "now";
  const key = [workflow.workflow_id, workflow.revision, workflow.version, now.index, text, is].join(" ");
  if (key === drawn) return;
  drawn = key;
  setText(when, text);
  setText(tense, is);
  tense.className = `tense ${is.replaceAll(" ", "-")}`;
  const name = (isIdle && follows ? workflow.state : moment.status.state) ?? "no state";
  state.replaceChildren(h("span", { class: "glyph", "aria-hidden": "true" }, glyph(name)), name);
  state.className = `state big ${stateClass(name)}`;
  set(slider, { "aria-valuemax": layout.end, "aria-valuenow": Math.round(now.ms ?? layout.end), "aria-valuetext": `${text}, ${name}, ${is}` });
  if (document.activeElement !== field) field.value = now.waits ? "" : Math.round(now.ms);
  live.disabled = follows;
  move.disabled = now.waits || now.ms <= elapsed;
  setText(restart, workflow.begun ? "Restart" : "Begin");
  restart.disabled = !workflow.begun && workflow.starts === "provision"; // a client has to provision it
  restart.classList.toggle("primary", !workflow.begun);
  const facts_ = [
    workflow.begun ? `run by ${workflow.run}` : `begins with ${workflow.starts.replace("_", " ")}`,
    `${number(workflow.polls)} poll${workflow.polls === 1 ? "" : "s"}`,
  ];
  if (workflow.zero_ms != null && !now.waits) facts_.push(date(workflow.zero_ms + store.clock.lead_ms + now.ms));
  setText(facts, facts_.join(" · "));
  showStatus(workflow, layout, now, moment, isIdle && follows);
}

async function showStatus(workflow, layout, now, moment, isBefore) {
  const key = `${workflow.workflow_id} ${workflow.revision} ${isBefore ? "idle" : now.index}`;
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
  status.replaceChildren(json(answer, before));
  status.dataset.moment = key;
}

async function moveClock() {
  const now = shownMoment();
  const workflow = store.workflow;
  if (!workflow.begun) return store.showError(new Error("The run has not begun. It begins with the first poll of a client, or with Begin."));
  const ahead = Math.round(now.ms - store.elapsed(workflow));
  if (ahead > 0) await store.change({ advance: `${ahead}ms` });
  backToNow();
}

async function begin() {
  try {
    await post(`/workflows/${encodeURIComponent(store.selected)}/restart`);
    backToNow();
  } catch (error) {
    store.showError(error);
  }
}

field.addEventListener("input", () => {
  const ms = Number(field.value.trim());
  if (field.value.trim() && Number.isFinite(ms) && ms >= 0) store.select(store.selected, { ms: Math.round(ms) });
});

const KEYS = {
  ArrowLeft: (event) => (event.shiftKey ? stepMoment(-1) : nudge(-1)),
  ArrowRight: (event) => (event.shiftKey ? stepMoment(1) : nudge(1)),
  ArrowDown: () => nudge(-1),
  ArrowUp: () => nudge(1),
  PageDown: () => stepMoment(-1),
  PageUp: () => stepMoment(1),
  Home: () => goTo(0),
  End: () => goTo(-1),
};
slider.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  act(event);
});
new ResizeObserver(() => store.notify("resized")).observe(track.element);

store.on("workflows selected scrub scenarios journal polls resized clock", refresh);
