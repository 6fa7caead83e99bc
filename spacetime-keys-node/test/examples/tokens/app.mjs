// The example server as a process, and a browser's view of it.

import { chmodSync, readFileSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { onFreePort } from "../../real-server/support/server.mjs";
import { run, start, stop, temporaryFolder, until } from "../../real-server/support/processes.mjs";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));

export const RUNTIMES = { node: process.execPath, bun: join(PACKAGE, "node_modules/.bin/bun") };

export class App {
  #folder = temporaryFolder("spacetime-keys-app-");
  #command;
  #process;
  #environment;
  issuer;

  /**
   * @param runtime `node` or `bun`. @param settings Further environment variables.
   * @param script The example's, from the folder of examples.
   */
  static async start(runtime, { privateKey, ...settings }, script = "tokens/server.mjs") {
    const app = new App();
    app.#command = [RUNTIMES[runtime], join(PACKAGE, "examples", script)];
    await onFreePort(async (port) => {
      // The issuer has the port in it, so it stays over restarts: the identities depend on it.
      app.issuer = `http://127.0.0.1:${port}`;
      app.#environment = {
        ISSUER_URL: app.issuer,
        PORT: `${port}`,
        PRIVATE_KEY_FILE: app.write("id_ecdsa", privateKey),
        ...settings,
      };
      await app.#run();
    });
    return app;
  }

  /** Writes a file that only its owner may read, and gives its path. */
  write(name, text) {
    const path = join(this.#folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Stops the server as a service manager does, and starts it again with other settings. */
  async restart(settings = {}) {
    await stop(this.#process, "SIGTERM");
    Object.assign(this.#environment, settings);
    await this.#run();
  }

  /** Stops it as a service manager does, and gives its exit code. */
  async stop() {
    await stop(this.#process, "SIGTERM");
    return this.#process.child.exitCode;
  }

  get pid() {
    return this.#process.child.pid;
  }

  /** Makes the private key's file readable for others. */
  exposePrivateKey() {
    chmodSync(join(this.#folder, "id_ecdsa"), 0o644);
  }

  /** Runs the server to its end: with settings that it refuses. */
  refusal(settings) {
    return run(this.#command, this.#options(settings));
  }

  /** Everything that the server has said. */
  log() {
    return readFileSync(join(this.#folder, "log"), "utf8");
  }

  async #run() {
    const file = openSync(join(this.#folder, "log"), "a");
    this.#process = start(this.#command, { ...this.#options(), stdio: ["ignore", file, file] });
    const answers = async () => (await this.get("/.well-known/jwks.json")).status === 200;
    await until(this.#process, answers, () => `the example did not start:\n${this.log()}`);
  }

  #options(settings = {}) {
    const env = { PATH: process.env.PATH, HOME: this.#folder };
    return { cwd: this.#folder, env: { ...env, ...this.#environment, ...settings } };
  }

  get(path, { cookie, ...headers } = {}) {
    return this.#ask(path, { headers: { ...(cookie && { cookie }), ...headers } });
  }

  token = (cookie) => this.post("/token", "", { cookie });
  whoami = (cookie) => this.get("/whoami", { cookie });

  /** @param body A value, sent as JSON; or a string, sent as it stands. */
  post(path, body, { cookie, ...headers } = {}) {
    return this.#ask(path, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", ...(cookie && { cookie }), ...headers },
    });
  }

  async #ask(path, request) {
    const response = await fetch(`${this.issuer}${path}`, { ...request, redirect: "error" });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text === "" ? null : JSON.parse(text),
    };
  }

  /** Logs in, and gives the cookie as a browser would send it back. */
  async logIn(user, password) {
    const reply = await this.post("/login", { user, password });
    const cookie = reply.headers.get("set-cookie")?.split(";", 1)[0];
    return { ...reply, cookie };
  }
}
