// Line charts over the last minutes, drawn as SVG.

import { h, s, show } from "./dom.js";

const width = 600, height = 150, edge = 3;
const shortest = 60, longest = 300; // seconds

/** decimal makes a limit of an axis that is easy to read. */
export function decimal(max) {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 2.5, 5, 10].map(f => f * power).find(f => f >= max * 0.999);
}

/** binary is decimal for bytes. */
export function binary(max) {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(max, 1)) / 10));
  return decimal(max / unit) * unit;
}

/**
 * chart returns a card with draw(). Each series has a name and values(): one number a second from old to new, null for
 * none, of the same length. format makes text of a value, round a limit for the axis.
 */
export function chart(title, series, format, round = decimal) {
  const keys = series.map((one, i) => h("span", { class: "key" }, h("i", { class: "k" + i }), one.name + " ", h("b", {})));
  const drawing = s("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" });
  const limit = h("span", { class: "limit" }), from = h("span", {});
  const node = h("section", { class: "card chart" }, h("h2", {}, title, keys),
    h("div", { class: "plot" }, limit, drawing), h("div", { class: "axis" }, from, h("span", {}, "now")));
  return {
    node,
    draw() {
      const all = series.map(one => one.values());
      const seconds = Math.min(Math.max(shortest, all[0].length), longest);
      const highest = round(Math.max(0, ...all.flat().filter(v => v !== null)));
      const x = (i, n) => width * (seconds - n + i) / (seconds - 1);
      const y = v => height - edge - (height - 2 * edge) * v / highest;
      const lines = [0, 0.5, 1].map(f => s("line", { class: "grid", x1: 0, x2: width, y1: y(f * highest), y2: y(f * highest) }));
      const curves = all.map((values, i) => s("polyline", {
        class: "c" + i,
        points: values.map((v, at) => v === null ? null : `${x(at, values.length).toFixed(1)},${y(v).toFixed(1)}`).filter(p => p).join(" "),
      }));
      show(drawing, ...lines, ...curves);
      limit.textContent = format(highest);
      from.textContent = seconds % 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s ago` : `${seconds / 60} min ago`;
      const now = all.map(values => values.at(-1));
      keys.forEach((key, i) => { key.lastChild.textContent = now[i] === null || now[i] === undefined ? "–" : format(now[i]); });
      drawing.setAttribute("aria-label", `${title}: ` + series.map((one, i) => `${one.name} ${keys[i].lastChild.textContent}`).join(", "));
    },
  };
}
