// Work that follows events, such as a request for what they are about: at once, but not too often.

import { store } from "./store.js";

/**
 * Does `work` where `isDue()`, at most once in `rest` ms. Returns `look`, for whenever it may be due, and `now`, which
 * does not wait for the end of a rest.
 */
export function resting(rest, isDue, work) {
  let rests = false;

  async function look() {
    if (rests || !isDue()) return;
    rests = true;
    setTimeout(() => {
      rests = false;
      look();
    }, rest);
    try {
      await work();
    } catch (error) {
      store.showError(error);
    }
  }

  return {
    look,
    now() {
      rests = false;
      look();
    },
  };
}
