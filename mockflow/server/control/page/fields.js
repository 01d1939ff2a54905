// Which fields a status has on the page: those of a plain GET _status, or those with all=true.

import { store } from "./store.js";

const BRIEF = ["workflow_id", "error", "state", "resources_created"];
let all = true;

export const showsAll = () => all;

export function showAll(value) {
  all = value;
  store.notify("all");
}

export const toggleAll = () => showAll(!all);

/** A status, which has all fields, with those that are chosen. */
export const chosenFields = (document) =>
  all ? document : Object.fromEntries(BRIEF.filter((name) => name in document).map((name) => [name, document[name]]));
