// Draws a timeline: bands, resources and faults as elements in percent of its width, requests on a canvas.

import { h } from "./dom.js";
import { duration, glyph, kindOf, stateClass } from "./format.js";
import { axis } from "./axis.js";
import { Layout, ticks } from "./layout.js";
import { store } from "./store.js";

const MAX_LANES = 14;
const RULER_PX = 48; // between the beginnings of two labels
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
    this.nowhere = h("div", { class: "nowhere", hidden: true }, "not begun: it has no place in time yet");
    this.element = h("div", { class: big ? "track big" : "track" }, this.ruler, h("div", { class: "stage" }, this.strip, this.marks, this.nowhere), this.canvas, this.lanes, this.head, this.scrubHead);
  }

  /** Shows a workflow; redraws only what has changed. */
  show(workflow) {
    const layout = this.big ? layoutOf(workflow) : rowLayoutOf(workflow);
    const isShared = !this.big && axis.shared;
    this.element.classList.toggle("idle", !workflow.begun);
    this.element.classList.toggle("shared", isShared);
    this.nowhere.hidden = !isShared || workflow.begun;
    if (this.layout !== layout || this.workflow !== workflow) {
      this.layout = layout;
      this.workflow = workflow;
      this.version = -1;
      this.#drawBands();
    } else if (this.big && layout && this.width !== this.element.clientWidth) {
      this.#drawBands(); // the ruler has room for more labels, or for fewer
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
    const elapsed = store.elapsed(workflow);
    this.head.hidden = !workflow.begun || !layout.sees(elapsed);
    const now = layout.x(elapsed);
    const left = Math.round(now * this.width * 2) / 2;
    if (left !== this.left) {
      this.left = left;
      this.head.style.transform = `translateX(${left}px)`;
      this.future.style.transform = `translateX(${left}px)`;
    }
    const scrub = store.selected === workflow.workflow_id ? store.scrub : null;
    this.scrubHead.hidden = !scrub || !(scrub.ms == null || layout.sees(scrub.ms));
    if (scrub) {
      const x = scrub.ms != null ? layout.x(scrub.ms) : layout.begin(scrub.moment) + 0.01;
      this.scrubHead.style.transform = `translateX(${x * this.width}px)`;
    }
  }

  /** The time under the pointer: {ms} or {moment}. */
  under(event) {
    if (this.layout?.axis && !this.workflow.begun) return null;
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
      if (band.to <= band.from) continue; // outside of a shared axis
      const place = { left: percent(band.from), width: percent(band.to - band.from) };
      const kind = `${stateClass(band.state)}${band.waits ? " waits" : ""}`;
      this.bands.append(h("div", { class: `band ${kind}`, style: place, "data-state": band.state, "data-since": band.since }));
      const name = band.waits && band.poll ? `poll ${band.poll}: ${band.state}` : band.state;
      this.labels.append(h("div", { class: `label ${kind}`, style: place }, h("span", { class: "glyph" }, glyph(band.state)), h("span", {}, name)));
    }
    this.strip.classList.toggle("faulty", layout.faults.length > 0);
    for (const fault of layout.faults) {
      const from = layout.x(fault.from_ms);
      const to = fault.to_ms == null ? (layout.axis ? layout.zones.known : 1) : layout.x(fault.to_ms);
      if (layout.axis && to <= from) continue;
      this.bands.append(h("div", { class: "hatch", style: { left: percent(from), width: percent(Math.max(to - from, 0.004)) }, "data-fault": fault.fault, title: fault.fault }));
    }
    const places = new Map();
    for (const one of layout.resources) if (one.moment.at_ms == null || layout.sees(one.moment.at_ms)) places.set(one.from, (places.get(one.from) ?? 0) + 1);
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
      if (end >= 0 && (from - end) * this.element.clientWidth < RULER_PX) return;
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
    this.ticks = ticks(this.workflow, layout, store.clock).filter((tick) => layout.sees(tick.ms)).map((tick) => ({ ...tick, x: layout.x(tick.ms) * width }));
    canvas.setAttribute("aria-label", summary(this.ticks));
    const taken = new Map(); // the last position of each kind, so that requests at the same position are drawn once
    for (const { x, exchange } of this.ticks) {
      const kind = kindOf(exchange);
      const place = Math.round(x);
      const key = exchange.fault ? `${kind} fault` : kind;
      if (taken.get(key) === place) continue;
      taken.set(key, place);
      pen.fillStyle = pen.strokeStyle = colours[kind];
      const middle = Math.min(Math.max(place, 1), width - 2);
      SHAPES[kind](pen, middle, height);
      if (exchange.fault) {
        pen.fillStyle = colours.fault;
        pen.fillRect(middle - 4, height - 2.5, 8, 2.5);
      }
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
  const faults = ticks.filter(({ exchange }) => exchange.fault).length;
  return `${ticks.length} request${ticks.length > 1 ? "s" : ""}: ${each.join(", ")}${faults ? `; a fault acted on ${faults}` : ""}`;
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

/** As `layoutOf`, in the scale of the axis that all rows share, where it is chosen. */
function rowLayoutOf(workflow) {
  if (!axis.shared || !workflow.detail) return layoutOf(workflow);
  const key = `${axis.version} ${workflow.zero_ms} ${workflow.revision}`;
  if (workflow.rowKey !== key || workflow.rowDetail !== workflow.detail) {
    const zero = workflow.zero_ms;
    const detail = workflow.begun ? workflow.detail : { ...workflow.detail, timeline: [], faults: [] };
    workflow.rowKey = key;
    workflow.rowDetail = workflow.detail;
    workflow.rowLayout = new Layout(detail, { from: axis.from - zero, to: axis.to - zero, scale: axis.scale });
  }
  return workflow.rowLayout;
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
    colours.fault = style.getPropertyValue("--hatch").trim();
  }
  return colours;
}
