// diagnose: what `doctor --json` says of the same, and what the program's server would have shown.

import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { Signer, deriveIdentity, diagnose } from "spacetime-keys";

import { camel } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { World } from "./support/fleet.mjs";
import { ec, other } from "./support/keys.mjs";

const places = {
  cliToml: "./data/.config/spacetime/cli.toml",
  keysDir: ".generated/spacetimedb-keys",
  areConfigured: true,
};

/** A world's host and vaults, in the package's words. */
function observe(world, more) {
  const { vaults, host } = world.contents();
  const { privateKey, publicKey, cliToml } = host;
  const modes = Object.entries({ privateMode: world.privateKey, publicMode: world.publicKey }).map(
    ([name, path]) => [name, statSync(path).mode & 0o7777],
  );
  const files = { privateKey, publicKey, cliToml, ...Object.fromEntries(modes) };
  return { host: files, vaults, likelyHost: "local", places, ...more };
}

const text = (status, body = "", contentType = "text/plain") => ({ status, body, contentType });
const token = (pair, claims) => new Signer(pair.privateKey).sign({ iat: 1, exp: null, ...claims });
const cliToml = (value) => `spacetimedb_token = "${value}"\n`;
const owner = deriveIdentity("localhost", "owner");

/** A server with the key `ec`, whose database `owner` owns. */
const server = (more) => ({
  url: "http://127.0.0.1:3000",
  health: text(200, '{"version":"1.2.0"}', "application/json"),
  publicKey: text(200, ec.publicKey),
  token: text(204),
  database: text(200, `{"owner_identity":{"__identity__":"0x${owner}"}}`, "application/json"),
  ...more,
});
const host = (pair, claims = { iss: "localhost", sub: "owner" }) => ({
  privateKey: ec.privateKey,
  publicKey: ec.publicKey,
  cliToml: cliToml(token(pair, claims)),
});

describe("diagnose beside the program", () => {
  for (const log of [
    "PUBLISH_SUCCESS",
    "InvalidSignature\nPUBLISH_FAILED",
    "PUBLISH_FAILED",
    "hello",
  ]) {
    it(`says the same of a log: ${JSON.stringify(log)}`, () => {
      const world = new World();
      assert.equal(world.cli("rotate", "--env", "local", "--yes").exit, 0, "rotated");
      writeFileSync(join(world.folder, "publish.log"), log);
      const run = world.cli("doctor", "--logs", "publish.log");
      const diagnosis = diagnose(observe(world, { log }));
      // The program also tells what it asked, and who named it.
      const told = Object.entries(camel(run.out)).filter(([name]) => name !== "asked");
      assert.deepEqual(diagnosis, Object.fromEntries(told), "the same");
      assert.equal(run.exit, diagnosis.ok ? 0 : 1, "and by its exit code");
    });
  }
});

describe("diagnose", () => {
  it("says nothing of nothing", () => {
    const diagnosis = diagnose();
    assert.equal(diagnosis.ok, false, "nothing is well");
    assert.deepEqual(
      [diagnosis.outcome, diagnosis.status, diagnosis.remedy],
      [null, null, []],
      "nothing",
    );
  });

  it("finds all well", () => {
    const diagnosis = diagnose({ server: server(), host: host(ec) });
    assert.equal(diagnosis.ok, true, "all well");
    assert.deepEqual(
      [
        diagnosis.outcome,
        diagnosis.status,
        diagnosis.serverVersion,
        diagnosis.identity,
        diagnosis.owner,
      ],
      ["updates", 200, "1.2.0", owner, owner],
      "whose, and what",
    );
  });

  it("has the owner's claims signed anew after a rotation", () => {
    const refused = server({ token: text(401, "TokenError(Error(InvalidSignature))") });
    const names = { cliToml: "my cli.toml", keysDir: "keys" };
    const diagnosis = diagnose({ server: refused, host: host(other), places: names });
    assert.deepEqual(
      [diagnosis.outcome, diagnosis.status, diagnosis.cures],
      ["unauthorized", 401, true],
      "401",
    );
    assert.deepEqual(diagnosis.remedy, [
      `spacetime-keys token resign --cli-toml 'my cli.toml' --private-key keys/id_ecdsa --expect-identity ${owner}`,
    ]);
  });

  it("tells a stranger, a proxy and silence apart", () => {
    const stranger = host(ec, { iss: "localhost", sub: "stranger" });
    const table = [
      [{ server: server(), host: stranger }, "not_owner", 500],
      [
        { server: server({ health: text(200, '{"version":"2.8.3"}') }), host: stranger },
        "not_owner",
        403,
      ],
      [
        { server: server({ token: text(403, "<html>", "text/html") }), host: host(ec) },
        "proxy",
        403,
      ],
      [{ server: { health: null, publicKey: null }, host: host(ec) }, "unreachable", null],
      [{ server: server({ database: text(404) }), host: host(ec) }, "creates", 200],
      [{ server: server({ database: text(404) }), host: { cliToml: null } }, "creates", 200],
      [{ server: server({ database: text(400) }), host: host(ec) }, "bad_request", 400],
      [{ server: server({ parent: text(404) }), host: host(ec) }, "bad_request", 400],
    ];
    for (const [seen, outcome, status] of table) {
      const diagnosis = diagnose(seen);
      assert.deepEqual([diagnosis.outcome, diagnosis.status], [outcome, status], outcome);
    }
  });

  it("names no token and no key", () => {
    const secret = token(other, { iss: "localhost", sub: "owner" });
    const files = { privateKey: ec.privateKey, publicKey: null, cliToml: cliToml(secret) };
    const said = JSON.stringify(diagnose({ server: server(), host: files, log: secret }));
    assert.ok(!said.includes(secret.split(".")[1]), "no claims");
    assert.ok(!said.includes(ec.privateKey.split("\n")[1]), "no key");
  });

  it("refuses an environment's impossible name", () => {
    keysError(() => diagnose({ environment: "prod" }), "ERR_ENVIRONMENT_UNKNOWN", "no vault of it");
    keysError(() => diagnose({ likelyHost: "" }), "ERR_ENVIRONMENT_NAME", "likelyHost");
  });
});
