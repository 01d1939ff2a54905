// The journal as a file: all that the server keeps, as JSON or as an HTTP Archive.

import { get } from "./api.js";
import { $, h } from "./dom.js";
import { store } from "./store.js";

const PATHS = { json: "/journal", har: "/journal.har" };

async function save(kind) {
  try {
    const content = await get(PATHS[kind]);
    const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" }));
    h("a", { href: address, download: `mockflow-journal.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    store.showError(error);
  }
}

for (const kind of Object.keys(PATHS)) $(`export-${kind}`).addEventListener("click", () => save(kind));
