// The package's exchange in front of a real SpacetimeDB: a player keeps the identity over a rotation.
// `node test/real-server/exchange.mjs`, or with bun: the exchange runs on what this file is started on.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { createExchange, fingerprint } from "spacetime-keys";

import { connect } from "../../examples/tokens/spacetimedb.mjs";
import { check, finish } from "./support/checks.mjs";
import { DATABASE, Host } from "./support/host.mjs";
import { Server } from "./support/server.mjs";

const host = new Host();
host.makeKeysByOpenssl();
const server = await Server.start(host);
host.logIn(server);
const published = host.publish();
assert.ok(published.success, published.output);
const owner = readFileSync(host.cliToml, "utf8").match(/^spacetimedb_token = "([^"]+)"/m)[1];

const mountedKeysDir = dirname(host.privateKey);
const exchange = createExchange({ server: server.url, mountedKeysDir });

function ask(path, token) {
  const headers = { authorization: `Bearer ${token}` };
  return exchange(new Request(`http://exchange.example${path}`, { method: "POST", headers }));
}

async function passedOn(token) {
  const { headers } = await ask("/forward-auth", token);
  return headers.get("authorization").replace("Bearer ", "");
}

async function refusal(token) {
  const response = await ask("/exchange", token);
  return [response.status, (await response.json()).error.code];
}

/** Whom the database sees over a connection of the SDK. */
async function seenAs(token) {
  const connection = await connect({
    url: server.url,
    database: DATABASE,
    token,
    deadline: 120_000,
  });
  connection.close();
  return connection.identity;
}

/** Notes that a key was retired, as a rotation does. */
function retire(publicKey, revoked = false) {
  const now = Math.floor(Date.now() / 1000);
  const times = { retired_at: now, honored_until: now + 3600 };
  const key = { public_key: publicKey, fingerprint: fingerprint(publicKey), ...times, revoked };
  const list = { version: 1, keys: [key], publishers: [] };
  writeFileSync(join(mountedKeysDir, "retired-keys.json"), JSON.stringify(list));
}

const created = await fetch(`${server.url}/v1/identity`, { method: "POST" });
const { identity, token } = await created.json();
const before = readFileSync(host.publicKey, "utf8");

await check("before the rotation the player's token is good, and passes", async () => {
  assert.equal(await seenAs(token), identity);
  assert.equal(await passedOn(token), token);
});

host.makeKeysByOpenssl();
retire(before);

await check("between the rotation and the restart it passes as it came", async () => {
  assert.equal(await passedOn(token), token);
  assert.deepEqual(await refusal(token), [503, "ERR_EXCHANGE_NOT_SERVED"]);
  assert.equal((await server.ping(token)).status, 200);
});

await server.restart();

await check(
  "after the restart the server refuses it, and takes what it is exchanged for",
  async () => {
    assert.equal((await server.ping(token)).status, 401);
    const passed = await passedOn(token);
    assert.notEqual(passed, token);
    assert.equal((await server.ping(passed)).status, 200);
    const kept = await (await ask("/exchange", token)).json();
    assert.equal(kept.identity, identity);
    assert.equal(await seenAs(kept.token), identity, "the same player");
  },
);

await check("the owner of the database is not exchanged", async () => {
  assert.equal((await server.ping(owner)).status, 401, "it is an old token, too");
  assert.deepEqual(await refusal(owner), [401, "ERR_TOKEN_OF_PUBLISHER"]);
  assert.equal(await passedOn(owner), owner);
});

retire(before, true);

await check("of a revoked key nothing is exchanged, at once", async () => {
  assert.deepEqual(await refusal(token), [401, "ERR_KEY_REVOKED"]);
  assert.equal(await passedOn(token), token);
});

await server.stop();
finish(5);
