// The selected workflow: its large timeline, and its exact status at the shown moment.

import { $, h, setText, set } from "./dom.js";
import { date, duration, glyph, number, stateClass } from "./format.js";
import { backToNow, goTo, shownMoment, nudge, scrubbing, stepMoment } from "./scrub.js";
import { post } from "./api.js";
import { openEditor } from "./editor.js";
import { store } from "./store.js";
import { nextFaults } from "./next_faults.js";
import { othersView, resourcesView } from "./resources.js";
import { showStatus, statusView } from "./status.js";
import { layoutOf } from "./track.js";
import { scroller, track, zoomButtons } from "./zoom.js";

scrubbing(track);

const title = h("h2");
const id = h("span", { class: "mono muted" });
const about = h("p", { class: "about muted" });
const facts = h("p", { class: "facts muted" });
const state = h("span", { class: "state" });
const when = h("b", { class: "mono", id: "when" });
const tense = h("span", { class: "tense" });
const slider = h("div", { class: "slider", role: "slider", tabindex: "0", "aria-label": "Moment on the timeline", "aria-valuemin": "0" }, scroller);
const field = h("input", { id: "at", size: "6", spellcheck: "false", autocomplete: "off", "aria-label": "Show this elapsed time, in ms", inputmode: "numeric" });
const live = h("button", { id: "back", class: "primary", onclick: backToNow, title: "Follow the clock again (Esc)" }, "Back to now");
const move = h("button", { id: "move", onclick: moveClock, title: "Advance the clock to this moment of the workflow" }, "Clock to here");
const restart = h("button", { id: "restart", onclick: begin, title: "Begin the run from 0; a run that waits for a client's provision cannot be begun here" }, "Restart");
const begun = h("span", { class: "unbegun", id: "unbegun" }, "not begun");
const edit = h("button", { class: "small", id: "edit", onclick: () => openEditor(store.workflow.scenario) }, "Edit scenario");
const up = h("button", { class: "small up", onclick: () => $("workflows-title").scrollIntoView({ block: "start" }) }, "↑ Workflows");
const body = h("div", { class: "body" },
  h("div", { class: "title" }, up, title, id, edit), about,
  slider,
  h("div", { class: "travel", role: "group", "aria-label": "Time travel" },
    h("button", { onclick: () => stepMoment(-1), "aria-label": "Previous moment", title: "Previous moment (Shift+←)" }, "‹"),
    h("label", { class: "at" }, field, h("span", { "aria-hidden": "true" }, "ms")),
    h("button", { onclick: () => stepMoment(1), "aria-label": "Next moment", title: "Next moment (Shift+→)" }, "›"),
    live, move, restart),
  h("div", { class: "moment" }, state, when, tense, begun, zoomButtons),
  nextFaults, resourcesView,
  statusView, facts);
const nothing = h("p", { class: "nothing muted" }, "Select a workflow to see its status at any time.");
$("inspector").append(nothing, body);

let drawn = "";

function refresh() {
  const workflow = store.workflow;
  nothing.hidden = !!workflow;
  body.hidden = !workflow;
  const above = workflow ? resourcesView : nothing;
  if (above.nextElementSibling !== othersView) above.after(othersView);
  if (!workflow) return;
  store.loadTimeline(workflow);
  setText(title, workflow.scenario ?? workflow.workflow_id);
  setText(id, workflow.scenario ? workflow.workflow_id : "no scenario");
  const description = store.scenarios.get(workflow.scenario)?.description;
  edit.hidden = !workflow.scenario;
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
  begun.hidden = workflow.begun;
  const facts_ = [
    workflow.begun ? `run by ${CAUSES[workflow.run] ?? workflow.run}` : `not begun: begins with ${BEGINS[workflow.starts] ?? workflow.starts}`,
    `${number(workflow.polls)} poll${workflow.polls === 1 ? "" : "s"}`,
  ];
  if (workflow.zero_ms != null && !now.waits) facts_.push(date(workflow.zero_ms + store.clock.lead_ms + now.ms));
  setText(facts, facts_.join(" · "));
  showStatus(workflow, layout, now, moment, isIdle && follows);
}

const CAUSES = { look: "poll", provision: "provision of a client", reprovision: "reprovision of a client", deprovision: "deprovision of a client" };
const BEGINS = { first_status: "the first poll of a client", provision: "the provision of a client", load: "its load" };

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

store.on("workflows selected scrub scenarios journal polls resized clock all", refresh);
