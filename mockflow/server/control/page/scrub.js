// Time travel: the pointer or the keys select a moment of the selected workflow; the clock does not move.

import { store } from "./store.js";
import { hideTip, showTip } from "./tip.js";
import { layoutOf } from "./track.js";

/** Makes a track react to dragging, and show a tip under the pointer. */
export function scrubbing(track) {
  const { element } = track;
  let pressed = false;
  const place = (event) => {
    const at = track.under(event);
    if (at) store.select(track.workflow.workflow_id, at);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pressed = true;
    element.setPointerCapture(event.pointerId);
    place(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (pressed) place(event);
    if (event.pointerType === "mouse") showTip(track, event);
  });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (pressed = false));
  element.addEventListener("pointerleave", hideTip);
}

/** The shown moment: {ms, index, waits}; null until its timeline is loaded. */
export function shownMoment() {
  const workflow = store.workflow;
  const layout = workflow && layoutOf(workflow);
  if (!layout) return null;
  const scrub = store.scrub;
  if (scrub?.moment != null) return { index: Math.min(scrub.moment, layout.moments.length - 1), waits: true, ms: null };
  const ms = scrub ? scrub.ms : store.elapsed(workflow);
  return { ms, index: layout.momentAt(ms), waits: false };
}

/** Moves by hundredths of the timeline. */
export function nudge(by) {
  const now = shownMoment();
  if (!now) return;
  const layout = layoutOf(store.workflow);
  if (now.waits) return stepMoment(Math.sign(by));
  const step = Math.max(1, Math.round(layout.span / 100));
  store.select(store.selected, { ms: Math.max(0, now.ms + by * step) });
}

/** Moves to the previous or next moment. */
export function stepMoment(by) {
  const now = shownMoment();
  if (!now) return;
  const layout = layoutOf(store.workflow);
  let index = now.index + by;
  if (by < 0 && !now.waits && now.ms > layout.known[now.index].at_ms) index = now.index;
  goTo(Math.min(layout.moments.length - 1, Math.max(0, index)));
}

/** Shows a moment by its index; negative ones count from the end. */
export function goTo(index) {
  const layout = store.workflow && layoutOf(store.workflow);
  if (!layout) return;
  const at = index < 0 ? layout.moments.length + index : index;
  store.select(store.selected, at < layout.known.length ? { ms: layout.known[at].at_ms } : { moment: at });
}

export const backToNow = () => store.select(store.selected);
