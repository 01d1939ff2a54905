// The positions on a timeline, as fractions of its width, from a workflow's moments. Pure.
//
// There are three zones: the known times, in scale; the time after the last of them, compressed so that the playhead
// never leaves the timeline; and the moments that wait for a poll, whose time is not known. On a shared axis all known
// times are in the scale of its window, and what is outside of it is not in sight.

const ZONES = { known: 0.78, later: 0.22, waiting: 0 };
const ZONES_WITH_POLLS = { known: 0.6, later: 0.1, waiting: 0.3 };

export class Layout {
  /** `axis`: {from, to, scale} of a shared axis, in ms of the run; null: a scale of its own. */
  constructor(detail, axis = null) {
    this.axis = axis;
    this.moments = detail.timeline;
    const known = this.moments.filter((moment) => moment.at_ms != null);
    this.waiting = this.moments.slice(known.length);
    this.known = known;
    this.faults = (detail.faults ?? []).map((fault) => ({ ...fault, to_ms: fault.to_ms ?? null }));
    const edges = this.faults.flatMap((fault) => [fault.from_ms, fault.to_ms ?? 0]);
    this.end = known.map((moment) => moment.at_ms).concat(edges).reduce((most, one) => Math.max(most, one), 0);
    this.span = this.end || 1000;
    this.zones = axis ? { known: axis.scale, later: 0, waiting: 1 - axis.scale } : this.waiting.length ? ZONES_WITH_POLLS : ZONES;
    this.bands = this.#bands();
    this.resources = this.#resources();
  }

  /** The position of an elapsed time. */
  x(ms) {
    const { known, later } = this.zones;
    if (this.axis) return known * Math.min(1, Math.max(0, (ms - this.axis.from) / (this.axis.to - this.axis.from)));
    if (ms <= this.span) return (known * Math.max(0, ms)) / this.span;
    const beyond = (ms - this.span) / this.span;
    return known + later * (1 - 1 / (1 + beyond));
  }

  /** Whether a time is within the window of a shared axis. */
  sees(ms) {
    return !this.axis || (ms >= this.axis.from && ms <= this.axis.to);
  }

  /** The time at a position: {ms}, or {moment} for one that waits for a poll. */
  at(x) {
    const { known, later } = this.zones;
    if (this.axis && (x <= known || !this.waiting.length)) {
      const ms = this.axis.from + (Math.min(x, known) / known) * (this.axis.to - this.axis.from);
      return { ms: Math.max(0, Math.round(ms)) };
    }
    if (x <= known) return { ms: Math.round((Math.max(0, x) / known) * this.span) };
    if (x < known + later || !this.waiting.length) {
      const part = Math.min((x - known) / later, 0.98);
      return { ms: Math.round(this.span + this.span * (1 / (1 - part) - 1)) };
    }
    const place = Math.floor(((x - known - later) / this.zones.waiting) * this.waiting.length);
    return { moment: this.known.length + Math.min(place, this.waiting.length - 1) };
  }

  /** The index of the current moment at an elapsed time. */
  momentAt(ms) {
    let index = 0;
    while (index + 1 < this.known.length && this.known[index + 1].at_ms <= ms) index++;
    return index;
  }

  /** The position at which a moment begins. */
  begin(index) {
    if (index < this.known.length) return this.x(this.known[index].at_ms);
    const { known, later, waiting } = this.zones;
    return known + later + (waiting * (index - this.known.length)) / this.waiting.length;
  }

  /** The bands of one state: {state, from, to, since, waits}. */
  #bands() {
    const bands = [];
    this.moments.forEach((moment, index) => {
      const state = moment.status.state ?? "no state";
      const waits = moment.at_ms == null;
      const last = bands.at(-1);
      if (last?.state === state && last.waits === waits) return;
      const from = this.begin(index);
      if (last) last.to = from;
      bands.push({ state, waits, from, to: this.axis && !this.waiting.length ? this.zones.known : 1, since: moment.at_ms, poll: moment.at_poll });
    });
    return bands;
  }

  /** Each resource from its creation to its deletion: {resource, from, to, at}. */
  #resources() {
    const found = new Map();
    const keyOf = (resource) => JSON.stringify([resource.workflow_step_id, resource.resource_type, resource.resource_id]);
    this.moments.forEach((moment, index) => {
      const created = new Set(moment.created.map(keyOf));
      for (const resource of moment.gone) {
        const one = found.get(keyOf(resource));
        if (one && one.to === 1 && !created.has(keyOf(resource))) one.to = this.begin(index);
      }
      for (const resource of moment.created) {
        const key = keyOf(resource);
        if (!found.has(key)) found.set(key, { resource, index, from: this.begin(index), to: 1, moment });
      }
    });
    return [...found.values()];
  }
}

/** The time of each request of a run: [{ms, exchange}], without those of earlier runs. */
export function ticks(workflow, layout, clock) {
  if (workflow.zero_ms == null || !layout) return [];
  const placed = [];
  const grace = 50 * Math.max(1, clock.mode === "real" ? clock.speed : 1); // a run may begin just after its first poll
  let seen = -1;
  for (const exchange of workflow.requests) {
    if (exchange.mode === "auto") {
      // In auto each run has its own time, which the journal does not have: a poll moves it to its next moment.
      if (exchange.operation === "get_status" && exchange.status === 200) seen = next(layout, exchange.told, seen);
      placed.push({ ms: layout.known[Math.max(seen, 0)]?.at_ms ?? 0, exchange });
    } else {
      const ms = exchange.now - clock.lead_ms - workflow.zero_ms;
      if (ms >= -grace) placed.push({ ms: Math.max(0, ms), exchange });
    }
  }
  return placed;
}

/** The first moment after `index` with this state; `index` if there is none. */
function next(layout, state, index) {
  const found = layout.known.findIndex((moment, at) => at > index && moment.status.state === state);
  return found < 0 ? index : found;
}
