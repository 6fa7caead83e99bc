// A smoke test of a gateway that runs, without a browser: `node smoke.mjs [URL]`, with DEMO_PASSWORD set, and
// API_KEY if it is to write by a key, too. It says what it saw, and ends with 1 where that was not right.

import { deriveIdentity } from "spacetime-keys";

import { readEvents } from "./events.mjs";

const url = (process.argv[2] ?? process.env.ISSUER_URL ?? "http://localhost:3000").replace(
  /\/$/,
  "",
);
/** Milliseconds that anything may take. */
const DEADLINE = 15_000;

function check(isSo, what) {
  if (!isSo) throw new Error(`not so: ${what}`);
  console.log(`ok: ${what}`);
}

async function ask(path, { method = "GET", body, ...headers } = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body && { "content-type": "application/json" }), ...headers },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(DEADLINE),
  });
  const text = await response.text();
  return { response, status: response.status, json: text ? JSON.parse(text) : null };
}

async function logIn(user) {
  const body = { user, password: process.env.DEMO_PASSWORD };
  const { status, response } = await ask("/login", { method: "POST", body });
  check(status === 204, `${user} logs in`);
  return { cookie: response.headers.get("set-cookie").split(";", 1)[0] };
}

/** A stream that is waited for as long as anything is. */
function open(session, { after, ...headers } = {}) {
  const gone = new AbortController();
  const { signal } = gone;
  const timer = setTimeout(() => gone.abort(), DEADLINE);
  const query = after ? `?after=${after}` : "";
  const events = readEvents(`${url}/api/events${query}`, { ...session, ...headers }, signal);
  return {
    /** The next event that is not about somebody else's writes meanwhile. */
    async next(isWanted = () => true) {
      for (;;) {
        const { done, value } = await events.next();
        if (done || isWanted(value)) return value;
      }
    },
    close() {
      clearTimeout(timer);
      gone.abort();
    },
  };
}

/** Writes a document whose title nobody else has, and gives the title. */
async function write(session, what) {
  const title = `smoke ${what} ${crypto.randomUUID()}`;
  const body = { title, body: "" };
  const { status } = await ask("/api/documents", { method: "POST", body, ...session });
  check(status === 204, `${what} writes a document`);
  return title;
}

const isOf =
  (...titles) =>
  ({ payload }) =>
    titles.includes(payload?.title);

async function smoke() {
  const alice = await logIn("alice");
  const { json: snapshot } = await ask("/api/documents", alice);
  check(snapshot.tenant_id === "acme", "alice sees the tenant that she is in");

  let stream = open(alice, { after: snapshot.id });
  const first = await write(alice, "alice");
  const event = await stream.next(isOf(first));
  check(event.event === "document.written", "what she wrote comes by the stream");
  const identity = deriveIdentity(url, "u_1");
  check(event.payload.changed_by === identity, "the database knows that it was she");
  stream.close();

  const missed = [await write(alice, "alice, unseen,"), await write(alice, "alice, unseen,")];
  stream = open(alice, { "last-event-id": event.id });
  const titles = [await stream.next(isOf(...missed)), await stream.next(isOf(...missed))];
  check(
    titles.every(({ payload }, at) => payload.title === missed[at]),
    "a stream that comes back brings what was missed, in its order",
  );
  stream.close();

  stream = open(alice, { "last-event-id": "000000000000-1" });
  const anew = await stream.next();
  const all = anew.payload.documents.map(({ title }) => title);
  check(anew.event === "snapshot", "an id that is too old brings a snapshot");
  check(
    [first, ...missed].every((title) => all.includes(title)),
    "with everything in it",
  );

  check((await ask("/api/documents")).status === 401, "without a session there is nothing");
  const foreign = await ask("/api/documents?tenant=globex", alice);
  check(foreign.status === 403, "nor anything of another tenant");

  if (process.env.API_KEY) {
    const robot = { authorization: `Bearer ${process.env.API_KEY}` };
    const title = await write(robot, "a robot");
    const { payload } = await stream.next(isOf(title));
    check(![identity, undefined].includes(payload.changed_by), "and is known to be a robot");
  }

  await ask("/logout", { method: "POST", body: {}, ...alice });
  const last = await stream.next(({ event }) => event === "expired");
  check(last?.event === "expired", "a stream ends with its session");
  stream.close();
}

await smoke().then(
  () => console.log("all is well"),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
