// Draws a timeline: bands, resources and faults as elements in percent of its width, requests on a canvas.

import { h } from "./dom.js";
import { duration, glyph, kindOf, stateClass } from "./format.js";
import { Layout, ticks } from "./layout.js";
import { store } from "./store.js";

const MAX_LANES = 14;
const percent = (fraction) => `${(fraction * 100).toFixed(3)}%`;

export class Track {
  /** `big`: with a ruler and a lane for each resource. */
  constructor({ big = false } = {}) {
    this.big = big;
    this.future = h("div", { class: "future" });
    this.bands = h("div", { class: "bands" });
    this.labels = h("div", { class: "labels" });
    this.marks = h("div", { class: "marks" });
    this.canvas = h("canvas", { class: "ticks", role: "img", "aria-label": "no requests" });
    this.head = h("div", { class: "playhead" });
    this.scrubHead = h("div", { class: "scrubhead", hidden: true });
    this.ruler = big ? h("div", { class: "ruler", "aria-hidden": "true" }) : null;
    this.lanes = big ? h("div", { class: "lanes" }) : null;
    this.strip = h("div", { class: "strip" }, this.bands, this.future, this.labels);
    this.element = h("div", { class: big ? "track big" : "track" }, this.ruler, h("div", { class: "stage" }, this.strip, this.marks), this.canvas, this.lanes, this.head, this.scrubHead);
  }

  /** Shows a workflow; redraws only what has changed. */
  show(workflow) {
    const layout = layoutOf(workflow);
    if (this.layout !== layout || this.workflow !== workflow) {
      this.layout = layout;
      this.workflow = workflow;
      this.version = -1;
      this.#drawBands();
    }
    if (this.version !== workflow.version || this.width !== this.element.clientWidth) {
      this.version = workflow.version;
      this.width = this.element.clientWidth;
      this.#drawTicks();
    }
    this.move();
  }

  /** Moves the playheads to their current position. */
  move() {
    const { workflow, layout } = this;
    if (!layout) return;
    const now = layout.x(store.elapsed(workflow));
    const left = Math.round(now * this.width * 2) / 2;
    if (left !== this.left) {
      this.left = left;
      this.head.style.transform = `translateX(${left}px)`;
      this.future.style.transform = `translateX(${left}px)`;
    }
    const scrub = store.selected === workflow.workflow_id ? store.scrub : null;
    this.scrubHead.hidden = !scrub;
    if (scrub) {
      const x = scrub.ms != null ? layout.x(scrub.ms) : layout.begin(scrub.moment) + 0.01;
      this.scrubHead.style.transform = `translateX(${x * this.width}px)`;
    }
  }

  /** The time under the pointer: {ms} or {moment}. */
  under(event) {
    const box = this.element.getBoundingClientRect();
    return this.layout?.at(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))) ?? null;
  }

  /** The requests near a pointer. */
  near(event) {
    const x = event.clientX - this.element.getBoundingClientRect().left;
    return (this.ticks ?? []).filter((tick) => Math.abs(tick.x - x) <= 4).map((tick) => tick.exchange);
  }

  #drawBands() {
    const { layout } = this;
    this.bands.replaceChildren();
    this.labels.replaceChildren();
    this.marks.replaceChildren();
    this.ruler?.replaceChildren();
    this.lanes?.replaceChildren();
    this.left = undefined;
    if (!layout) return;
    for (const band of layout.bands) {
      const place = { left: percent(band.from), width: percent(band.to - band.from) };
      const kind = `${stateClass(band.state)}${band.waits ? " waits" : ""}`;
      this.bands.append(h("div", { class: `band ${kind}`, style: place, "data-state": band.state, "data-since": band.since }));
      const name = band.waits && band.poll ? `poll ${band.poll}: ${band.state}` : band.state;
      this.labels.append(h("div", { class: `label ${kind}`, style: place }, h("span", { class: "glyph" }, glyph(band.state)), h("span", {}, name)));
    }
    this.strip.classList.toggle("faulty", layout.faults.length > 0);
    for (const fault of layout.faults) {
      const from = layout.x(fault.from_ms);
      const to = fault.to_ms == null ? 1 : layout.x(fault.to_ms);
      this.bands.append(h("div", { class: "hatch", style: { left: percent(from), width: percent(Math.max(to - from, 0.004)) }, "data-fault": fault.fault, title: fault.fault }));
    }
    const places = new Map();
    for (const one of layout.resources) places.set(one.from, (places.get(one.from) ?? 0) + 1);
    for (const [from, count] of places) {
      this.marks.append(h("i", { class: count > 1 ? "mark many" : "mark", style: { left: percent(from) }, title: `${count} created` }));
    }
    if (this.big) this.#drawRuler();
  }

  #drawRuler() {
    const { layout } = this;
    let end = -1;
    layout.moments.forEach((moment, index) => {
      const from = layout.begin(index);
      if (from - end < 0.11 && end >= 0) return;
      end = from;
      const text = moment.at_ms != null ? duration(moment.at_ms) : moment.at_poll && !moment.after_poll_ms ? `poll ${moment.at_poll}` : `+${duration(moment.after_poll_ms ?? 0)}`;
      this.ruler.append(h("span", { style: { left: percent(from) } }, text));
    });
    for (const one of layout.resources.slice(0, MAX_LANES)) {
      const { resource } = one;
      const step = resource.workflow_step_id ?? resource.workflow_step_name ?? "";
      const name = this.element.clientWidth < 340 ? step : `${step} · ${resource.resource_type ?? ""}`;
      const right = one.from > 0.5;
      this.lanes.append(
        h("div", { class: "lane", title: `${step} ${resource.resource_type} ${resource.resource_id}` },
          h("i", { class: "bar", style: { left: percent(one.from), width: percent(one.to - one.from) } }),
          h("span", { class: right ? "before" : "", style: right ? { right: percent(1 - one.from) } : { left: percent(one.from) } }, name)));
    }
    const more = layout.resources.length - MAX_LANES;
    if (more > 0) this.lanes.append(h("div", { class: "lane more" }, h("span", {}, `and ${more} more resources`)));
  }

  #drawTicks() {
    const { canvas, layout } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = this.width;
    const height = canvas.clientHeight;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!layout || !store.clock) return;
    const colours = palette();
    this.ticks = ticks(this.workflow, layout, store.clock).map((tick) => ({ ...tick, x: layout.x(tick.ms) * width }));
    canvas.setAttribute("aria-label", summary(this.ticks));
    const taken = new Map(); // the last position of each kind, so that requests at the same position are drawn once
    for (const { x, exchange } of this.ticks) {
      const kind = kindOf(exchange);
      const place = Math.round(x);
      if (taken.get(kind) === place) continue;
      taken.set(kind, place);
      pen.fillStyle = pen.strokeStyle = colours[kind];
      SHAPES[kind](pen, Math.min(Math.max(place, 1), width - 2), height);
      if (exchange.fault) pen.fillRect(place - 3, height - 1.5, 6, 1.5);
    }
  }
}

