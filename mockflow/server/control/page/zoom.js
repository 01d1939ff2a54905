// The large timeline of the selected workflow, and its zoom: it becomes wider than its frame, which scrolls.

import { h, setText } from "./dom.js";
import { shownMoment } from "./scrub.js";
import { store } from "./store.js";
import { Track, layoutOf } from "./track.js";

const MOST = 16;
export const track = new Track({ big: true });
export const scroller = h("div", { class: "scroller" }, track.element);

let factor = 1;
const out = h("button", { id: "narrow", onclick: () => zoomBy(-1), "aria-label": "Zoom the timeline out", title: "Zoom out (−)" }, "−");
const into = h("button", { id: "wide", onclick: () => zoomBy(1), "aria-label": "Zoom the timeline in", title: "Zoom in (+)" }, "+");
const shown = h("span", { class: "muted mono zoom-factor", role: "status" });
export const zoomButtons = h("span", { class: "zoom" }, out, into, shown);

/** Zooms in (1) or out (-1) about the shown moment; 0: the whole timeline. */
export function zoomBy(step) {
  zoom(step === 0 ? 1 : step > 0 ? factor * 2 : factor / 2);
}

function zoom(wanted, about = null) {
  const before = factor;
  factor = Math.min(MOST, Math.max(1, wanted));
  if (factor === before) return;
  const width = scroller.clientWidth;
  const part = about?.part ?? place();
  const within = about?.within ?? width / 2;
  track.element.style.width = `${factor * 100}%`;
  scroller.scrollLeft = part * width * factor - within;
  draw();
}

/** The position of the shown moment on the timeline. */
function place() {
  const now = shownMoment();
  const layout = store.workflow && layoutOf(store.workflow);
  if (!now || !layout) return 0;
  return now.ms != null ? layout.x(now.ms) : layout.begin(now.index);
}

function draw() {
  out.disabled = factor === 1;
  into.disabled = factor === MOST;
  setText(shown, factor === 1 ? "" : `${factor}×`);
}

scroller.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const within = event.clientX - scroller.getBoundingClientRect().left;
  const part = (scroller.scrollLeft + within) / (scroller.clientWidth * factor);
  zoom(event.deltaY < 0 ? factor * 2 : factor / 2, { part, within });
}, { passive: false });

/** Keeps the shown moment in sight, while one steps through a zoomed timeline. */
store.on("scrub", () => {
  if (factor === 1) return;
  const x = place() * scroller.clientWidth * factor;
  if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = x - scroller.clientWidth / 2;
});
store.on("selected", () => zoom(1));
draw();
