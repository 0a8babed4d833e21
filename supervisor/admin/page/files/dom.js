// Small helpers around the DOM. Everything that comes from the server becomes text, never markup.

/** h makes an element. Properties that start with "on" are listeners; null and undefined are left out. */
export function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false));
  return node;
}

const svgSpace = "http://www.w3.org/2000/svg";

/** s makes an element of SVG. */
export function s(tag, properties, ...children) {
  const node = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(properties ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** show replaces what a node contains. */
export function show(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false));
  return node;
}

/** toast tells something for a few seconds. */
export function toast(text, bad = false) {
  const node = h("div", { class: bad ? "toast bad" : "toast" }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), bad ? 8000 : 4000);
}

/** dialog asks with a form; ok gets its fields and may throw to keep it open. It resolves to whether ok was done. */
export function dialog(title, fields, action, ok, danger = false) {
  return new Promise(resolve => {
    let done = false;
    const problem = h("p", { class: "bad", role: "alert", hidden: true });
    const submit = h("button", { type: "submit", class: danger ? "danger" : null }, action);
    const form = h("form", { class: "stack", onsubmit: async e => {
      e.preventDefault();
      submit.disabled = true;
      try {
        await ok(Object.fromEntries(new FormData(form)));
        done = true;
        box.close();
      } catch (err) {
        problem.hidden = false;
        problem.textContent = err.message;
      }
      submit.disabled = false;
    } }, fields, problem, h("div", { class: "row" },
      h("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Cancel"), submit));
    const box = h("dialog", { "aria-label": title, onclose: () => { box.remove(); resolve(done); } }, h("h1", {}, title), form);
    document.body.append(box);
    box.showModal();
  });
}

/** field is a labelled input. */
export function field(label, input, hint) {
  return h("label", {}, label, input, hint ? h("small", {}, hint) : null);
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(n) {
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

export function number(n) {
  if (n === undefined || n === null) return "";
  if (Math.abs(n) >= 1e9) return (n / 1e9).toFixed(2) + " G";
  if (Math.abs(n) >= 1e6) return (n / 1e6).toFixed(2) + " M";
  if (Math.abs(n) < 100 && !Number.isInteger(n)) return n.toFixed(n < 10 ? 2 : 1);
  return Math.round(n).toLocaleString("en");
}

/** count is a number of things. */
export function count(n, one, many = one + "s") { return `${number(n)} ${n === 1 ? one : many}`; }

export function seconds(n) {
  if (n < 1e-3) return `${(n * 1e6).toFixed(0)} µs`;
  if (n < 1) return `${(n * 1e3).toFixed(n < 0.01 ? 2 : 1)} ms`;
  return `${n.toFixed(2)} s`;
}

/** span is how long something has lasted, in words. */
export function span(total) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  total = Math.max(0, Math.floor(total));
  for (let i = 0; i < parts.length; i++) {
    const [size, name] = parts[i];
    if (total < size && i < parts.length - 1) continue;
    const next = parts[i + 1];
    const rest = next ? Math.floor(total % size / next[0]) : 0;
    return `${Math.floor(total / size)} ${name}` + (rest ? ` ${rest} ${next[1]}` : "");
  }
}

export function ago(time) { return span((Date.now() - Date.parse(time)) / 1000); }

export function clock(time) { return new Date(time).toLocaleTimeString([], { hour12: false }); }

export function moment(time) {
  const d = new Date(time);
  return d.toLocaleDateString() + " " + d.toLocaleTimeString([], { hour12: false });
}

/** cut shortens a text for a table; the whole of it stays in the title. */
export function cut(text, length = 80) {
  text = String(text);
  return text.length <= length ? text : h("span", { title: text.slice(0, 4000) }, text.slice(0, length) + "…");
}
