// The entry point: keyboard, notices, and the loop that redraws what changes with the clock.

import { axis } from "./axis.js";
import { $, h, setText, set } from "./dom.js";
import * as clock from "./clock.js";
import * as inspector from "./inspector.js";
import { openExchange } from "./exchange.js";
import "./export.js";
import "./journal.js";
import { followLinks } from "./link.js";
import { openTab } from "./panels.js";
import * as ruler from "./ruler.js";
import "./scenarios.js";
import { backToNow, goTo, nudge, stepMoment } from "./scrub.js";
import { toggleAll } from "./fields.js";
import { store } from "./store.js";
import "./token.js";
import * as workflows from "./workflows.js";
import { zoomBy } from "./zoom.js";

const KEYS = [
  ["↑ ↓ or K J", "previous, next workflow", { ArrowUp: () => workflows.step(-1), ArrowDown: () => workflows.step(1), k: () => workflows.step(-1), j: () => workflows.step(1) }],
  ["← →", "back, forward on its timeline", { ArrowLeft: () => nudge(-1), ArrowRight: () => nudge(1) }],
  ["Shift ← →", "previous, next moment", { "Shift+ArrowLeft": () => stepMoment(-1), "Shift+ArrowRight": () => stepMoment(1) }],
  ["Home End", "its first and last moment", { Home: () => goTo(0), End: () => goTo(-1) }],
  ["Esc", "back to now", { Escape: backToNow }],
  ["Space", "freeze the clock, or let it run", { " ": clock.freeze }],
  ["N", "move the clock to the next keyframe", { n: clock.next }],
  ["/", "filter workflows", { "/": () => $("filter").focus() }],
  ["1 … 5", "journal, coverage, problems, scenarios, faults and stubs", Object.fromEntries([0, 1, 2, 3, 4].map((place) => [place + 1, () => openTab(place)]))],
  ["+ − 0", "zoom the selected timeline: in, out, whole", { "+": () => zoomBy(1), "Shift++": () => zoomBy(1), "-": () => zoomBy(-1), 0: () => zoomBy(0) }],
  ["T", "one time axis for all workflows, or one each", { t: () => axis.toggle() }],
  ["A", "status: plain, or with all=true", { a: () => toggleAll() }],
  ["?", "this list", { "?": () => keys.showModal(), "Shift+?": () => keys.showModal() }],
];
const ACTIONS = Object.assign({}, ...KEYS.map(([, , actions]) => actions));

const keys = $("keys");
keys.append(
  h("header", {}, h("h2", { id: "keys-title" }, "Keyboard shortcuts"), h("button", { class: "quiet", onclick: () => keys.close(), "aria-label": "Close" }, "✕")),
  h("dl", {}, KEYS.map(([names, meaning]) => h("div", {}, h("dt", {}, names), h("dd", {}, meaning)))));
$("help").addEventListener("click", () => keys.showModal());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target;
  if (target.closest("dialog")) return;
  if (target.matches("input, select, textarea")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if ((event.key === " " || event.key === "Enter") && target.matches("button, summary")) return;
  if (event.key.startsWith("Arrow") && target.closest(".journal, .pane, .status, .scroller") && !event.key.match(/Left|Right/)) return;
  const act = ACTIONS[event.shiftKey ? `Shift+${event.key}` : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
for (const dialog of document.querySelectorAll("dialog")) {
  if (dialog.id !== "editor" && dialog.id !== "token") dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

let hiding = 0;
store.on("notice", () => {
  const notice = $("notice");
  setText(notice, store.notice.text);
  notice.classList.toggle("done", !store.notice.isError);
  notice.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (notice.hidden = true), 8000);
});

store.on("online", () => {
  setText($("live"), store.online ? "live" : "reconnecting");
  set($("live"), { "data-online": String(store.online) });
});

// With reduced motion, the time is redrawn twice a second instead of in every frame.
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let last = 0;
function frame(time) {
  requestAnimationFrame(frame);
  const rest = calm.matches ? 500 : 0;
  if (time - last < rest || (store.clock?.mode !== "real" && store.settled)) return;
  last = time;
  clock.tick();
  workflows.tick();
  inspector.tick();
  ruler.tick();
  store.settled = true; // while the clock stands still, nothing changes until the next event
}
store.on("clock workflows scrub selected", () => (store.settled = false));
requestAnimationFrame(frame);
followLinks(openExchange);
store.connect();
