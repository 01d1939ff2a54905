// The time axis that all rows of the list share: a window of the clock, fitted to all runs or zoomed by hand.

import { duration } from "./format.js";
import { store } from "./store.js";

const STEPS = [1, 2, 2.5, 5, 10]; // times a power of ten: between labels
const SPANS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]; // of the window
const MIN_MS = 10;
const FACTOR = 2;
export const WITH_POLLS = 0.84; // the part of a row that is in scale, where runs wait for polls

class Axis {
  shared = false;
  version = 0; // another one means that every row has another layout
  from = 0; // in ms of the clock
  to = 1000;
  scale = 1; // the part of a row that is in scale
  #byHand = false;

  toggle() {
    this.shared = !this.shared;
    this.#byHand = false;
    this.fit();
    this.#changed();
  }

  /** Fits the window to all runs, unless it was zoomed by hand. Called whenever runs or the clock may have changed. */
  fit() {
    if (!this.shared) return;
    const scale = [...store.workflows.values()].some((workflow) => workflow.begun && workflow.next?.at_poll) ? WITH_POLLS : 1;
    if (scale !== this.scale) this.#set(this.from, this.to, scale);
    if (this.#byHand) return;
    const now = store.clockMs();
    let from = Infinity;
    let to = now;
    for (const workflow of store.workflows.values()) {
      if (workflow.zero_ms == null) continue;
      from = Math.min(from, workflow.zero_ms);
      to = Math.max(to, workflow.zero_ms + (workflow.layout?.end ?? 0));
    }
    if (from === Infinity || from - began() < (to - began()) / 20) from = Math.min(from, began());
    const span = rounded(Math.max(1000, (to - from) * 1.02), SPANS);
    if (from === this.from && from + span === this.to) return;
    if (from === this.from && to < this.to && span > (this.to - this.from) / 4) return; // it still fits
    this.#set(from, from + span, this.scale);
  }

  /** Zooms in or out about a position (a part of the window). */
  zoom(closer, about = this.#playhead()) {
    const span = Math.max(MIN_MS, (this.to - this.from) * (closer ? 1 / FACTOR : FACTOR));
    const middle = this.from + (this.to - this.from) * about;
    this.#byHand = true;
    this.#set(middle - span * about, middle - span * about + span, this.scale);
  }

  pan(part) {
    const by = (this.to - this.from) * part;
    this.#byHand = true;
    this.#set(this.from + by, this.to + by, this.scale);
  }

  fitAgain() {
    this.#byHand = false;
    this.to = this.from;
    this.fit();
  }

  /** The labels of the ruler: [{part, text}]. */
  marks(most) {
    const span = this.to - this.from;
    const step = rounded(span / Math.max(1, most), STEPS);
    const marks = [];
    const zero = began();
    for (let ms = Math.ceil((this.from - zero) / step) * step; zero + ms <= this.to; ms += step) {
      marks.push({ part: ((zero + ms - this.from) / span) * this.scale, text: `+${duration(Math.round(ms))}` });
    }
    return marks;
  }

  #playhead() {
    const part = (store.clockMs() - this.from) / (this.to - this.from);
    return part >= 0 && part <= 1 ? part : 0.5;
  }

  #set(from, to, scale) {
    Object.assign(this, { from, to, scale });
    this.#changed();
  }

  #changed() {
    this.version++;
    store.notify("axis");
  }
}

/** When the world began, in ms of the clock. */
const began = () => (store.clock ? store.clock.clock_ms + store.clock.lead_ms - store.clock.elapsed_ms : 0);

/** The next longer length that is one of `parts` times a power of ten. */
function rounded(ms, parts) {
  const power = 10 ** Math.floor(Math.log10(ms));
  return Math.max(1, Math.round(parts.find((part) => part * power >= ms) * power));
}

export const axis = new Axis();
