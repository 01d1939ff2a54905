// The forms that add a fault or a stub at run time.

import { get, post } from "./api.js";
import { $, h, setText } from "./dom.js";
import { refreshNow } from "./effects.js";
import { store } from "./store.js";

const WHEN = {
  always: null, call: "1", calls: "2..4", every: "3", during: "1s..2s", state: "PROVISIONING", probability: "0.1",
};
const WHOLE = new Set(["call", "every"]);

const field = (label, element) => h("label", {}, h("span", {}, label), element);
const choice = (names, onchange) => h("select", { onchange }, names.map((name) => h("option", { value: name }, name)));

// -- faults ------------------------------------------------------------------------------------------

const on = h("input", { value: "get_status", list: "operations", spellcheck: "false", autocomplete: "off" });
const about = h("select", {}, h("option", { value: "" }, "every request"), h("option", { value: "one" }, "the selected workflow"));
const when = choice(Object.keys(WHEN), shape);
const whenValue = h("input", { spellcheck: "false", autocomplete: "off", "aria-label": "Its value" });
const does = choice(["preset", "status", "delay", "connection"], shape);
const preset = h("select", { "aria-label": "Preset" });
const connection = h("select", { "aria-label": "How the connection breaks" });
const doesValue = h("input", { spellcheck: "false", autocomplete: "off", "aria-label": "Its value" });
const body = h("input", { placeholder: "body: JSON or text", spellcheck: "false", autocomplete: "off", "aria-label": "Body" });
const faultWrong = h("p", { class: "wrong", role: "alert" });
$("add-fault").append(
  field("On", on), field("For", about), h("div", { class: "pair" }, field("When", when), whenValue),
  h("div", { class: "pair" }, field("Does", does), preset, connection, doesValue, body),
  h("button", { class: "primary" }, "Add fault"), faultWrong, h("datalist", { id: "operations" }));

function shape() {
  whenValue.hidden = when.value === "always";
  whenValue.value = WHEN[when.value] ?? "";
  preset.hidden = does.value !== "preset";
  connection.hidden = does.value !== "connection";
  doesValue.hidden = !["status", "delay"].includes(does.value);
  doesValue.value = { status: "503", delay: "2s" }[does.value] ?? "";
  body.hidden = does.value !== "status";
}

function fault() {
  const made = { on: on.value.includes(",") ? on.value.split(",").map((word) => word.trim()) : on.value.trim() };
  if (about.value) made.workflow_id = store.selected;
  const value = whenValue.value.trim();
  if (when.value === "state") made.while = { state: value };
  else if (when.value === "probability" || WHOLE.has(when.value)) made[when.value] = numeric(value);
  else if (when.value !== "always") made[when.value] = value;
  if (does.value === "preset") made.respond = preset.value;
  else if (does.value === "status") made.respond = { status: numeric(doesValue.value), ...(body.value ? { body: parsed(body.value) } : {}) };
  else if (does.value === "delay") made.delay = doesValue.value.trim();
  else made.connection = connection.value;
  return made;
}

// -- stubs -------------------------------------------------------------------------------------------

const request = h("input", { value: "GET /_plugins/_ml/models/{id}", spellcheck: "false", autocomplete: "off", class: "wide" });
const status = h("input", { value: "200", class: "narrow", inputmode: "numeric" });
const answer = h("textarea", { rows: "3", spellcheck: "false", class: "mono" }, '{"model_state": "DEPLOYED"}');
const stubWrong = h("p", { class: "wrong", role: "alert" });
$("add-stub").append(
  field("Request", request), field("Status", status), field("Body", answer), h("button", { class: "primary" }, "Add stub"), stubWrong);

const stub = () => ({ request: request.value.trim(), respond: { status: numeric(status.value), ...(answer.value ? { body: parsed(answer.value) } : {}) } });

// -- both --------------------------------------------------------------------------------------------

/** A number as such; anything else as it is, so that the server says what is wrong with it. */
const numeric = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

/** JSON as such, anything else as text. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function add(event, path, content, wrong) {
  event.preventDefault();
  try {
    await post(path, content);
    setText(wrong, "");
  } catch (error) {
    return setText(wrong, error.message);
  }
  refreshNow();
  store.notify("effects");
}

$("add-fault").addEventListener("submit", (event) => add(event, "/faults", fault(), faultWrong));
$("add-stub").addEventListener("submit", (event) => add(event, "/stubs", stub(), stubWrong));
shape();

let known = null;

/** Loads the names of operations, presets and breaks, once. */
export async function loadNames() {
  if (known) return;
  known = true;
  try {
    const { schemas } = (await get("/openapi.json")).components;
    const options = (names) => names.map((name) => h("option", { value: name }, name));
    $("operations").append(...options(namesIn(schemas.NewFault.properties.on)));
    preset.append(...options(namesIn(schemas.Respond)));
    connection.append(...options(namesIn(schemas.NewFault.properties.connection)));
    preset.value = "too_many_requests";
  } catch (error) {
    known = null;
    store.showError(error);
  }
}

/** The first enumeration in a schema. */
function namesIn(schema) {
  if (schema?.enum) return schema.enum;
  for (const part of Object.values(schema ?? {})) {
    const found = typeof part === "object" && part !== null ? namesIn(part) : null;
    if (found) return found;
  }
  return null;
}
