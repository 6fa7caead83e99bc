// createIssuer: its documents, its tokens, and a rollover by the clock, judged by a verifier that fetches
// the set no oftener than servers do.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import {
  RemoteVerifier,
  Verifier,
  createIssuer,
  jwks,
  lintJwks,
  openidConfiguration,
  thumbprint,
  toNodeHandler,
} from "spacetime-keys";

import { keysError, typeError } from "./support/errors.mjs";
import { ec, other, p256, sharedRsa } from "./support/keys.mjs";

const START = 1_800_000_000;
const issuer = "https://app.example.com/auth";
const SET = "/auth/.well-known/jwks.json";
const DOCUMENT = "/auth/.well-known/openid-configuration";
const granted = { subject: "u_1", audience: "spacetimedb" };
const first = { privateKey: ec.privateKey };

/** A handler by a clock that the test sets. */
function issuing(options = {}) {
  const clock = { now: START };
  const errors = [];
  const handler = createIssuer({
    issuer,
    keys: [first],
    authorize: () => granted,
    now: () => clock.now,
    onError: (error) => errors.push(error),
    ...options,
  });
  const ask = (path, init) => handler(new Request(`https://app.example.com${path}`, init));
  const json = async (path, init) => (await ask(path, init)).json();
  return {
    clock,
    errors,
    ask,
    json,
    post: (init) => ask("/auth/token", { method: "POST", ...init }),
  };
}

