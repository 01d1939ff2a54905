// The data of the page: from server-sent events, completed by calls of the control API.

import { eventsAddress, get, post } from "./api.js";

const RETRY_MS = 2000;
const KEPT = 5000; // requests in the page's journal; the server keeps more
const AT_ONCE = 4; // parallel requests for timelines

class Store extends EventTarget {
  workflows = new Map(); // by id, in the server's order
  exchanges = []; // the newest last
  counted = 0;
  scenarios = new Map(); // by name
  problems = [];
  coverage = [];
  clock = null;
  selected = null; // an id
  scrub = null; // {ms} or {moment} of the selected workflow; null: now
  wanted = null; // {id, scrub} of a link, until that workflow has arrived
  total = 0; // the number of workflows, of which some may still be on their way
  #changed = new Set();
  #base = 0; // performance.now() when the clock was received
  #queue = new Set();
  #fetching = 0;
  #statuses = new Map();

  /** Opens the event stream. The browser reconnects by itself, unless the server refuses; then the reason is told. */
  connect() {
    const source = new EventSource(eventsAddress());
    source.onopen = () => this.#set("online", true);
    source.onerror = () => {
      this.#set("online", false);
      if (source.readyState === EventSource.CLOSED) this.#findReason();
    };
    source.onmessage = (event) => this.#apply(JSON.parse(event.data));
  }

