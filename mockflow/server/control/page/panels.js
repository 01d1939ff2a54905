// The drawer: its tabs, the coverage of scripts, and their problems.

import { $, h, setText, set } from "./dom.js";
import { refresh as refreshEffects } from "./effects.js";
import { loadNames } from "./forms.js";
import { number } from "./format.js";
import { drawProblemList } from "./problems.js";
import { resting } from "./resting.js";
import { store } from "./store.js";

const TABS = ["journal", "coverage", "problems", "scenarios", "effects"];
const REST_MS = 1000; // between two requests for the coverage
let open = "journal";
let stale = true;

/** Opens a tab by its index. */
export function openTab(place, focus = false) {
  open = TABS[place];
  for (const name of TABS) {
    const tab = $(`tab-${name}`);
    set(tab, { "aria-selected": String(name === open), tabindex: name === open ? null : "-1" });
    $(name).hidden = name !== open;
    if (focus && name === open) tab.focus();
  }
  $("journal-filters").hidden = open !== "journal";
  loadCoverage();
  if (open === "effects") {
    loadNames();
    refreshEffects();
  }
}

TABS.forEach((name, place) => {
  $(`tab-${name}`).addEventListener("click", () => openTab(place));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    openTab((place + by + TABS.length) % TABS.length, true);
  });
});

const { look: loadCoverage } = resting(REST_MS, () => open === "coverage" && stale, async () => {
  stale = false;
  await store.loadCoverage();
});

function drawCoverage() {
  const scenarios = Map.groupBy ? Map.groupBy(store.coverage, (part) => part.scenario) : grouped(store.coverage);
  const seen = store.coverage.filter((part) => part.seen).length;
  setText($("covered"), store.coverage.length ? `${Math.floor((100 * seen) / store.coverage.length)}%` : "");
  const place = $("coverage").scrollTop;
  $("coverage").replaceChildren(...[...scenarios].map(([name, parts]) => {
    const count = parts.filter((part) => part.seen).length;
    return h("section", { class: "covered" },
      h("header", {}, h("h3", {}, name), h("progress", { max: parts.length, value: count, "aria-label": `${name}: seen` }), h("span", { class: "muted mono" }, `${count}/${parts.length}`)),
      h("ul", {}, parts.map((part) => h("li", { class: part.seen ? "seen" : "unseen" },
        h("span", { class: "glyph", "aria-hidden": "true" }, part.seen ? "✓" : "○"),
        h("span", { class: "hidden" }, part.seen ? "seen: " : "not seen: "),
        `${part.run === "provision" ? "" : `${part.run} `}${part.attempt ? `attempt ${part.attempt + 1}: ` : ""}${part.what}`))));
  }));
  $("coverage").classList.toggle("empty", !scenarios.size);
  $("coverage").dataset.empty = "No script is loaded.";
  $("coverage").scrollTop = place;
}

function grouped(parts) {
  const found = new Map();
  for (const part of parts) found.set(part.scenario, [...(found.get(part.scenario) ?? []), part]);
  return found;
}

function drawProblems() {
  const { problems } = store;
  setText($("problem-count"), problems.length ? number(problems.length) : "");
  $("tab-problems").classList.toggle("alarm", problems.some((problem) => problem.severity !== "warning"));
  drawProblemList($("problems"), problems);
  $("problems").classList.toggle("empty", !problems.length);
  $("problems").dataset.empty = "No problems in the scenarios.";
}

store.on("coverage", drawCoverage);
store.on("scenarios", drawProblems);
store.on("seen", () => {
  stale = true;
  loadCoverage();
});
