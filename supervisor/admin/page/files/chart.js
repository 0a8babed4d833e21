// Line charts over the last minutes, drawn as SVG.

import { h, s, show } from "./dom.js";

const width = 600, height = 150, left = 4, bottom = 16, top = 6;

/** round makes a limit of an axis that is easy to read. */
function round(max) {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 2.5, 5, 10].map(f => f * power).find(f => f >= max * 0.999);
}

/**
 * chart returns a card with draw(). Each series has a name and values(): numbers from old to new, null for none, of
 * the same length. format makes text of a value.
 */
export function chart(title, seconds, series, format) {
  const keys = series.map((one, i) => h("span", { class: "key" }, h("i", { class: "k" + i }), one.name + " ", h("b", {})));
  const drawing = s("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" });
  const scale = h("span", { class: "key" });
  const node = h("section", { class: "card chart" }, h("h2", {}, title, keys, h("span", { class: "grow" }), scale), drawing);
  return {
    node,
    draw() {
      const all = series.map(one => one.values());
      const top_ = round(Math.max(0, ...all.flat().filter(v => v !== null)));
      const x = (i, n) => left + (width - left) * (seconds - n + i) / Math.max(seconds - 1, 1);
      const y = v => height - bottom - (height - bottom - top) * v / top_;
      const lines = [0, 0.5, 1].map(f => s("line", { class: "grid", x1: 0, x2: width, y1: y(f * top_), y2: y(f * top_) }));
      const curves = all.map((values, i) => s("polyline", {
        class: "c" + i,
        points: values.map((v, at) => v === null ? null : `${x(at, values.length).toFixed(1)},${y(v).toFixed(1)}`).filter(p => p).join(" "),
      }));
      show(drawing, ...lines, ...curves);
      scale.textContent = `axis to ${format(top_)}, ${Math.round(seconds / 60)} min`;
      const now = all.map(values => values.at(-1));
      keys.forEach((key, i) => { key.lastChild.textContent = now[i] === null || now[i] === undefined ? "–" : format(now[i]); });
      drawing.setAttribute("aria-label", `${title}: ` + series.map((one, i) => `${one.name} ${keys[i].lastChild.textContent}`).join(", "));
    },
  };
}
