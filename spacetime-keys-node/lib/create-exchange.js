"use strict";
// The exchange as a handler of requests. The core decides what is answered; files, clock and the
// server are looked at here.

const check = require("./check.js");
const { keysError, attempt } = require("./errors.js");
const keys = require("./exchange-keys.js");
const addon = require("./native.js");
const { Questions } = require("./questions.js");

/** Milliseconds until a server is asked again that does not show the mounted key. */
const AGAIN = 250;

const readOptions = check.required(
  check.fields(
    { server: serverUrl, ...keys.checks, onError: check.func, now: check.func },
    { ...keys.defaults, onError: report, now: check.now },
  ),
  "server",
  ...keys.required,
);

function serverUrl(value, name) {
  const url = check.text(value, name);
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : {};
  if (protocol !== "http:" && protocol !== "https:")
    check.fail(name, "must be an http or https URL");
  if (username || password) check.fail(name, "must be a URL without a user name");
  return url;
}

function report({ message, hint }) {
  console.error(`spacetime-keys: ${message}: ${hint}`);
}

function createExchange(options) {
  const exchange = new Listener(readOptions(options, "options"));
  return (request) => exchange.answer(request);
}

class Listener {
  #front;
  /** For its key, apart from those for owners: it waits for none of them. */
  #forKey;
  #forOwners;
  #onError;
  #clock;
  #asking = null;
  #askedAt = -Infinity;
  /** Questions for owners that have no answer yet, by path. */
  #owners = new Map();
  #key = JSON.parse(addon.keyQuestion());

  constructor({ server, onError, now, ...where }) {
    this.#front = attempt(() => new addon.Front(keys.place(where)));
    this.#forKey = new Questions(server);
    this.#forOwners = new Questions(server);
    this.#onError = onError;
    this.#clock = now;
    this.#reload();
  }

  async answer(request) {
    const { json, authorization } = described(request);
    await this.#look();
    const looked = JSON.parse(attempt(() => this.#front.look(json, this.#now())));
    if (looked.question === undefined) return toResponse(looked, authorization);
    const said = JSON.stringify(await this.#askOwner(looked.question));
    // They may have been replaced meanwhile.
    this.#reload();
    const settle = () => this.#front.settle(json, looked.identity, said, this.#now());
    return toResponse(JSON.parse(attempt(settle)), authorization);
  }

  /** What the app's own function throws stays there: anything may be in it. */
  #tell(error) {
    try {
      this.#onError(error);
    } catch {
      check.fail("options.onError", "must not throw");
    }
  }

  #now() {
    return check.time(this.#clock(), "what options.now returns");
  }

  /** Looks at the files, and asks the server for its key unless it has just said it. */
  async #look() {
    const isNew = this.#reload();
    const isReady = attempt(() => this.#front.isReady(this.#now()));
    const pause = isReady ? this.#key.every * 1000 : AGAIN;
    if (isNew || performance.now() - this.#askedAt >= pause) this.#asking ??= this.#askKey();
    await this.#asking;
  }

  /**
   * Whether the files have changed. They are looked at for each request: a server that is restarted with
   * other keys must not meet an exchange that has not seen them.
   */
  #reload() {
    const changed = attempt(() => this.#front.reload());
    if (changed === null) return false;
    const { failure } = JSON.parse(changed);
    if (failure !== null) this.#tell(keysError(failure));
    return true;
  }

  async #askKey() {
    try {
      const at = this.#now();
      const said = await this.#forKey.ask(this.#key.path);
      attempt(() => this.#front.see(JSON.stringify(said), at));
    } finally {
      this.#askedAt = performance.now();
      this.#asking = null;
    }
  }

  /** Once for all requests that wait for the same answer. */
  #askOwner(path) {
    const asked = this.#owners.get(path);
    if (asked !== undefined) return asked;
    const asking = this.#forOwners.ask(path).finally(() => this.#owners.delete(path));
    this.#owners.set(path, asking);
    return asking;
  }
}

/** What counts of a request. Its query does not: a token may stand there. */
function described(request) {
  if (typeof request?.headers?.get !== "function") {
    check.fail(
      "the request",
      "must be a Request; for Express and plain Node there is toNodeHandler",
    );
  }
  const authorization = request.headers.get("authorization");
  // No token has other bytes than visible ASCII: such a field is not read.
  const isReadable = authorization !== null && /^[\t\x20-\x7e]*$/.test(authorization);
  const json = JSON.stringify({
    method: request.method,
    path: new URL(request.url).pathname,
    authorization: isReadable ? [authorization] : [],
  });
  return { json, authorization };
}

function toResponse({ status, headers, keepsAuthorization, body }, authorization) {
  const made = new Headers(headers);
  if (keepsAuthorization && authorization !== null) made.set("authorization", authorization);
  return new Response(body === "" ? null : body, { status, headers: made });
}

module.exports = { createExchange };
