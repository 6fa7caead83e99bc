// A real `spacetimedb-standalone` that serves the keys mounted on a host.

import assert from "node:assert/strict";
import { openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

import { DATABASE, Host } from "./host.mjs";
import { start, stop, until } from "./processes.mjs";

// Server 1.2.0 handles no signal, and writes its control database to disk every 50 ms: killed right
// after a publish, it has forgotten the database by its next start. So long it must have been up.
const FLUSHED = 250;

/** As often it must have answered meanwhile: on a busy machine its own time is what counts. */
const ANSWERS = 10;

export class Server {
  #host;
  #command;
  #process;
  url;

  /** Starts a server with the host's mounted keys and a data folder of its own on the host. */
  static async start(host) {
    const server = new Server();
    server.#host = host;
    await onFreePort(async (port) => {
      server.url = `http://127.0.0.1:${port}`;
      server.#command = [
        Host.real("spacetimedb-standalone"),
        "start",
        ...["--listen-addr", `127.0.0.1:${port}`],
        ...["--data-dir", host.path("data/server")],
        ...["--jwt-priv-key-path", host.privateKey],
        ...["--jwt-pub-key-path", host.publicKey],
      ];
      await server.#run();
    });
    return server;
  }

  /** Stops the server and starts it again on the same port: it reads the mounted keys again. */
  async restart() {
    await this.stop();
    await this.startAgain();
  }

  /** After {@link stop}. */
  startAgain() {
    return this.#run();
  }

  async stop() {
    for (let answers = 0; answers < ANSWERS; answers += 1) {
      await new Promise((resolve) => setTimeout(resolve, FLUSHED / ANSWERS));
      await fetch(`${this.url}/v1/ping`);
    }
    await stop(this.#process);
  }

  /** The public key in use, as the server shows it. */
  async publicKey() {
    return (await this.#get("/v1/identity/public-key")).text();
  }

  /** The identity that owns the database, as bare hex. */
  async owner() {
    const database = await (await this.#get(`/v1/database/${DATABASE}`)).json();
    return database.owner_identity.__identity__.replace("0x", "");
  }

  /** What a request with the token is answered, where nothing but a valid token is asked for. */
  async ping(token) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.url}/v1/ping`, { headers });
    return { status: response.status, body: await response.text() };
  }

  async #get(path) {
    const response = await fetch(`${this.url}${path}`);
    assert.equal(response.status, 200, path);
    return response;
  }

  async #run() {
    const log = this.#host.path("server.log");
    const file = openSync(log, "a");
    const stdio = ["ignore", file, file];
    this.#process = start(this.#command, { ...this.#host.options(), stdio });
    // By its key it is told from another server, who may have been quicker to take the port.
    const mounted = readFileSync(this.#host.publicKey, "utf8");
    const answers = async () => (await this.publicKey()) === mounted;
    const complaint = () => `the server did not start:\n${readFileSync(log, "utf8")}`;
    await until(this.#process, answers, complaint);
  }
}

/**
 * Hands out a port until `begin` can use it. Between the look and the use anybody may take it: then
 * the next one is tried. Below those that systems give to connections of their own (32,768 and up on
 * Linux), so that it is still free when a server is started on it again.
 */
export async function onFreePort(begin) {
  for (let attempt = 1; ; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await isFree(port))) continue;
    try {
      return await begin(port);
    } catch (error) {
      // Node's words, the server's, and bun's.
      const isTaken = /EADDRINUSE|address already in use|is port \d+ in use/i.test(error.message);
      if (!isTaken || attempt === 20) throw error;
    }
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once("error", () => resolve(false));
    listener.listen(port, "127.0.0.1", () => listener.close(() => resolve(true)));
  });
}
