// The gateway's module on the real server, an app's issuer, and everybody who calls: by HTTP, by SQL, and by
// the unchanged SDK.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DATABASE, Host, NICKNAME } from "../../real-server/support/host.mjs";
import { run, temporaryFolder } from "../../real-server/support/processes.mjs";
import { Server } from "../../real-server/support/server.mjs";
import { Issuer } from "./issuer.mjs";
import { Subscriber } from "./subscriber.mjs";

export const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
export const EXAMPLE = join(PACKAGE, "examples/gateway");

/** The context of a call that has nothing to tell. */
export const PLAIN = { membership_version: none(), api_key_ref: none(), agent: none() };

export function none() {
  return { none: [] };
}

export function some(value) {
  return { some: value };
}

/** Compiles a module, and gives the file. */
export function compile(folder) {
  const ended = run([join(PACKAGE, "../tests/wasm/build"), folder]);
  assert.ok(ended.success, ended.output);
  return ended.stdout.trim();
}

/** The bindings for Node, where `@clockworklabs/spacetimedb-sdk` is found. */
async function bindings() {
  const folder = temporaryFolder("spacetime-keys-bindings-");
  symlinkSync(join(PACKAGE, "node_modules"), join(folder, "node_modules"), "dir");
  const bundle = ["build", join(EXAMPLE, "bindings/index.ts"), "--target", "node"];
  const outside = ["--external", "@clockworklabs/spacetimedb-sdk"];
  const file = join(folder, "bindings.mjs");
  const bun = join(PACKAGE, "node_modules/.bin/bun");
  const ended = run([bun, ...bundle, ...outside, "--outfile", file]);
  assert.ok(ended.success, ended.output);
  return import(file);
}

export class World {
  #bindings;
  wasm;
  host = new Host();
  server;
  /** The app's. */
  app;
  /** The publisher's token, who is an administrator. */
  owner;

  static async start() {
    const world = new World();
    world.wasm = compile(join(EXAMPLE, "module"));
    world.#bindings = await bindings();
    world.host.makeKeysByOpenssl();
    world.server = await Server.start(world.host);
    world.host.logIn(world.server);
    world.publish(world.wasm, DATABASE);
    world.owner = world.host.token();
    world.app = await Issuer.start();
    return world;
  }

  publish(wasm, database) {
    const args = ["publish", "-y", "-s", NICKNAME, "--bin-path", wasm, database];
    const ended = this.host.spacetime(...args);
    assert.ok(ended.success, ended.output);
  }

  /** Calls a reducer: its answer's status, and its text. Without a token, as nobody. */
  call(token, reducer, ...args) {
    return this.callRaw(token, reducer, JSON.stringify(args));
  }

  async callRaw(token, reducer, body) {
    const response = await this.#post(`call/${reducer}`, token, body);
    return { status: response.status, text: await response.text() };
  }

  /** As an administrator. */
  async set(reducer, ...args) {
    assert.deepEqual(await this.call(this.owner, reducer, ...args), { status: 200, text: "" });
  }

  /** The rows, as JSON has them; thrown is what the server says else. */
  async sql(token, query, database = DATABASE) {
    const response = await this.#post("sql", token, query, database);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text)[0].rows;
  }

  count(table) {
    return this.sql(this.owner, `SELECT COUNT(*) AS n FROM ${table}`).then(([[n]]) => n);
  }

  /** Everything that is stored, by table: by the owner, who sees all. */
  async tables() {
    const stored = {};
    for (const table of Object.keys(this.schema.tables)) {
      stored[table] = await this.sql(this.owner, `SELECT * FROM ${table}`);
    }
    return stored;
  }

  /** The module's tables and reducers, as the bindings have them. */
  get schema() {
    return this.#bindings.DbConnection.builder().remoteModule;
  }

  /** What the module has logged. */
  log() {
    const ended = this.host.spacetime("logs", "-s", NICKNAME, DATABASE);
    assert.ok(ended.success, ended.output);
    return ended.stdout;
  }

  /** An open subscription; it has its rows already. */
  subscribe(token, ...queries) {
    return Subscriber.open(this.#bindings.DbConnection, {
      uri: this.server.url.replace("http", "ws"),
      database: DATABASE,
      token,
      queries,
    });
  }

  /** A user or a robot, registered with the app's identity; `tenants` maps tenants to roles. */
  async register(subject, tenants = {}) {
    const identity = this.app.identity(subject);
    const kind = subject.startsWith("robot:") ? { Robot: [] } : { User: [] };
    await this.set("register_actor", identity, subject, kind);
    for (const [tenant, role] of Object.entries(tenants)) {
      await this.set("set_membership", tenant, identity, role);
    }
    return identity;
  }

  #post(path, token, body, database = DATABASE) {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${this.server.url}/v1/database/${database}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization },
      body,
    });
  }
}
