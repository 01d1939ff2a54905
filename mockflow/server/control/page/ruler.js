// The controls of the shared axis: its button, zoom, and the ruler above the list.

import { axis } from "./axis.js";
import { $, h, set } from "./dom.js";
import { store } from "./store.js";

const PX = 84; // of a label
const PAN = 0.2;
const ruler = $("axis-ruler");
const inner = h("div", { class: "marks-of-axis" });
ruler.append(h("span", { class: "muted" }, "virtual time"), inner, h("span"));

function refresh() {
  set($("axis"), { "aria-pressed": String(axis.shared) });
  $("zoom").hidden = !axis.shared;
  ruler.hidden = !axis.shared;
  if (!axis.shared) return;
  const width = inner.clientWidth;
  inner.replaceChildren(...axis.marks(width / PX).map(({ part, text }) => h("span", { style: { left: `${part * 100}%` } }, text)));
  set(inner, { "data-from": Math.round(axis.from), "data-to": Math.round(axis.to) });
}

$("axis").addEventListener("click", () => axis.toggle());
$("zoom-in").addEventListener("click", () => axis.zoom(true));
$("zoom-out").addEventListener("click", () => axis.zoom(false));
$("zoom-fit").addEventListener("click", () => axis.fitAgain());
$("earlier").addEventListener("click", () => axis.pan(-PAN));
$("later").addEventListener("click", () => axis.pan(PAN));

$("list").addEventListener("wheel", (event) => {
  if (!axis.shared) return;
  const track = event.target.closest(".track");
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (event.ctrlKey && track) {
    const box = track.getBoundingClientRect();
    axis.zoom(event.deltaY < 0, Math.min(1, Math.max(0, (event.clientX - box.left) / box.width / axis.scale)));
  } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    axis.pan(sideways / 1000);
  } else return;
  event.preventDefault();
}, { passive: false });

/** Called in every frame while time passes. */
export const tick = () => axis.fit();

new ResizeObserver(() => store.notify("axis")).observe($("list"));
store.on("axis", refresh);
