// Links to what is shown: #workflow=ID&at=2500&request=7 in the page's address, read and written as text only.

import { store } from "./store.js";

const REST_MS = 250; // browsers limit how often the address may change
let request = null;
let timer = 0;
let openRequest = () => {};

/** The fragment of a selection; without it, that of what is shown now. */
export function linkOf(id = store.selected, scrub = store.scrub, number = request) {
  const parts = new URLSearchParams();
  if (id != null) parts.set("workflow", id);
  if (id != null && scrub?.ms != null) parts.set("at", scrub.ms);
  if (id != null && scrub?.moment != null) parts.set("moment", scrub.moment);
  if (number != null) parts.set("request", number);
  const text = parts.toString();
  return text ? `#${text}` : "";
}

/** Notes that the details of a request are open; null: no longer. */
export function noteRequest(number) {
  request = number;
  write();
}

/** Follows the address, now and whenever it changes; `open(number)` shows a request. */
export function followLinks(open) {
  openRequest = open;
  read();
  addEventListener("hashchange", read);
}

function read() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const id = parts.get("workflow");
  const whole = (name) => (/^\d{1,15}$/.test(parts.get(name) ?? "") ? Number(parts.get(name)) : null);
  const [ms, moment, number] = ["at", "moment", "request"].map(whole);
  const scrub = ms != null ? { ms } : moment != null ? { moment } : null;
  if (id && store.workflows.has(id)) store.suggest(id, scrub);
  else if (id) store.wanted = { id, scrub };
  tellMissing();
  if (number) openRequest(number);
}

function write() {
  if (!timer) timer = setTimeout(writeNow, REST_MS);
}

function writeNow() {
  timer = 0;
  if (store.wanted) return; // the link still waits for its workflow
  const link = linkOf();
  if (link !== location.hash) history.replaceState(null, "", location.pathname + location.search + link);
}

store.on("chosen", write);
/** Tells that the workflow of a link is not among all that there are. */
function tellMissing() {
  const { wanted } = store;
  if (!wanted || wanted.told || store.workflows.has(wanted.id) || !store.online || store.workflows.size < store.total) return;
  wanted.told = true;
  store.showError(new Error(`No workflow "${wanted.id}" is here, which the link names. It is shown once it is.`));
}

store.on("workflows", tellMissing);
