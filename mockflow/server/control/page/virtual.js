// A list that renders its visible rows only: rows of equal height, reused while scrolling.

import { h } from "./dom.js";
import { onNextFrame } from "./store.js";

const SPARE = 3;

export class VirtualList {
  /** `make()` makes an empty row, {element, ...}; `fill(row, item, index)` shows an item in it. */
  constructor(element, { height, make, fill, gap = 0 }) {
    Object.assign(this, { element, height, make, fill, gap });
    this.items = [];
    this.rows = new Map(); // by the item's index
    this.pool = [];
    this.space = h("div", { class: "space" });
    element.append(this.space);
    element.addEventListener("scroll", () => onNextFrame(this.draw), { passive: true });
    new ResizeObserver(() => onNextFrame(this.draw)).observe(element);
  }

  /** Shows these items; visible rows are filled again. */
  show(items) {
    this.items = items;
    this.draw();
  }

  draw = () => {
    const { element, height, items } = this;
    const space = `${items.length * height}px`;
    if (this.space.style.height !== space) this.space.style.height = space;
    const from = Math.max(0, Math.floor(element.scrollTop / height) - SPARE);
    const to = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + SPARE);
    for (const [index, row] of this.rows) {
      if (index < from || index >= to) {
        this.rows.delete(index);
        this.pool.push(row);
        row.element.hidden = true;
      }
    }
    for (let index = from; index < to; index++) {
      let row = this.rows.get(index);
      if (!row) {
        row = this.pool.pop() ?? this.#add();
        row.element.hidden = false;
        row.element.style.transform = `translateY(${index * height}px)`;
        this.rows.set(index, row);
      }
      this.fill(row, items[index], index);
    }
  };

  /** Scrolls an item into view. */
  reveal(index) {
    const { element, height } = this;
    const top = index * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + element.clientHeight) element.scrollTop = top + height - element.clientHeight;
  }

  #add() {
    const row = this.make();
    this.space.append(row.element);
    return row;
  }
}
