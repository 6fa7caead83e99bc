// The example server beside a real SpacetimeDB: `node test/examples/tokens/smoke.mjs node` (or `… bun`, the
// runtime that the example is started on).

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import {
  Signer,
  Verifier,
  decodeToken,
  deriveIdentity,
  generateKeyPair,
  jwks,
} from "spacetime-keys";

import { connect } from "../../../examples/tokens/spacetimedb.mjs";
import { check, finish } from "../../real-server/support/checks.mjs";
import { DATABASE, Host } from "../../real-server/support/host.mjs";
import { Server } from "../../real-server/support/server.mjs";
import { signByHand } from "../../support/tokens.mjs";
import { App } from "./app.mjs";
import { checkWeb } from "./web.mjs";

const runtime = process.argv[2];
if (runtime !== "node" && runtime !== "bun") {
  console.error("usage: node test/examples/tokens/smoke.mjs node|bun");
  process.exit(2);
}

const DEMO_PASSWORD = randomBytes(16).toString("hex");
const { privateKey, publicKey, kid } = generateKeyPair();
const signer = new Signer(privateKey);

const host = new Host();
host.makeKeysByOpenssl();
const database = await Server.start(host);
host.logIn(database);
const published = host.publish();
assert.ok(published.success, published.output);

const app = await App.start(runtime, {
  privateKey,
  DEMO_PASSWORD,
  SPACETIMEDB_URL: database.url,
  SPACETIMEDB_DATABASE: DATABASE,
});
const identities = {
  u_1: deriveIdentity(app.issuer, "u_1"),
  u_2: deriveIdentity(app.issuer, "u_2"),
};

/** What the database makes of a token, by a connection of our own. */
async function seenAs(token) {
  // On a busy machine an answer may take longer than a user would wait.
  const deadline = 120_000;
  const connection = await connect({ url: database.url, database: DATABASE, token, deadline });
  connection.close();
  return connection.identity;
}

/** Claims that nothing is wrong with. */
function claims() {
  return { issuer: app.issuer, subject: "u_1" };
}

await check("the documents are those of the key", async () => {
  const discovery = await app.get("/.well-known/openid-configuration");
  assert.equal(discovery.json.issuer, app.issuer);
  assert.equal(discovery.json.jwks_uri, `${app.issuer}/.well-known/jwks.json`);
  const set = await app.get("/.well-known/jwks.json");
  assert.deepEqual(set.json, jwks(publicKey));
  assert.ok(!("d" in set.json.keys[0]));
  assert.equal(set.headers.get("cache-control"), "public, max-age=60");
});

const alice = await app.logIn("alice", DEMO_PASSWORD);
const bob = await app.logIn("bob", DEMO_PASSWORD);

const minted = await app.token(alice.cookie);

await check("a token is short-lived and says no more than it must", () => {
  assert.equal(minted.status, 200);
  assert.equal(minted.headers.get("cache-control"), "no-store");
  const verifier = new Verifier(publicKey, { issuer: app.issuer, audience: "spacetimedb" });
  const verified = verifier.verify(minted.json.token);
  assert.equal(verified.kid, kid);
  assert.equal(verified.expiresAt - verified.issuedAt, 300);
  assert.equal(verified.expiresAt, minted.json.expires_at);
  const { sid, iat, exp, ...others } = verified.claims;
  assert.deepEqual(others, {
    iss: app.issuer,
    sub: "u_1",
    aud: ["spacetimedb"],
    token_type: "spacetime-access",
  });
  assert.match(sid, /^[0-9a-f-]{36}$/);
  assert.ok(!alice.cookie.includes(sid));
});

await check("the database sees the derived identity", async () => {
  assert.equal(minted.json.identity, identities.u_1);
  const whoami = await app.whoami(alice.cookie);
  assert.deepEqual([whoami.status, whoami.json], [200, { identity: identities.u_1 }]);
  assert.equal(await seenAs(minted.json.token), identities.u_1);
});

await check("another user is another identity", async () => {
  const whoami = await app.whoami(bob.cookie);
  assert.deepEqual(whoami.json, { identity: identities.u_2 });
  assert.notEqual(identities.u_1, identities.u_2);
});

await check("an expired token is refused", async () => {
  const now = Math.floor(Date.now() / 1000);
  const { token } = signer.mint({ ...claims(), ttl: 300, now: now - 3600 });
  await assert.rejects(seenAs(token), { message: "the token was refused" });
  const { status, body } = await database.ping(token);
  assert.equal(status, 401);
  assert.match(body, /ExpiredSignature/);
  // The same at its right time is taken: it was the time, and nothing else.
  assert.equal(await seenAs(signer.mint({ ...claims(), ttl: 300, now }).token), identities.u_1);
});

