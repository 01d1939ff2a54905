// The tab of the loaded scenarios: edit, drop, load another.

import { remove } from "./api.js";
import { $, h, setText } from "./dom.js";
import { openEditor } from "./editor.js";
import { number } from "./format.js";
import { store } from "./store.js";

const MOST = 200; // that are drawn at once; the filter finds others
const find = $("find-scenario");
const list = $("scenario-list");
let dropping = null; // the name whose drop has to be confirmed

function refresh() {
  const all = [...store.scenarios.values()];
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = all.filter((one) => words.every((word) => `${one.scenario} ${one.workflow_id ?? ""} ${one.source}`.toLowerCase().includes(word)));
  setText($("scenario-count"), all.length ? number(all.length) : "");
  const focused = document.activeElement?.dataset?.key;
  list.replaceChildren(...chosen.slice(0, MOST).map(entry), ...(chosen.length > MOST ? [h("p", { class: "muted" }, `and ${number(chosen.length - MOST)} more: filter to find them`)] : []));
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  list.classList.toggle("empty", !chosen.length);
  list.dataset.empty = all.length ? "No scenario matches the filter." : "No scenarios are loaded.";
}

function entry(one) {
  const name = one.scenario;
  const asks = dropping === name;
  return h("article", { class: "entry", "data-name": name },
    h("div", {}, h("b", {}, name), " ", h("span", { class: "mono muted" }, [one.workflow_id && `workflow ${one.workflow_id}`, one.source].filter(Boolean).join(" · ")),
      one.description ? h("p", { class: "muted" }, one.description) : null),
    h("div", { class: "actions" },
      h("button", { onclick: () => openEditor(name), "data-key": `edit ${name}`, "aria-label": `Edit ${name}` }, "Edit"),
      h("button", { class: asks ? "danger" : "", onclick: () => drop(name), "data-key": `drop ${name}`, "aria-label": asks ? `Really drop ${name}` : `Drop ${name}` }, asks ? "Really drop" : "Drop")));
}

/** Removes a scenario and its workflow from the cluster, when asked twice; files stay. */
async function drop(name) {
  if (dropping !== name) {
    dropping = name;
    return refresh();
  }
  dropping = null;
  try {
    await remove(`/scenarios/${encodeURIComponent(name)}`);
    store.say(`Dropped ${name}. No file was changed.`);
  } catch (error) {
    store.showError(error);
  }
  refresh();
}

find.addEventListener("input", refresh);
store.on("scenarios", refresh);
