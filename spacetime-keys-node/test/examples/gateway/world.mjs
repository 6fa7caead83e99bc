// The gateway beside a real SpacetimeDB with the example's module: tenants, users, robots and all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { deriveIdentity, generateKeyPair } from "spacetime-keys";

import { makeApiKey } from "../../../examples/gateway/api-keys.mjs";
import { Reducers } from "../../../examples/gateway/reducers.mjs";
import { seed } from "../../../examples/gateway/seed.mjs";
import { DATABASE, Host, NICKNAME } from "../../real-server/support/host.mjs";
import { run } from "../../real-server/support/processes.mjs";
import { Server } from "../../real-server/support/server.mjs";
import { App } from "../tokens/app.mjs";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
const EXAMPLE = join(PACKAGE, "examples/gateway");

function succeed(command, options) {
  const ended = run(command, options);
  assert.ok(ended.success, ended.output);
  return ended.stdout.trim();
}

export class World {
  /** @param runtime `node` or `bun`: what the gateway runs on. @param settings Further environment variables. */
  static async start(runtime, settings = {}) {
    const world = new World();
    const wasm = succeed([join(PACKAGE, "../tests/wasm/build"), join(EXAMPLE, "module")]);
    if (runtime === "node") succeed(["sh", join(EXAMPLE, "bundle-bindings")]);
    world.host = new Host();
    world.host.makeKeysByOpenssl();
    world.database = await Server.start(world.host);
    world.host.logIn(world.database);
    const published = world.host.spacetime(
      ...["publish", "-y", "-s", NICKNAME, "--bin-path", wasm, DATABASE],
    );
    assert.ok(published.success, published.output);

    const { key, entry } = makeApiKey("importer", "acme");
    world.apiKey = key;
    world.password = randomBytes(16).toString("hex");
    world.privateKey = generateKeyPair().privateKey;
    const apiKeys = join(world.host.path(), "api-keys.json");
    writeFileSync(apiKeys, JSON.stringify([entry]), { mode: 0o600 });
    world.app = await App.start(
      runtime,
      {
        privateKey: world.privateKey,
        DEMO_PASSWORD: world.password,
        API_KEYS_FILE: apiKeys,
        SPACETIMEDB_URL: world.database.url,
        SPACETIMEDB_DATABASE: DATABASE,
        ...settings,
      },
      "gateway/main.mjs",
    );
    const reducers = new Reducers({ url: world.database.url, database: DATABASE });
    const owner = world.host.token();
    world.call = (reducer, args) => reducers.call(owner, reducer, args);
    await seed(world.call, { issuer: world.app.issuer, apiKeys: [entry] });
    return world;
  }

  /** An identity of the app's issuer. */
  identity(subject) {
    return deriveIdentity(this.app.issuer, subject);
  }

  /** What a reducer is handed for it. */
  argument(subject) {
    return [`0x${this.identity(subject)}`];
  }
}
