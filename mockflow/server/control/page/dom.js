// Creates elements without markup, so that data of clients and scenarios is text only.

export const $ = (id) => document.getElementById(id);

/** h("p", {class: "big", onclick: f}, "text", child): a new element. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  set(element, properties);
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** Sets attributes, listeners (on...), data and, in `style`, positions. */
export function set(element, properties) {
  for (const [key, value] of Object.entries(properties)) {
    if (value == null || value === false) element.removeAttribute(key);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(element.style, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
}

/** Sets the text of an element, if it differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const PARTS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A value as highlighted JSON in lines; lines that `before` does not have are marked. */
export function json(value, before) {
  const known = before === undefined ? null : new Map(); // the number of times that each line occurs
  for (const line of known ? JSON.stringify(before, null, 2).split("\n").map(bare) : []) known.set(line, (known.get(line) ?? 0) + 1);
  const code = h("code");
  for (const line of (JSON.stringify(value, null, 2) ?? "").split("\n")) {
    const left = known?.get(bare(line)) ?? 0;
    known?.set(bare(line), left - 1);
    const isNew = known && left <= 0 && /[^\s[\]{},]/.test(line);
    const row = h("span", { class: isNew ? "line new" : "line" });
    let end = 0;
    for (const match of line.matchAll(PARTS)) {
      row.append(line.slice(end, match.index));
      const kind = match[2] ? "key" : match[1] ? "string" : "literal";
      row.append(h("span", { class: kind }, match[1] ?? match[0]), match[2] ?? "");
      end = match.index + match[0].length;
    }
    row.append(line.slice(end), "\n");
    code.append(row);
  }
  return h("pre", { class: "json" }, code);
}

const bare = (line) => line.trim().replace(/,$/, "");
