// The gateway beside a real SpacetimeDB with the example's module: tenants, users, robots and all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Signer, deriveIdentity, generateKeyPair } from "spacetime-keys";

import { makeApiKey } from "../../../examples/gateway/api-keys.mjs";
import { Reducers } from "../../../examples/gateway/reducers.mjs";
import { seed } from "../../../examples/gateway/seed.mjs";
import { DATABASE, Host, NICKNAME } from "../../real-server/support/host.mjs";
import { run } from "../../real-server/support/processes.mjs";
import { Server } from "../../real-server/support/server.mjs";
import { App } from "../tokens/app.mjs";
import { Watcher } from "./client.mjs";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
export const EXAMPLE = join(PACKAGE, "examples/gateway");

function succeed(command, options) {
  const ended = run(command, options);
  assert.ok(ended.success, ended.output);
  return ended.stdout.trim();
}

/** Until it is so: a wait for an event, with a deadline that a busy machine keeps. */
export async function eventually(isSo, complaint) {
  for (let turn = 0; turn < 6000; turn += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(complaint);
}

export class World {
  /** @param runtime `node` or `bun`: what the gateway runs on. @param settings Further environment variables. */
  static async start(runtime, settings = {}) {
    const world = new World();
    const wasm = succeed([join(PACKAGE, "../tests/wasm/build"), join(EXAMPLE, "module")]);
    if (runtime === "node") succeed([join(EXAMPLE, "bundle-bindings")]);
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
    const { privateKey } = generateKeyPair();
    world.signer = new Signer(privateKey);
    const apiKeys = join(world.host.path(), "api-keys.json");
    writeFileSync(apiKeys, JSON.stringify([entry]), { mode: 0o600 });
    world.app = await App.start(
      runtime,
      {
        privateKey,
        DEMO_PASSWORD: world.password,
        API_KEYS_FILE: apiKeys,
        SPACETIMEDB_URL: world.database.url,
        SPACETIMEDB_DATABASE: DATABASE,
        ...settings,
      },
      "gateway/main.mjs",
    );
    world.reducers = new Reducers({ url: world.database.url, database: DATABASE });
    world.owner = world.host.token();
    await seed((reducer, args) => world.call(reducer, args), {
      issuer: world.app.issuer,
      apiKeys: [entry],
    });
    await world.connected();
    return world;
  }

  /** Until the gateway has the database's rows. */
  async connected() {
    const isSo = async () => (await this.health()).database === "connected";
    await eventually(isSo, "the gateway does not reach the database");
  }

  async health() {
    return (await this.app.get("/healthz")).json;
  }

  /** An identity of the app's issuer. */
  identity(subject) {
    return deriveIdentity(this.app.issuer, subject);
  }

  /** What a reducer is handed for it. */
  argument(subject) {
    return [`0x${this.identity(subject)}`];
  }

  /** A reducer, as the owner. */
  call(reducer, args) {
    return this.reducers.call(this.owner, reducer, args);
  }

  #tokenOf(subject) {
    return this.signer.mint({ issuer: this.app.issuer, subject, ttl: 60 }).token;
  }

  /** A new document, as the user, without the gateway. */
  write(subject, tenantId, title) {
    const context = { apiKeyRef: null, agent: null };
    const write = { tenantId, id: 0, title, body: "", context };
    return this.reducers.writeDocument(this.#tokenOf(subject), write);
  }

  /** The same of one that goes. */
  delete(subject, tenantId, id) {
    const none = { none: [] };
    const context = { membership_version: none, api_key_ref: none, agent: none };
    const args = [tenantId, Number(id), context];
    return this.reducers.call(this.#tokenOf(subject), "delete_document", args);
  }

  /** The values of a query's rows, as the owner. */
  async rows(sql) {
    const response = await fetch(`${this.database.url}/v1/database/${DATABASE}/sql`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.owner}` },
      body: sql,
    });
    assert.equal(response.status, 200, sql);
    return (await response.json())[0].rows;
  }

  async logIn(user) {
    const { status, cookie } = await this.app.logIn(user, this.password);
    assert.equal(status, 204);
    return { cookie };
  }

  /** What came of a `POST /api/documents`. */
  async post(headers, body) {
    const { status, json } = await this.app.post("/api/documents", { body: "", ...body }, headers);
    return status === 204 ? 204 : [status, json.error];
  }

  watch(headers, options) {
    return Watcher.open(this.app.issuer, headers, options);
  }

  databaseLog() {
    return readFileSync(this.host.path("server.log"), "utf8");
  }
}
