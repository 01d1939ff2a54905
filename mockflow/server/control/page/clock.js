// The clock: its time, mode and speed, and the controls that move it.

import { $, h, setText, set } from "./dom.js";
import { date, running, duration } from "./format.js";
import { store } from "./store.js";
import { layoutOf } from "./track.js";

const MODES = ["real", "auto", "frozen"];
const by = $("by");
const speed = $("speed");
let before = "real"; // the mode to return to after a freeze

function refresh() {
  const { clock } = store;
  if (!clock) return;
  for (const mode of MODES) set($(`mode-${mode}`), { "aria-pressed": String(clock.mode === mode) });
  if (clock.mode !== "frozen") before = clock.mode;
  setText($("freeze"), clock.mode === "frozen" ? "Run" : "Freeze");
  $("freeze").classList.toggle("primary", clock.mode === "frozen");
  const value = String(clock.speed);
  if (![...speed.options].some((option) => option.value === value)) speed.append(h("option", { value }, `${value}×`));
  if (document.activeElement !== speed) speed.value = value;
  speed.disabled = clock.mode !== "real";
  document.documentElement.dataset.mode = clock.mode;
  tick();
}

/** Called in every frame while time passes. */
export function tick() {
  if (!store.clock) return;
  const elapsed = store.worldMs();
  setText($("elapsed"), store.clock.mode === "real" ? running(elapsed) : `+${duration(elapsed)}`);
  $("next").disabled = !hasNext();
  setText($("date"), date(store.clockMs() + store.clock.lead_ms));
}

export const freeze = () => store.change({ mode: store.clock?.mode === "frozen" ? before : "frozen" });

export function next() {
  if (hasNext()) store.change({ next: store.selected });
}

for (const mode of MODES) $(`mode-${mode}`).addEventListener("click", () => store.change({ mode }));
$("freeze").addEventListener("click", freeze);
$("next").addEventListener("click", next);
speed.addEventListener("change", () => store.change({ speed: Number(speed.value) }));
$("jump").addEventListener("submit", (event) => {
  event.preventDefault();
  store.change({ advance: by.value.trim() });
});

/** Whether the selected workflow has a further moment to which the clock can be moved. */
function hasNext() {
  const workflow = store.workflow;
  const layout = workflow && layoutOf(workflow);
  if (!layout || (!workflow.begun && workflow.starts === "provision")) return false;
  return layout.waiting.length > 0 || store.elapsed(workflow) < layout.end;
}

store.on("clock", refresh);
