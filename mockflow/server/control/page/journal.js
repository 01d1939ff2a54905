// The requests of clients and their responses, the newest first.

import { $, h, setText, set } from "./dom.js";
import { KINDS, duration, kindOf, number } from "./format.js";
import { openExchange } from "./exchange.js";
import { store } from "./store.js";
import { VirtualList } from "./virtual.js";

const HEIGHT = 30;
const LONG = /^\/_plugins\/_flow_framework\//;
const panel = $("journal");
const find = $("find");
const answered = $("answered");
const mine = $("mine");
const rows = new VirtualList(panel, { height: HEIGHT, make, fill });
let newest = 0;

function make() {
  const row = {};
  for (const name of ["number", "time", "request", "status", "told", "took"]) row[name] = h("span", { class: name });
  row.element = h("button", { class: "exchange", onclick: () => openExchange(row.exchange.number) }, row.number, row.time, row.status, row.request, row.told, row.took);
  return row;
}

function fill(row, exchange) {
  row.exchange = exchange;
  const kind = kindOf(exchange);
  setText(row.number, String(exchange.number));
  setText(row.time, `+${duration(exchange.elapsed_ms)}`);
  setText(row.request, `${exchange.method} ${exchange.target.replace(LONG, "…/")}`);
  setText(row.status, `${KINDS[kind]} ${exchange.status || "none"}`);
  row.status.className = `status kind-${kind}`;
  const extra = [exchange.fault && `fault ${exchange.fault}`, exchange.stub && `stub ${exchange.stub}`, misses(exchange).length && `${misses(exchange).length} near miss${misses(exchange).length === 1 ? "" : "es"}`];
  extra.push(...(exchange.notes ?? []));
  setText(row.told, [...extra, exchange.told].filter(Boolean).join(" · "));
  row.told.classList.toggle("scripted", extra.some(Boolean));
  setText(row.took, `${exchange.took_ms < 10 ? exchange.took_ms.toFixed(1) : Math.round(exchange.took_ms)} ms`);
  set(row.element, { title: `${exchange.method} ${exchange.target}`, "data-number": exchange.number });
}

const misses = (exchange) => exchange.near_misses ?? [];

function refresh() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = answered.value;
  const chosen = [];
  for (let index = store.exchanges.length - 1; index >= 0; index--) {
    const exchange = store.exchanges[index];
    if (mine.checked && exchange.workflow_id !== store.selected) continue;
    if (kind === "unmatched" ? !misses(exchange).length : kind && kindOf(exchange) !== kind) continue;
    if (words.length) {
      const text = `${exchange.method} ${exchange.target} ${exchange.operation} ${exchange.status} ${exchange.told} ${exchange.fault ?? ""} ${exchange.workflow_id}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
    }
    chosen.push(exchange);
  }
  // New entries above do not move the entries that a reader has scrolled to.
  const come = chosen.findIndex((exchange) => exchange.number <= newest);
  if (panel.scrollTop > 0 && come > 0) panel.scrollTop += come * HEIGHT;
  newest = chosen[0]?.number ?? newest;
  setText($("counted"), number(store.counted));
  panel.classList.toggle("empty", !chosen.length);
  panel.dataset.empty = store.exchanges.length ? "No request matches the filter." : "No requests yet.";
  rows.show(chosen);
}

for (const [element, event] of [[find, "input"], [answered, "change"], [mine, "change"]]) element.addEventListener(event, refresh);
store.on("journal", refresh);
store.on("selected", () => mine.checked && refresh());
