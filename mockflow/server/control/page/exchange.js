// The details of one request and its response, and the request as a command.

import { get } from "./api.js";
import { curlOf } from "./curl.js";
import { $, h, json, setText } from "./dom.js";
import { KINDS, duration, kindOf } from "./format.js";
import { linkOf, noteRequest } from "./link.js";
import { store } from "./store.js";

const dialog = $("exchange");

/** Opens the details of a request by its number. */
export async function openExchange(number) {
  let whole;
  try {
    whole = await get(`/journal/${number}`);
  } catch (error) {
    return store.showError(error);
  }
  const kind = kindOf(whole);
  const nears = whole.near_misses ?? [];
  const part = (name, value) => (value == null || (typeof value === "object" && !Object.keys(value).length) ? null
    : h("details", { open: name !== "Headers" }, h("summary", {}, name), typeof value === "string" ? h("pre", { class: "json", tabindex: "0" }, value) : json(value)));
  const { command, note } = curlOf(whole, location.origin);
  const said = h("span", { class: "muted", role: "status" });
  const text = h("pre", { class: "json command", tabindex: "0" }, command);
  dialog.replaceChildren(
    h("header", {}, h("h2", { id: "exchange-title", class: "mono" }, `#${whole.number} ${whole.method} ${whole.target}`),
      h("button", { class: "quiet", onclick: () => dialog.close(), "aria-label": "Close" }, "✕")),
    h("p", { class: "muted" },
      h("b", { class: `kind-${kind}` }, `${KINDS[kind]} ${whole.status || "no response"}`),
      ` · ${whole.operation ?? "no operation"} · +${duration(whole.elapsed_ms)} · took ${whole.took_ms} ms · ${whole.mode}`,
      whole.fault ? ` · fault ${whole.fault}` : "", whole.stub ? ` · stub ${whole.stub}` : ""),
    h("p", { class: "actions" },
      h("button", { onclick: () => copy(command, text, said) }, "Copy as curl"),
      h("button", { onclick: () => copy(location.href.split("#")[0] + linkOf(whole.workflow_id ?? store.selected, null, whole.number), null, said) }, "Copy link"), said),
    ...(whole.notes ?? []).map((note) => h("p", {}, h("b", {}, "Note: "), note)),
    ...[part("Near misses", nears.length ? nears : null), part("Response", whole.response),
      part("Request body", whole.request.body), part("Headers", whole.request.headers),
      h("details", { class: "curl" }, h("summary", {}, "curl"), text, note ? h("p", { class: "muted" }, note) : null)].filter(Boolean));
  if (!dialog.open) dialog.showModal();
  noteRequest(number);
}

dialog.addEventListener("close", () => noteRequest(null));

/** Copies a text. Where the page may not, the element that shows it is selected instead. */
async function copy(text, element, said) {
  try {
    await navigator.clipboard.writeText(text);
    setText(said, "copied");
  } catch {
    if (!element) return setText(said, text);
    element.closest("details").open = true;
    getSelection().selectAllChildren(element);
    setText(said, "selected: copy it with the keyboard");
  }
}
