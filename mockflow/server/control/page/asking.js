// What the server tells about the selected workflow besides its events: asked for again when that may have changed.

import { get } from "./api.js";
import { store } from "./store.js";

const REST_MS = 700; // between two requests

/**
 * Calls `draw` with the answer to `path(workflow)` whenever `key(workflow)` has changed, and with `nothing` where that
 * fails. Returns a function that asks at once.
 */
export function follow({ path, key, nothing, draw }) {
  let asked = ""; // the key of the latest request
  let resting = false;

  async function refresh() {
    const workflow = store.workflow;
    if (!workflow) return;
    const now = key(workflow);
    if (now === asked || resting) return;
    asked = now;
    resting = true;
    setTimeout(() => {
      resting = false;
      refresh();
    }, REST_MS);
    let found = nothing;
    try {
      found = await get(path(workflow));
    } catch (error) {
      if (error.status !== 404) store.showError(error);
    }
    if (asked === now) draw(found);
  }

  store.on("journal workflows", refresh);
  return () => {
    asked = "";
    resting = false;
    refresh();
  };
}
