"use strict";
// An issuer as a handler of requests: its discovery document, its key set, and tokens for users whom the
// app lets have one. Which keys are published and which one signs is the core's to say, by the clock.

const check = require("./check.js");
const { attempt } = require("./errors.js");
const addon = require("./native.js");
const { report } = require("./report.js");
const { jwks, openidConfiguration } = require("./sets.js");
const { Signer } = require("./signer.js");

/** Seconds. A cache on the way keeps the set for so long, on top of what servers do. */
const KEPT = 60;

const keyFields = check.fields({
  privateKey: check.text,
  publicKey: check.text,
  from: check.time,
});

function key(value, name) {
  const found = keyFields(value, name);
  if ((found.privateKey === undefined) === (found.publicKey === undefined)) {
    check.fail(name, "must have either privateKey or publicKey");
  }
  return found;
}

const readOptions = check.required(
  check.fields(
    {
      issuer: check.text,
      keys: check.list(key),
      authorize: check.func,
      tokenPath: check.text,
      tokenLifetime: check.seconds,
      target: check.oneOf("prod", "test", "dev", "local"),
      onError: check.func,
      now: check.func,
    },
    { tokenPath: "/token", tokenLifetime: 900, target: "dev", onError: report, now: check.now },
  ),
  "issuer",
  "keys",
);

/** What an app says of a token that it lets somebody have. */
const readGrant = check.fields({
  subject: check.text,
  audience: check.oneOrMany(check.text),
  ttl: check.seconds,
  purpose: check.oneOf("app", "robot", "delegated"),
  // The signer checks them: each is read once.
  claims: (value) => value,
});

function createIssuer(options) {
  const issuer = new Issuer(readOptions(options, "options"));
  const handler = (request) => issuer.answer(request);
  handler.mint = (grant) => issuer.mint(grant, "grant");
  return handler;
}

class Issuer {
  #options;
  #signers;
  #publicKeys;
  #starts;
  #routes;
  /** What holds, and when it was looked at. */
  #shift = null;
  #since = Infinity;

  constructor(options) {
    const { issuer, keys, tokenPath, now } = options;
    if (keys.length === 0) check.fail("options.keys", "must have a key");
    if (!tokenPath.startsWith("/")) check.fail("options.tokenPath", "must begin with a slash");
    keys.forEach(({ from }, at) => {
      const isFirst = at === 0;
      if (isFirst === (from !== undefined)) {
        const wanted = isFirst ? "must not be there: the first key" : "must be there: a later key";
        check.fail(
          `options.keys[${at}].from`,
          `${wanted} signs from the ${isFirst ? "beginning" : "rollover on"}`,
        );
      }
    });
    this.#options = options;
    this.#signers = keys.map(({ privateKey }) =>
      privateKey === undefined ? null : new Signer(privateKey),
    );
    this.#publicKeys = keys.map(({ publicKey }, at) => publicKey ?? this.#signers[at].publicKey);
    this.#starts = JSON.stringify(keys.slice(1).map(({ from }) => from));
    const { jwks_uri: set } = openidConfiguration(issuer, this.#publicKeys);
    const base = new URL(issuer).pathname.replace(/\/+$/, "");
    this.#routes = new Map([
      [`${base}/.well-known/openid-configuration`, this.#discovery],
      [new URL(set).pathname, this.#set],
    ]);
    if (options.authorize !== undefined) this.#routes.set(base + tokenPath, this.#token);
    // A set that cannot be made, and a key that cannot sign, are told at the start.
    jwks(this.#publicKeys);
    const moment = check.reading("options.now", () => now());
    this.#signer(check.time(moment, "what options.now returns"));
  }

  async answer(request) {
    const route = this.#routes.get(new URL(request.url).pathname);
    if (route === undefined) return answered(404, { error: "not_found" });
    const allowed = route === this.#token ? ["POST"] : ["GET", "HEAD"];
    if (!allowed.includes(request.method)) {
      return answered(405, { error: "method_not_allowed" }, { allow: allowed.join(", ") });
    }
    try {
      return await route.call(this, request);
    } catch (error) {
      this.#options.onError(error);
      return answered(500, { error: "internal" });
    }
  }

  #now() {
    return check.time(this.#options.now(), "what options.now returns");
  }

  /** What holds now: the key that signs, and the documents. A clock may be set back. */
  #at(now) {
    const { until } = this.#shift ?? { until: -Infinity };
    if (now < this.#since || (until !== null && now >= until)) {
      const { tokenLifetime } = this.#options;
      const json = attempt(() => addon.issuerShift(this.#starts, tokenLifetime, now));
      const { published, signs, until: end } = JSON.parse(json);
      const keys = published.map((at) => this.#publicKeys[at]);
      const discovery = openidConfiguration(this.#options.issuer, keys);
      this.#shift = { signs, until: end, set: jwks(keys), discovery };
      this.#since = now;
    }
    return this.#shift;
  }

  #signer(now) {
    const { signs } = this.#at(now);
    const signer = this.#signers[signs];
    if (signer === null) {
      check.fail(
        `options.keys[${signs}]`,
        "must have its privateKey: it is the key that signs now",
      );
    }
    return signer;
  }

  #discovery() {
    return document(this.#at(this.#now()).discovery);
  }

  #set() {
    return document(this.#at(this.#now()).set);
  }

  async #token(request) {
    const granted = await this.#options.authorize(request);
    if (granted instanceof Response) return granted;
    if (granted === null || granted === undefined) return answered(401, { error: "unauthorized" });
    const { token, identity, expiresAt } = this.mint(granted, "what options.authorize returns");
    return answered(200, { token, identity, expires_at: expiresAt });
  }

  /** A token of what is granted, signed with the key that signs now. */
  mint(granted, name) {
    const { issuer, target, tokenLifetime } = this.#options;
    const { ttl = tokenLifetime, ...grant } = readGrant(granted, name);
    const now = this.#now();
    return this.#signer(now).mint({
      ...grant,
      issuer,
      target,
      now,
      // The set keeps a key for as long as its tokens live.
      ttl: Math.min(ttl, tokenLifetime),
    });
  }
}

function document(value) {
  return answered(200, value, { "cache-control": `public, max-age=${KEPT}` });
}

function answered(status, body, headers = {}) {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}

module.exports = { createIssuer };
