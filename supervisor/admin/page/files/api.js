// The HTTP API, with the token of whoever is logged in.

const place = "skein-token";

export const session = {
  get token() { return sessionStorage.getItem(place) ?? ""; },
  set token(value) { value ? sessionStorage.setItem(place, value) : sessionStorage.removeItem(place); },
  info: null,
};

/** Refused is an answer of the API that is no success. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function headers(extra) {
  return session.token ? { ...extra, Authorization: "Bearer " + session.token } : extra;
}

async function refuse(response) {
  let error;
  try { error = (await response.json()).error; } catch { /* not an answer of the API */ }
  return new Refused(response.status, error?.code ?? "", error?.message ?? `the server answered ${response.status}`);
}

/** call asks the API; a body makes it JSON. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch("api/v1" + path, {
      method, cache: "no-store",
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, "unreachable", "The server does not answer.");
  }
  if (!response.ok) {
    const error = await refuse(response);
    if (error.status === 401) window.dispatchEvent(new CustomEvent("logged-out", { detail: error.message }));
    throw error;
  }
  return response.json();
}

export const get = path => call("GET", path);

/** query makes the query part of a path, without what is empty. */
export function query(values) {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "" && value !== undefined && value !== null) q.set(name, value);
  const text = q.toString();
  return text ? "?" + text : "";
}

export const part = encodeURIComponent;

const ranks = { read: 0, operate: 1, admin: 2 };

/** may tells whether whoever is logged in has a scope. */
export function may(scope) { return ranks[session.info?.you.scope] >= ranks[scope]; }

/** stream calls tell for each server-sent event until the signal aborts it; it resolves when the stream has ended. */
export async function stream(tell, signal) {
  const response = await fetch("api/v1/events", { headers: headers({ Accept: "text/event-stream" }), signal, cache: "no-store" });
  if (!response.ok) throw await refuse(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      let type = "message";
      const data = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) type = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      if (data.length) tell(type, JSON.parse(data.join("\n")));
    }
  }
}