await check("a token of a foreign key is refused", async () => {
  const foreign = generateKeyPair().privateKey;
  const { token } = new Signer(foreign).mint(claims());
  await assert.rejects(seenAs(token), { message: "the token was refused" });
  assert.match((await database.ping(token)).body, /KeyIDNotFound/);

  // The same under the app's `kid`.
  const { claims: taken } = decodeToken(token);
  const forged = signByHand(foreign, taken, { kid });
  await assert.rejects(seenAs(forged), { message: "the token was refused" });
  const { status, body } = await database.ping(forged);
  assert.equal(status, 401);
  assert.match(body, /InvalidSignature/);
});

await checkWeb(app, DEMO_PASSWORD, privateKey);

const next = generateKeyPair();

await check("a new key is published at once, signs later, and outlives the old one", async () => {
  const NEXT_PRIVATE_KEY_FILE = app.write("next", next.privateKey);
  const both = [publicKey, next.publicKey];
  for (const [seconds, published, signing] of [
    [0, both, kid],
    [590, both, kid],
    [610, both, next.kid],
    // 300 seconds of tokens later, and as long as servers and caches keep a set.
    [1510, [next.publicKey], next.kid],
    [0, both, kid],
  ]) {
    const NEXT_KEY_FROM = `${Math.floor(Date.now() / 1000) - seconds}`;
    await app.restart({ NEXT_PRIVATE_KEY_FILE, NEXT_KEY_FROM });
    const set = await app.get("/.well-known/jwks.json");
    assert.deepEqual(set.json, jwks(published), `${seconds} s`);
    const { cookie } = await app.logIn("alice", DEMO_PASSWORD);
    const { token } = (await app.token(cookie)).json;
    assert.equal(decodeToken(token).header.kid, signing, `${seconds} s`);
  }
});

await check("the same user is the same identity after a restart", async () => {
  assert.equal((await app.whoami(alice.cookie)).status, 401);
  const { cookie } = await app.logIn("alice", DEMO_PASSWORD);
  const whoami = await app.whoami(cookie);
  assert.deepEqual(whoami.json, { identity: identities.u_1 });
});

await check("a key that others may read is warned of", async () => {
  assert.doesNotMatch(app.log(), /warning/);
  app.exposePrivateKey();
  await app.restart();
  assert.match(app.log(), /warning: others may read PRIVATE_KEY_FILE; chmod 600 it/);
});

await check("settings that would harm are refused", () => {
  const text = (name, content) => app.write(name, content);
  const wrong = [
    ["ISSUER_URL", "", /ISSUER_URL is not set/],
    ["ISSUER_URL", "app", /ISSUER_URL must be an origin/],
    ["ISSUER_URL", "https://app.example.com/", /ISSUER_URL must be an origin/],
    ["ISSUER_URL", "https://app.example.com/auth", /ISSUER_URL must be an origin/],
    ["ISSUER_URL", "http://app.example.com", /ISSUER_URL must begin with https/],
    ["PORT", "0", /PORT must be a port/],
    ["PORT", "80x", /PORT must be a port/],
    ["DEMO_PASSWORD", "", /DEMO_PASSWORD is not set/],
    ["PRIVATE_KEY_FILE", "missing", /ENOENT/],
    ["PRIVATE_KEY_FILE", text("public", publicKey), /ERR_KEY_IS_PUBLIC/],
    ["NEXT_PRIVATE_KEY_FILE", text("next-public", next.publicKey), /ERR_KEY_IS_PUBLIC/],
    ["NEXT_PRIVATE_KEY_FILE", text("same", privateKey), /ERR_JWKS_SAME_KEY_TWICE/],
    ["NEXT_KEY_FROM", "", /NEXT_KEY_FROM is not set/],
    ["NEXT_KEY_FROM", "tomorrow", /NEXT_KEY_FROM must be Unix seconds/],
  ];
  for (const [name, value, reason] of wrong) {
    const ended = app.refusal({ [name]: value });
    assert.ok(!ended.success, `${name}=${value}`);
    assert.match(ended.output, reason);
    assert.doesNotMatch(ended.output, /PRIVATE KEY-----/);
  }
});

await check("without the database there is a 502", async () => {
  const { cookie } = await app.logIn("alice", DEMO_PASSWORD);
  await database.stop();
  const reply = await app.whoami(cookie);
  assert.deepEqual([reply.status, reply.json], [502, { error: "database_unavailable" }]);
  assert.equal((await app.token(cookie)).status, 200);
});

await check("nothing secret is in the log", async () => {
  await app.stop();
  const log = app.log();
  assert.match(log, /^POST \/token 200$/m);
  assert.match(log, /^unknown route 404$/m);
  const secrets = [minted.json.token, alice.cookie.split("=")[1], DEMO_PASSWORD, "PRIVATE KEY"];
  for (const secret of secrets) assert.ok(!log.includes(secret));
  assert.doesNotMatch(log, /eyJ/);
  assert.doesNotMatch(log, /error:/);
});

finish(20);