  async #findReason() {
    try {
      await get("/clock");
    } catch (error) {
      if (error.status === 401) return this.notify("token");
      if (error.status) return this.showError(error);
    }
    setTimeout(() => this.connect(), RETRY_MS);
  }

  /** Calls back at most once in a frame when one of `topics` has changed. */
  on(topics, callback) {
    for (const topic of topics.split(" ")) this.addEventListener(topic, () => onNextFrame(callback));
  }

  notify(...topics) {
    for (const topic of topics) this.dispatchEvent(new Event(topic));
  }

  // -- time -----------------------------------------------------------------------------------------

  /** The clock now, without auto's leads. */
  clockMs() {
    if (!this.clock) return 0;
    const passed = this.clock.mode === "real" ? (performance.now() - this.#base) * this.clock.speed : 0;
    return this.clock.clock_ms + passed;
  }

  worldMs() {
    return this.clock ? this.clock.elapsed_ms + this.clockMs() - this.clock.clock_ms : 0;
  }

  /** The elapsed ms of a workflow's run. */
  elapsed(workflow) {
    return workflow.zero_ms == null ? 0 : Math.max(0, Math.floor(this.clockMs()) - workflow.zero_ms);
  }

  // -- selection ------------------------------------------------------------------------------------

  get workflow() {
    return this.workflows.get(this.selected) ?? null;
  }

  /** Selects a workflow by its id, and the time or moment of it that is shown; null: now. */
  select(id, scrub = null) {
    this.wanted = null;
    this.#show(id, scrub);
    this.notify("chosen");
  }

  /** Selects without a choice of the user, who may have followed a link or chosen nothing yet. */
  suggest(id, scrub = null) {
    this.#show(id, scrub);
  }

  #show(id, scrub) {
    if (this.selected !== id) {
      this.selected = id;
      this.notify("selected");
    }
    this.scrub = scrub;
    this.notify("scrub");
  }

  // -- events ---------------------------------------------------------------------------------------

  #set(topic, value) {
    this[topic] = value;
    this.notify(topic);
  }

  #apply(message) {
    if (message.whole) {
      this.workflows.clear();
      this.exchanges = [];
      this.counted = 0;
      this.#statuses.clear();
      this.notify("workflows", "journal");
    }
    if (message.clock) {
      this.clock = message.clock;
      this.#base = performance.now();
      this.notify("clock");
    }
    for (const view of message.workflows ?? []) this.#place(view);
    for (const [id, polls] of Object.entries(message.polls ?? {})) {
      const workflow = this.workflows.get(id);
      if (workflow) workflow.polls = polls;
    }
    for (const id of message.gone ?? []) this.workflows.delete(id);
    this.total = message.total ?? this.total;
    if (message.workflows || message.gone) this.notify("workflows");
    if (message.polls) this.notify("polls");
    if (message.journal) this.#append(message.journal);
    if (message.scenarios) this.#loadScenarios();
    if (message.whole || message.journal || message.scenarios) this.notify("seen");
  }

  #place(view) {
    const known = this.workflows.get(view.workflow_id);
    const stale = known?.revision !== view.revision;
    const workflow = Object.assign(known ?? { requests: [], detail: null, version: 0 }, view);
    workflow.stale ||= stale;
    workflow.version++;
    if (!known) {
      workflow.requests = this.exchanges.filter((exchange) => exchange.workflow_id === view.workflow_id);
      this.workflows.set(view.workflow_id, workflow);
    }
  }

  #append(journal) {
    this.counted = journal.counted;
    this.stuck = journal.stuck;
    this.exchanges.push(...journal.exchanges);
    const first = this.exchanges.findIndex((exchange) => exchange.number >= journal.oldest);
    const surplus = first < 0 ? this.exchanges.length : Math.max(first, this.exchanges.length - KEPT);
    if (surplus) {
      const gone = this.exchanges.splice(0, surplus).at(-1).number;
      for (const workflow of this.workflows.values()) {
        if (workflow.requests[0]?.number <= gone) {
          workflow.requests = workflow.requests.filter((exchange) => exchange.number > gone);
          workflow.version++;
        }
      }
    }
    for (const exchange of journal.exchanges) {
      const workflow = this.workflows.get(exchange.workflow_id);
      if (workflow && workflow.requests.at(-1)?.number !== exchange.number) {
        workflow.requests.push(exchange);
        workflow.version++;
      }
    }
    this.notify("journal");
  }

  async #loadScenarios() {
    try {
      const loaded = await get("/scenarios");
      const list = Array.isArray(loaded) ? loaded : loaded.scenarios;
      this.scenarios = new Map(list.map((scenario) => [scenario.scenario, scenario]));
      this.problems = [...(loaded.problems ?? []), ...list.flatMap((scenario) => scenario.problems ?? [])];
    } catch (error) {
      return this.showError(error);
    }
    this.notify("scenarios");
  }

  // -- requests -------------------------------------------------------------------------------------

  /** Loads a workflow's timeline unless it is current; notifies "workflows" when it has arrived. */
  loadTimeline(workflow) {
    if (!workflow.stale || this.#queue.has(workflow.workflow_id)) return;
    this.#queue.add(workflow.workflow_id);
    if (this.#fetching < AT_ONCE) this.#fetchNext();
  }

  async #fetchNext() {
    const [id] = [...this.#queue].slice(-1); // the latest one is the one that is shown
    if (id === undefined) return;
    this.#fetching++;
    const workflow = this.workflows.get(id);
    try {
      if (workflow) {
        workflow.stale = false;
        this.#queue.delete(id);
        const detail = await get(`/workflows/${encodeURIComponent(id)}`);
        workflow.detail = detail;
        workflow.version++;
        this.#statuses.clear();
        this.notify("workflows");
      }
    } catch (error) {
      if (error.status !== 404) this.showError(error);
    } finally {
      this.#queue.delete(id);
      this.#fetching--;
      this.#fetchNext();
    }
  }

  /** The exact status at an elapsed time (null: now); cached, because it is the same in the whole moment. */
  status(workflow, ms, moment) {
    const key = `${workflow.workflow_id} ${workflow.revision} ${moment}`;
    if (!this.#statuses.has(key)) {
      const path = `/workflows/${encodeURIComponent(workflow.workflow_id)}/status${ms === null ? "" : `?at=${Math.round(ms)}ms`}`;
      const answer = get(path);
      answer.catch(() => this.#statuses.delete(key));
      this.#statuses.set(key, answer);
    }
    return this.#statuses.get(key);
  }

  async loadCoverage() {
    this.coverage = (await get("/coverage")).parts;
    this.notify("coverage");
  }

  /** Changes the clock; shows the error if that is not possible. */
  async change(body) {
    try {
      await post("/clock", body);
    } catch (error) {
      this.showError(error);
    }
  }

  showError(error) {
    this.notice = { text: error.message, isError: true };
    this.notify("notice");
  }

  /** Tells that something was done. */
  say(text) {
    this.notice = { text, isError: false };
    this.notify("notice");
  }
}

/** Calls back once in the next frame. A page in the background has no frames; it catches up when it is shown. */
export function onNextFrame(callback) {
  if (!waiting.size) requestAnimationFrame(run);
  waiting.add(callback);
}

const waiting = new Set();

function run() {
  const callbacks = [...waiting];
  waiting.clear();
  for (const callback of callbacks) callback();
}

export const store = new Store();