describe("createIssuer", () => {
  it("publishes what servers look for", async () => {
    const { ask, json } = issuing();
    assert.deepEqual(await json(DOCUMENT), openidConfiguration(issuer, ec.publicKey));
    assert.deepEqual(await json(SET), jwks(ec.publicKey));
    assert.equal(new URL((await json(DOCUMENT)).jwks_uri).pathname, SET);
    assert.ok(lintJwks(await json(SET)).ok);
    const { headers } = await ask(SET);
    assert.equal(headers.get("cache-control"), "public, max-age=60");
    assert.match(headers.get("content-type"), /^application\/json/);
    assert.equal((await ask(SET, { method: "HEAD" })).status, 200);
    // Without a path of its own, and with a slash at the end.
    for (const name of ["https://app.example.com", "https://app.example.com/"]) {
      const root = createIssuer({ issuer: name, keys: [first] });
      const response = await root(new Request("https://app.example.com/.well-known/jwks.json"));
      assert.equal(response.status, 200, name);
      const none = await root(new Request("https://app.example.com/token", { method: "POST" }));
      assert.equal(none.status, 404, "no route for tokens without authorize");
    }
  });

  it("hands out tokens to whom the app lets have one", async () => {
    const seen = [];
    const { post, errors } = issuing({
      authorize: async (request) => {
        seen.push(request.headers.get("cookie"));
        return { ...granted, ttl: 60, claims: { sid: "s_7", big: 12345678901234567n.toString() } };
      },
    });
    const response = await post({ headers: { cookie: "session=1" } });
    assert.equal(response.headers.get("cache-control"), "no-store");
    const { token, identity, expires_at: until } = await response.json();
    assert.deepEqual(seen, ["session=1"]);
    assert.equal(until, START + 60);
    const verifier = Verifier.fromJwks(jwks(ec.publicKey), { issuer, audience: "spacetimedb" });
    const verified = verifier.verify(token, { now: START });
    assert.equal(verified.identity, identity);
    assert.deepEqual([verified.claims.sub, verified.claims.sid], ["u_1", "s_7"]);
    assert.deepEqual(errors, []);
  });

  it("mints for the app's own calls, with the key that signs now", () => {
    let moment = START;
    const handler = createIssuer({
      issuer,
      keys: [first, { privateKey: other.privateKey, from: START }],
      tokenLifetime: 300,
      target: "prod",
      authorize: () => assert.fail("no request asks"),
      now: () => moment,
    });
    const early = handler.mint({
      ...granted,
      subject: "robot:import",
      purpose: "robot",
      ttl: 60,
      claims: { job: "nightly" },
    });
    assert.equal(early.kid, thumbprint(ec.publicKey));
    assert.deepEqual([early.issuedAt, early.expiresAt], [START, START + 60]);
    const set = { issuer, audience: "spacetimedb" };
    const { claims } = new Verifier(ec.publicKey, set).verify(early.token, { now: START });
    assert.deepEqual([claims.sub, claims.job], ["robot:import", "nightly"]);
    moment = START + 3600;
    const late = handler.mint({ ...granted, ttl: 3600 });
    assert.equal(late.kid, thumbprint(other.publicKey));
    assert.equal(late.expiresAt, moment + 300, "no longer than the set keeps the key for");
    typeError(() => handler.mint({ ...granted, purpose: "owner" }), "an owner's");
    keysError(() => handler.mint({ subject: "u_1", claims: { iss: "x" } }), undefined, "iss");
  });

  it("answers all else, and tells a client nothing of what failed", async () => {
    const answers = { null: null, undefined, forbidden: new Response("no", { status: 403 }) };
    for (const [name, expected] of [
      ["null", 401],
      ["undefined", 401],
      ["forbidden", 403],
    ]) {
      assert.equal(
        (await issuing({ authorize: () => answers[name] }).post()).status,
        expected,
        name,
      );
    }
    const { ask } = issuing();
    assert.equal((await ask("/auth/token")).status, 405);
    assert.equal((await ask("/auth/token")).headers.get("allow"), "POST");
    assert.equal((await ask(SET, { method: "POST" })).status, 405);
    for (const path of ["/", "/token", "/auth/token/", "/.well-known/jwks.json", "/auth"]) {
      assert.equal((await ask(path, { method: "POST" })).status, 404, path);
    }
    const failing = [
      () => {
        throw new Error("canary");
      },
      () => Promise.reject(new Error("canary")),
      () => ({ subject: "a@example.com" }),
      () => ({ ...granted, subject: 7 }),
      () => ({ ...granted, purpose: "owner" }),
      () => ({ ...granted, issuer: "https://other.example" }),
      () => ({ ...granted, claims: { iss: "x" } }),
      () => "canary",
    ];
    for (const authorize of failing) {
      const { post, errors } = issuing({ authorize });
      const response = await post();
      assert.equal(response.status, 500, String(authorize));
      assert.equal(await response.text(), '{"error":"internal"}');
      assert.equal(errors.length, 1);
    }
  });

  it("lets no token live longer than it keeps the key", async () => {
    for (const [ttl, expected] of [
      [undefined, 300],
      [7200, 300],
      [60, 60],
    ]) {
      const { post } = issuing({ tokenLifetime: 300, authorize: () => ({ ...granted, ttl }) });
      assert.equal((await (await post()).json()).expires_at, START + expected);
    }
  });

  it("carries out a rollover by the clock, and every process does the same", async () => {
    const keys = [first, { privateKey: other.privateKey, from: START + 100 }];
    const one = issuing({ keys });
    const another = issuing({ keys });
    const kids = async ({ json }) => (await json(SET)).keys.map(({ kid }) => kid);
    const signs = async ({ post }) => {
      const [header] = (await (await post()).json()).token.split(".");
      return JSON.parse(Buffer.from(header, "base64url")).kid;
    };
    const [a, b] = [thumbprint(ec.publicKey), thumbprint(other.publicKey)];
    for (const [after, published, signing] of [
      [0, [a], a],
      [99, [a], a],
      [100, [a, b], a],
      [699, [a, b], a],
      [700, [a, b], b],
      [700 + 900 + 599, [a, b], b],
      [700 + 900 + 600, [b], b],
      // A clock that is set back.
      [0, [a], a],
    ]) {
      for (const process of [one, another]) {
        process.clock.now = START + after;
        assert.deepEqual(await kids(process), published, `${after} s`);
        assert.equal(await signs(process), signing, `${after} s`);
      }
    }
    // The old private key may go as soon as it signs no more.
    const later = issuing({
      keys: [{ publicKey: ec.publicKey }, keys[1]],
      now: () => START + 1000,
    });
    assert.equal(await signs(later), b);
  });

  it("is never met by a server that does not have the key", async () => {
    const clock = { now: START };
    const keys = [
      first,
      { privateKey: other.privateKey, from: START + 500 },
      { privateKey: p256().privateKey, from: START + 900 },
    ];
    const handler = createIssuer({ issuer, keys, authorize: () => granted, now: () => clock.now });
    const ask = async (path, init) =>
      (await handler(new Request(`https://app.example.com${path}`, init))).json();
    const tokens = [];
    let set;
    for (; clock.now < START + 5000; clock.now += 50) {
      // Servers fetch the set every 300 seconds; this one misses every other time.
      if (set === undefined || clock.now % 600 < 50) {
        set = Verifier.fromJwks(await ask(SET), { issuer, audience: "spacetimedb" });
      }
      tokens.push((await ask("/auth/token", { method: "POST" })).token);
      const good = tokens.slice(-18);
      for (const token of good)
        assert.ok(set.verify(token, { now: clock.now }), `${clock.now - START} s`);
    }
  });

  it("says at the start what can never work", () => {
    const make = (options) => () => createIssuer({ issuer, keys: [first], ...options });
    for (const [options, code] of [
      [{ issuer: "localhost" }, "ERR_ISSUER_URL"],
      [{ keys: [first, { ...first, from: START }] }, "ERR_JWKS_SAME_KEY_TWICE"],
      [{ keys: [{ privateKey: "no key" }] }, "ERR_PEM_MISSING"],
      [
        {
          keys: [
            first,
            { privateKey: other.privateKey, from: 9 },
            { publicKey: p256().publicKey, from: 9 },
          ],
        },
        "ERR_ISSUER_SCHEDULE",
      ],
    ]) {
      keysError(make(options), code);
    }
    for (const options of [
      { keys: [] },
      { keys: [{}] },
      { keys: [{ ...first, publicKey: ec.publicKey }] },
      { keys: [{ ...first, from: 1 }] },
      { keys: [first, { privateKey: other.privateKey }] },
      { keys: [{ publicKey: ec.publicKey }] },
      { tokenPath: "token" },
      { secret: 1 },
    ]) {
      typeError(make(options), JSON.stringify(Object.keys(options)));
    }
    assert.ok(make({ keys: [{ privateKey: sharedRsa().privateKey }] })());
  });
});

describe("an issuer on node:http, and whoever fetches its keys", () => {
  let server;
  let url;
  before(async () => {
    server = createServer((request, response) => handler(request, response));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${server.address().port}`;
    const handler = toNodeHandler(
      createIssuer({ issuer: url, keys: [first], authorize: () => granted }),
    );
  });
  after(() => server.close());

  it("meet", async () => {
    const response = await fetch(`${url}/token`, { method: "POST" });
    const { token, identity } = await response.json();
    const verifier = new RemoteVerifier(url, { audience: "spacetimedb" });
    assert.equal((await verifier.verify(token)).identity, identity);
  });
});
