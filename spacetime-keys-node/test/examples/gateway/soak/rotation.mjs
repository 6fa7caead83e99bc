// A rotation while clients watch, as docs/players-online.md has it: the exchange runs, the old tokens are honoured,
// and the restart comes last.

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

import { start, stop } from "../../../real-server/support/processes.mjs";
import { eventually } from "../world.mjs";

const program = process.env.SPACETIME_KEYS_BIN;

export class Exchange {
  #process;
  #url;

  static async start({ host, database }) {
    assert.ok(program, "SPACETIME_KEYS_BIN must name the program");
    const exchange = new Exchange();
    const options = ["--server", database.url, "--keys-dir", dirname(host.privateKey)];
    exchange.#process = start([program, "exchange", "-q", "--listen", "127.0.0.1:0", ...options], {
      ...host.options(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: exchange.#process.child.stdout });
    const [line] = await new Promise((resolve) => lines.once("line", (...said) => resolve(said)));
    exchange.#url = `http://${line.trim().split("/").at(-1)}`;
    return exchange;
  }

  /** The new token of an old one. */
  async exchange(token) {
    const isReady = async () => (await fetch(`${this.#url}/healthz`)).status === 200;
    await eventually(isReady, "it does not exchange");
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.#url}/exchange`, { method: "POST", headers });
    assert.equal(response.status, 200);
    return response.json();
  }

  stop() {
    return stop(this.#process, "SIGTERM");
  }
}

/** @param restart Stops the database, and starts it again. */
export async function rotate(world, restart) {
  const { host, database } = world;
  const exchange = await Exchange.start(world);
  const created = await fetch(`${database.url}/v1/identity`, { method: "POST" });
  const player = await created.json();
  const before = await database.publicKey();
  host.succeed([program, "rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"]);
  await restart();
  assert.notEqual(await database.publicKey(), before);
  world.owner = host.token();
  assert.equal((await database.ping(player.token)).status, 401, "it is an old token");
  const kept = await exchange.exchange(player.token);
  assert.equal(kept.identity, player.identity, "the same player");
  assert.equal((await database.ping(kept.token)).status, 200);
  await exchange.stop();
}
