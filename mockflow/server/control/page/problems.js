// Problems of scenarios, as `mockflow check` tells them: their place, what is wrong, and what would be right.

import { h } from "./dom.js";

/** Draws problems into an element. With `open(problem)` their places are buttons. */
export function drawProblemList(element, problems, open) {
  element.replaceChildren(...problems.map((problem) => {
    const place = [problem.file, problem.line, problem.column].filter(Boolean).join(":");
    return h("article", { class: `problem ${problem.severity ?? "error"}` },
      h("p", {}, h("b", {}, problem.severity === "warning" ? "▲ warning" : "✕ error"), " ",
        open && problem.line ? h("button", { class: "place mono", onclick: () => open(problem), title: "Go to this place" }, place) : h("span", { class: "mono" }, place)),
      h("p", {}, problem.message), problem.hint ? h("p", { class: "muted" }, problem.hint) : null);
  }));
}
