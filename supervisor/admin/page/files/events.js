import { part } from "./api.js";
import { clock, cut, h, number, show } from "./dom.js";
import { listen, live } from "./live.js";

const tones = { connect: "good", disconnect: "soft", slow_consumer: "warn", failure: "bad", ban: "warn", change: null };

function what(e) {
  switch (e.type) {
    case "connect": case "disconnect": case "slow_consumer": {
      const who = h("a", { href: `#/clients/${part(e.id)}` }, e.username || e.address || e.id);
      if (e.type === "connect") return [who, " from ", e.address];
      return [who, " ", [e.code, e.reason, e.cause].filter(v => v).join(", ")];
    }
    case "failure": return [e.actor, " ", e.name, ": ", e.what];
  }
  return [e.who, ": ", e.action, " ", e.target];
}

export function events(main) {
  const body = h("tbody", {});
  let paused = false;
  const pause = h("button", { type: "button", class: "quiet", onclick: () => { paused = !paused; pause.textContent = paused ? "Go on" : "Pause"; if (!paused) draw(); } }, "Pause");
  const note = h("span", { class: "soft" });
  const wanted = Object.keys(tones).map(type => h("label", { class: "check" }, h("input", { type: "checkbox", value: type, checked: true, onchange: draw }), type.replace("_", " ")));
  show(main, h("h1", {}, "Events"), h("div", { class: "bar" }, wanted, h("span", { class: "grow" }), note, pause), h("div", { class: "scroll log" }, h("table", {}, body)));
  let due = null;
  function draw() {
    due = null;
    const types = new Set(wanted.map(w => w.firstChild).filter(i => i.checked).map(i => i.value));
    const rows = live.events.filter(e => types.has(e.type)).slice(-200).reverse();
    show(body, rows.length ? rows.map(e => h("tr", {}, h("td", { class: "t soft" }, clock(e.time)), h("td", {}, h("span", { class: "tag " + (tones[e.type] ?? "") }, e.type.replace("_", " "))),
      h("td", { class: "w" }, what(e).map(p => typeof p === "string" ? cut(p, 160) : p)))) : h("tr", {}, h("td", { class: "empty" }, "Nothing has happened since this page was opened.")));
  }
  draw();
  const end = listen((type, data) => {
    if (type === "counters") note.textContent = data.events_suppressed ? `${number(data.events_suppressed)} more in the last second` : "";
    else if (!paused && due === null && !body.contains(document.activeElement)) due = setTimeout(draw, 500);
  });
  return () => { end(); clearTimeout(due); };
}
