// Rotations by the bun script, beside a real SpacetimeDB: after each, the real CLI publishes as the
// same owner. Azure Key Vault is a stand-in `az`. `node test/real-server/rotate.mjs`.

import assert from "node:assert/strict";
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";

import { check, finish } from "./support/checks.mjs";
import { Host, NICKNAME } from "./support/host.mjs";
import { Server } from "./support/server.mjs";
import { installTooling, tooling } from "./support/tooling.mjs";

const host = new Host();
host.makeKeysByOpenssl();
installTooling(host);
const server = await Server.start(host);
let owner;

/** The real CLI publishes over what is there, as the owner. */
async function publishAsOwner(on, at, nickname = NICKNAME) {
  const published = on.publish(nickname);
  assert.ok(published.success, published.output);
  assert.match(published.stdout, /Updated database/);
  assert.equal(await at.owner(), owner);
}

/** … and is not let in: the token is signed with another key than the server's. */
async function publishInVain(on, at, nickname = NICKNAME) {
  const refused = on.publish(nickname);
  assert.ok(!refused.success, refused.output);
  assert.match(refused.output, /InvalidSignature/);
  // The CLI keeps the status to itself.
  assert.equal((await at.ping(on.token())).status, 401);
}

function succeed(ended) {
  assert.ok(ended.success, ended.output);
  assert.doesNotMatch(ended.output, /PRIVATE KEY|eyJ/);
  return ended;
}

function mode(path) {
  return statSync(path).mode & 0o777;
}

await check("a database has an owner", async () => {
  host.logIn(server);
  const published = host.publish();
  assert.match(published.output, /Created new database/);
  owner = host.identity();
  assert.equal(await server.owner(), owner);
});

for (const rotation of ["first", "second"]) {
  const before = {
    privateKey: readFileSync(host.privateKey, "utf8"),
    publicKey: readFileSync(host.publicKey, "utf8"),
    cliToml: readFileSync(host.cliToml, "utf8"),
    mode: mode(host.cliToml),
  };

  await check(`${rotation} rotation: new keys, the same publisher`, () => {
    const ended = succeed(tooling(host, "--yes", "--preserve-publisher-token-env", "local"));
    assert.ok(ended.output.includes(owner), ended.output);
    assert.notEqual(readFileSync(host.privateKey, "utf8"), before.privateKey);
    assert.notEqual(readFileSync(host.publicKey, "utf8"), before.publicKey);
    assert.deepEqual([mode(host.privateKey), mode(host.publicKey)], [0o600, 0o644]);
    assert.equal(mode(host.cliToml), before.mode);
    assert.equal(host.identity(), owner);
  });

  await check(`${rotation} rotation: it is the restart that puts the keys to use`, async () => {
    assert.equal(await server.publicKey(), before.publicKey);
    await publishInVain(host, server);
    await server.restart();
    assert.equal(await server.publicKey(), readFileSync(host.publicKey, "utf8"));
    await publishAsOwner(host, server);
  });

  await check(`${rotation} rotation: the old token is a 401`, async () => {
    const signedAnew = readFileSync(host.cliToml);
    writeFileSync(host.cliToml, before.cliToml);
    await publishInVain(host, server);
    writeFileSync(host.cliToml, signedAnew);
    await publishAsOwner(host, server);
  });

  await check(`${rotation} rotation: it is verified`, () => {
    succeed(tooling(host, "--verify-only", "--preserve-publisher-token-env", "local"));
  });
}

await check("a token that is left as it is, is a 401 until it is signed anew", async () => {
  const flags = ["--preserve-publisher-token-env", "local", "--no-preserve-publisher-token"];
  succeed(tooling(host, "--yes", ...flags));
  await server.restart();
  await publishInVain(host, server);
  succeed(tooling(host, "--resign-token-only"));
  await publishAsOwner(host, server);
});

await check("data that came from another host: one command, and its owner publishes", async () => {
  const destination = new Host();
  destination.makeKeysByOpenssl();
  installTooling(destination);
  await server.stop();
  cpSync(host.path("data"), destination.path("data"), { recursive: true });
  const there = await Server.start(destination);
  assert.equal(await there.owner(), owner);
  await publishInVain(destination, there, there.url);

  const paths = ["--publisher-cli-toml-path", "./data/.config/spacetime/cli.toml"];
  const key = ["--private-key-path", "./.generated/spacetimedb-keys/id_ecdsa"];
  const ended = succeed(tooling(destination, "--resign-token-only", ...paths, ...key));
  assert.ok(ended.output.includes(owner), ended.output);
  assert.equal(destination.identity(), owner);
  await publishAsOwner(destination, there, there.url);
});

finish(11);
