// What the server tells about the selected workflow besides its events: asked for again when that may have changed.

import { get } from "./api.js";
import { store } from "./store.js";

const REST_MS = 700; // between two requests

/** The answer to a GET of the control API; `nothing` where it fails. */
export async function read(path, nothing) {
  try {
    return await get(path);
  } catch (error) {
    if (error.status !== 404) store.showError(error);
    return nothing;
  }
}

/**
 * Calls `draw` with what `ask` finds for the selected workflow (or null) whenever its `key` has changed. Returns a
 * function that asks at once.
 */
export function follow({ key, ask, draw }) {
  let asked = ""; // the key of the latest request
  let resting = false;

  async function refresh() {
    const workflow = store.workflow;
    const now = key(workflow);
    if (now === asked || resting) return;
    asked = now;
    resting = true;
    setTimeout(() => {
      resting = false;
      refresh();
    }, REST_MS);
    const found = await ask(workflow);
    if (asked === now) draw(found);
  }

  store.on("journal workflows", refresh);
  return () => {
    asked = "";
    resting = false;
    refresh();
  };
}
