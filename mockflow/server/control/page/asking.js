// What the server tells about the selected workflow besides its events: asked for again when that may have changed.

import { get } from "./api.js";
import { resting } from "./resting.js";
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
  const { look, now } = resting(REST_MS, () => key(store.workflow) !== asked, async () => {
    const wanted = key(store.workflow);
    asked = wanted;
    const found = await ask(store.workflow);
    if (asked === wanted) draw(found);
  });
  store.on("journal workflows", look);
  return () => {
    asked = "";
    now();
  };
}
