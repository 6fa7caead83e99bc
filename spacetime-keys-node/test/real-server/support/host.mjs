// A self-hosting folder, laid out as in the guide: the mounted keys, and the CLI's `cli.toml`.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { wasm } from "./module.mjs";
import { run, temporaryFolder } from "./processes.mjs";

/** The database that every test publishes. */
export const DATABASE = "app";

/** What the CLI calls the server, after `server add`. */
export const NICKNAME = "mine";

const programs = process.env.SPACETIME_KEYS_REAL_SERVER_BIN;
if (!programs) {
  console.error(
    "these tests need the real server and CLI: set SPACETIME_KEYS_REAL_SERVER_BIN to the folder " +
      "that tests/real-server/install prints",
  );
  process.exit(1);
}

export class Host {
  #folder = temporaryFolder("spacetime-keys-host-");
  #revision = 0;

  constructor() {
    mkdirSync(this.path(".generated/spacetimedb-keys"), { recursive: true });
    mkdirSync(this.path("data/.config/spacetime"), { recursive: true });
  }

  path(inside = ".") {
    return join(this.#folder, inside);
  }

  get privateKey() {
    return this.path(".generated/spacetimedb-keys/id_ecdsa");
  }

  get publicKey() {
    return this.path(".generated/spacetimedb-keys/id_ecdsa.pub");
  }

  get cliToml() {
    return this.path("data/.config/spacetime/cli.toml");
  }

  /** One of the real programs. */
  static real(name) {
    return join(programs, name);
  }

  /**
   * How commands are run here: in the host's folder, and in an environment that knows nothing of
   * the machine around it, no proxy, no cloud login, no configuration of the user who runs the tests.
   */
  options(environment = {}) {
    const env = {
      PATH: process.env.PATH,
      HOME: this.path(),
      TMPDIR: tmpdir(),
      XDG_CONFIG_HOME: this.path("data/.config"),
      ...environment,
    };
    return { cwd: this.path(), env };
  }

  /** As the guide's quickstart makes them. */
  makeKeysByOpenssl() {
    const make = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    this.succeed(["openssl", ...make, "-out", this.privateKey]);
    this.succeed(["openssl", "pkey", "-in", this.privateKey, "-pubout", "-out", this.publicKey]);
    chmodSync(this.privateKey, 0o600);
    chmodSync(this.publicKey, 0o644);
  }

  run(program, environment) {
    return run(program, this.options(environment));
  }

  succeed(program, environment) {
    const ended = this.run(program, environment);
    assert.ok(ended.success, `${program[0]} failed:\n${ended.output}`);
    return ended;
  }

  /** The real CLI, `spacetime` to its users. */
  spacetime(...args) {
    return this.run([Host.real("spacetimedb-cli"), ...args]);
  }

  /** Logs in at the server: a new `sub`, so a new identity, unless somebody is logged in. */
  logIn(server) {
    const cli = Host.real("spacetimedb-cli");
    this.succeed([cli, "server", "add", NICKNAME, "--url", server.url, "-d"]);
    this.succeed([cli, "login", "--server-issued-login", server.url]);
  }

  /** The identity that the CLI says it is logged in as. */
  identity() {
    const { stdout } = this.succeed([Host.real("spacetimedb-cli"), "login", "show"]);
    return stdout.trim().replace("You are logged in as ", "");
  }

  /** The publisher's token, as the CLI shows it. Never part of a message. */
  token() {
    const program = [Host.real("spacetimedb-cli"), "login", "show", "--token"];
    return this.succeed(program).stdout.split(" is ").at(-1).trim();
  }

  /** Publishes the next revision of the module with the real CLI. */
  publish(server = NICKNAME) {
    this.#revision += 1;
    writeFileSync(this.path("module.wasm"), wasm(this.#revision));
    return this.spacetime("publish", "-y", "-s", server, "--bin-path", "module.wasm", DATABASE);
  }
}
