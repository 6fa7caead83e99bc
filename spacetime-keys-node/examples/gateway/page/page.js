// What a page does with the gateway: the documents once, then what happens to them, for as long as one may see them.

const element = (id) => document.getElementById(id);

/** What the gateway's codes mean to somebody who reads them. */
const MESSAGES = {
  wrong_user_or_password: "No such user, or another password.",
  no_session: "Please log in again.",
  tenant_needed: "You have several tenants: which one?",
  not_a_member: "You may no longer see these documents.",
  not_permitted: "You may read here, and not write.",
};

let tenant = null;
let events = null;
/** By id, as the gateway sends them. */
let documents = new Map();

function show(state, message = "") {
  element("state").value = state;
  element("state").dataset.is = state;
  element("message").textContent = message;
}

function draw() {
  // Text, never HTML: others have written it.
  const lines = [...documents.values()].reverse().map(({ title, version, changed_at: at }) => {
    const [line, note] = [document.createElement("li"), document.createElement("small")];
    note.textContent = `version ${version}, ${new Date(at).toLocaleTimeString()}`;
    line.append(title, note);
    return line;
  });
  element("documents").replaceChildren(...lines);
}

function replace(all) {
  documents = new Map(all.map((one) => [one.id, one]));
  draw();
}

/** What a request came to: `status` 0 without an answer, and `code` where it was refused. */
async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  const post = { method: "POST", headers, body: JSON.stringify(body) };
  try {
    const response = await fetch(path, body && post);
    const json = response.status === 204 ? {} : await response.json();
    return { status: response.status, json, code: json.error };
  } catch {
    return { status: 0 };
  }
}

/** Begins again: with a snapshot, and what has happened since. */
async function watch() {
  const query = new URLSearchParams(tenant && { tenant });
  const { status, json, code } = await ask(`/api/documents?${query}`);
  if (status === 0 || status >= 500) return later();
  if (status !== 200) return leave(MESSAGES[code] ?? code);
  replace(json.documents);
  element("login").hidden = true;
  element("watching").hidden = false;
  query.set("after", json.id);
  listen(`/api/events?${query}`);
}

/** Each page after a time of its own: they may have lost the same gateway. */
function later() {
  show("away");
  setTimeout(watch, 1000 + 4000 * Math.random());
}

function listen(url) {
  events = new EventSource(url);
  const on = (name, body) => {
    events.addEventListener(name, (event) => body(JSON.parse(event.data).payload));
  };
  on("snapshot", (payload) => replace(payload.documents));
  on("document.written", (written) => {
    documents.set(written.id, written);
    draw();
  });
  on("document.deleted", ({ id }) => {
    documents.delete(id);
    draw();
  });
  on("revoked", () => leave(MESSAGES.not_a_member));
  on("expired", () => leave(MESSAGES.no_session));
  events.onopen = () => show("live");
  events.onerror = () => {
    // The browser comes back by itself, with the id of the last event, unless it was refused.
    if (events.readyState === EventSource.CONNECTING) return show("away");
    events.close();
    watch();
  };
}

/** Nothing stays on the screen that may no longer be seen. */
function leave(message) {
  events?.close();
  replace([]);
  element("watching").hidden = true;
  element("login").hidden = false;
  show("", message);
}

function onSubmit(form, body) {
  element(form).addEventListener("submit", (event) => {
    event.preventDefault();
    body(event.target, Object.fromEntries(new FormData(event.target)));
  });
}

onSubmit("login", async (form, { user, password, tenant: wanted }) => {
  const { status, code } = await ask("/login", { user, password });
  if (status !== 204) return show("", MESSAGES[code] ?? "It does not answer.");
  tenant = wanted || null;
  form.reset();
  await watch();
});

// What was written comes by the stream, like what others write.
onSubmit("write", async (form, { title }) => {
  const { status, code } = await ask("/api/documents", { tenant, title, body: "" });
  if (status === 204) form.reset();
  element("message").textContent =
    status === 204 ? "" : (MESSAGES[code] ?? "It could not be written.");
});
