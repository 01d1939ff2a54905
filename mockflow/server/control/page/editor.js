// The editor of one scenario: its text, its problems while one types, and where it goes.

import { get, post, put } from "./api.js";
import { $, h, set, setText } from "./dom.js";
import { drawProblemList } from "./problems.js";
import { store } from "./store.js";

const CHECK_MS = 300; // after the last key
const EXAMPLE = `scenario: my-scenario
workflow_id: my-workflow
provision:
  timeline:
    - at: 0s
      state: NOT_STARTED
    - at: 2s
      state: PROVISIONING
    - at: 6s
      state: COMPLETED
`;

const dialog = $("editor");
const title = h("h2", { id: "editor-title" });
const about = h("p", { class: "muted" });
const gutter = h("pre", { class: "gutter mono", "aria-hidden": "true" });
const area = h("textarea", { class: "mono", id: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-label": "The scenario in YAML", "aria-describedby": "editor-problems", oninput: changed, onscroll: () => (gutter.scrollTop = area.scrollTop) });
const problems = h("div", { id: "editor-problems", class: "problems", tabindex: "0", role: "region", "aria-label": "Problems" });
const verdict = h("p", { class: "verdict", role: "status" });
const file = h("input", { type: "file", accept: ".yaml,.yml,.json", "aria-label": "Take the text of a file", onchange: () => file.files[0] && take(file.files[0]) });
const load = h("button", { class: "primary", onclick: () => send(false) });
const save = h("button", { onclick: () => send(true) });
const close = h("button", { class: "quiet", "aria-label": "Close", onclick: leave }, "✕");
dialog.append(
  h("header", {}, title, close), about,
  h("div", { class: "text" }, gutter, area),
  verdict, problems,
  h("p", { class: "actions" }, load, save, h("label", { class: "file" }, "From a file ", file)));

let scenario = null; // as the server gave it; null for a new one
let firstLine = 1;
let original = "";
let timer = 0;
let asked = 0; // the number of the last check
let asksToLeave = false;

/** Opens a loaded scenario by its name, or a new one. */
export async function openEditor(name = null) {
  let text = EXAMPLE;
  scenario = null;
  if (name !== null) {
    try {
      scenario = await get(`/scenarios/${encodeURIComponent(name)}`);
    } catch (error) {
      return store.showError(error);
    }
    text = scenario.text;
  }
  firstLine = scenario?.line ?? 1;
  setText(title, scenario ? `Scenario ${scenario.scenario}` : "New scenario");
  setText(load, scenario ? "Replace in the running cluster" : "Load");
  setText(save, scenario?.file ? `Save to ${scenario.file.split("/").at(-1)}` : "Save");
  set(save, { title: scenario?.read_only ?? `Writes ${scenario?.file}, and running workflows go on by it`, hidden: !scenario?.file });
  describe();
  fill(text);
  if (!dialog.open) dialog.showModal();
  area.focus();
  area.setSelectionRange(0, 0);
}

function describe() {
  const parts = [];
  if (scenario?.file) parts.push(scenario.read_only ? `From ${scenario.file}. ${scenario.read_only[0].toUpperCase()}${scenario.read_only.slice(1)}.` : `From ${scenario.file}.`);
  if (scenario?.is_made) parts.push("It was loaded without a text; this one is made from it.");
  if (!scenario?.file) parts.push("It is loaded into the running cluster, and is gone after a reset. No file is written.");
  setText(about, parts.join(" "));
}

function fill(text) {
  area.value = text;
  original = area.value; // with the line ends that browsers use
  asksToLeave = false;
  file.value = "";
  number();
  check();
}

function changed() {
  asksToLeave = false;
  number();
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_MS);
  setText(verdict, "checking");
}

const isChanged = () => area.value !== original;

function number(wrong = new Set()) {
  const count = area.value.split("\n").length;
  gutter.replaceChildren(...Array.from({ length: count }, (_, index) =>
    h("span", wrong.has(index + 1) ? { class: "wrong" } : {}, `${index + firstLine}\n`)));
  gutter.scrollTop = area.scrollTop;
}

async function check() {
  clearTimeout(timer);
  const mine = ++asked;
  try {
    const query = new URLSearchParams({ source: scenario?.file ?? "text", ...(scenario?.file ? { scenario: scenario.scenario } : {}) });
    const answer = await post(`/check?${query}`, area.value);
    if (mine === asked) show(answer.problems);
  } catch (error) {
    if (mine === asked) setText(verdict, error.message);
  }
}

function show(found, message = "") {
  const errors = found.filter((problem) => problem.severity !== "warning").length;
  setText(verdict, message || (errors ? `✕ ${errors} error${errors > 1 ? "s" : ""}` : found.length ? "▲ no errors; read the warnings" : "✓ no problems"));
  verdict.classList.toggle("wrong", errors > 0 || !!message);
  set(area, { "aria-invalid": String(errors > 0) });
  load.disabled = errors > 0;
  save.disabled = errors > 0 || !!scenario?.read_only;
  number(new Set(found.map((problem) => problem.line)));
  drawProblemList(problems, found.map((problem) => ({ ...problem, line: problem.line && problem.line + firstLine - 1 })), goTo);
}

/** Puts the cursor at the place of a problem. */
function goTo(problem) {
  const lines = area.value.split("\n");
  const line = Math.min(lines.length, Math.max(1, problem.line - firstLine + 1));
  const at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + Math.max(0, problem.column - 1);
  area.focus();
  area.setSelectionRange(at, at);
  area.scrollTop = Math.max(0, (line - 4) * (area.scrollHeight / lines.length));
}

async function send(writes) {
  clearTimeout(timer);
  asked++; // a check on its way would hide the answer
  const text = area.value;
  const query = new URLSearchParams({ source: scenario?.file ?? "page" });
  if (scenario?.version) query.set("version", scenario.version);
  if (writes) query.set("write", "true");
  try {
    const path = scenario ? `/scenarios/${encodeURIComponent(scenario.scenario)}?${query}` : `/scenarios?${query}`;
    const answer = await put(path, text);
    original = text;
    store.say(writes ? `Saved to ${scenario.file}` : `Loaded: ${answer.loaded.map((one) => one.scenario).join(", ")}`);
    const brought = answer.loaded.filter((one) => one.workflow_id);
    if (brought.length && !brought.some((one) => one.workflow_id === store.selected)) store.wanted = { id: brought[0].workflow_id, scrub: null };
    dialog.close();
  } catch (error) {
    show(error.problems.filter((problem) => problem.severity), error.message);
  }
}

async function take(source) {
  setText(verdict, "");
  area.value = await source.text();
  changed();
  area.focus();
}

/** Closes it; if the text was changed, only when asked twice. */
function leave() {
  if (!isChanged() || asksToLeave) return dialog.close();
  asksToLeave = true;
  setText(verdict, "The text is changed and not loaded. Close once more to discard it.");
  verdict.classList.add("wrong");
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leave();
});
dialog.addEventListener("click", (event) => event.target === dialog && leave());
dialog.addEventListener("dragover", (event) => event.preventDefault());
dialog.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});
$("new-scenario").addEventListener("click", () => openEditor());