// Each kind has a shape besides its colour: a stroke, a triangle, a square, a cross.
const SHAPES = {
  ok: (pen, x, height) => pen.fillRect(x - 0.75, 1, 1.5, height - 4),
  refused(pen, x, height) {
    pen.fillRect(x - 0.75, 6, 1.5, height - 9);
    pen.beginPath();
    pen.moveTo(x, 0);
    pen.lineTo(x + 3.5, 6);
    pen.lineTo(x - 3.5, 6);
    pen.fill();
  },
  error(pen, x, height) {
    pen.fillRect(x - 0.75, 5, 1.5, height - 8);
    pen.fillRect(x - 3, 0, 6, 6);
  },
  broken(pen, x) {
    pen.lineWidth = 1.75;
    pen.beginPath();
    pen.moveTo(x - 3, 1);
    pen.lineTo(x + 3, 8);
    pen.moveTo(x + 3, 1);
    pen.lineTo(x - 3, 8);
    pen.stroke();
  },
};

/** A summary of requests: "4 requests: 3 2xx, 1 4xx". */
function summary(ticks) {
  if (!ticks.length) return "no requests";
  const counts = new Map();
  for (const { exchange } of ticks) counts.set(kindOf(exchange), (counts.get(kindOf(exchange)) ?? 0) + 1);
  const each = Object.entries(NAMES).filter(([kind]) => counts.has(kind)).map(([kind, name]) => `${counts.get(kind)} ${name}`);
  return `${ticks.length} request${ticks.length > 1 ? "s" : ""}: ${each.join(", ")}`;
}

const NAMES = { ok: "2xx", refused: "4xx", error: "5xx", broken: "broken" };

/** A workflow's layout, made once for each timeline. */
export function layoutOf(workflow) {
  if (!workflow.detail) return null;
  if (workflow.layoutOf !== workflow.detail) {
    workflow.layoutOf = workflow.detail;
    workflow.layout = new Layout(workflow.detail);
  }
  return workflow.layout;
}

/** The state of a workflow now, from its timeline, which is ahead of the server's events. */
export function stateNow(workflow) {
  const layout = layoutOf(workflow);
  if (!layout || workflow.stale || !workflow.begun) return workflow.state; // the timeline may begin with a provision
  return layout.moments[layout.momentAt(store.elapsed(workflow))].status.state ?? null;
}

let colours = null;
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => {
  colours = null;
  for (const workflow of store.workflows.values()) workflow.version++;
  store.notify("workflows");
});

function palette() {
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    colours = Object.fromEntries(["ok", "refused", "error", "broken"].map((kind) => [kind, style.getPropertyValue(`--tick-${kind}`).trim()]));
  }
  return colours;
}
