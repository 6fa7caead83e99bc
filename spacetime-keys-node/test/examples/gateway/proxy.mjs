// The gateway behind a real Caddy that compresses.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import { check } from "../../real-server/support/checks.mjs";
import { start, stop, until } from "../../real-server/support/processes.mjs";
import { onFreePort } from "../../real-server/support/server.mjs";
import { Watcher } from "./client.mjs";

export class CaddyProxy {
  #caddy;
  #log;
  url;

  static async start(world) {
    const proxy = new CaddyProxy();
    proxy.#log = world.host.path("caddy.log");
    await onFreePort(async (port) => {
      proxy.url = `http://127.0.0.1:${port}`;
      const caddyfile = world.host.path("Caddyfile");
      writeFileSync(
        caddyfile,
        `{
          admin off
          auto_https off
        }
        ${proxy.url} {
          log {
            output file ${proxy.#log}
          }
          encode gzip
          reverse_proxy ${world.app.issuer}
        }`,
      );
      proxy.#caddy = start(["caddy", "run", "--config", caddyfile, "--adapter", "caddyfile"], {
        ...world.host.options(),
        stdio: "ignore",
      });
      const answers = async () => (await fetch(`${proxy.url}/healthz`)).status === 200;
      await until(proxy.#caddy, answers, () => "Caddy did not start");
    });
    return proxy;
  }

  log() {
    return readFileSync(this.#log, "utf8");
  }

  stop() {
    return stop(this.#caddy, "SIGTERM");
  }
}

export async function checkProxy(world, proxy) {
  const alice = await world.logIn("alice");
  await check("behind a proxy that compresses, events come one by one", async () => {
    const headers = { ...alice, "accept-encoding": "gzip" };
    const before = performance.now();
    const watcher = await Watcher.open(proxy.url, headers);
    assert.equal(watcher.headers.get("content-encoding"), "identity");
    assert.equal((await watcher.next()).event, "snapshot");
    console.log(`first event after ${Math.round(performance.now() - before)} ms`);
    // Each is there while the stream is open, and before the next is written.
    for (const title of ["through 1", "through 2", "through 3"]) {
      await world.write("u_1", "acme", title);
      assert.equal((await watcher.next()).payload.title, title);
    }
    watcher.close();
    const page = await fetch(`${proxy.url}/api/documents`, { headers });
    assert.equal(page.headers.get("content-encoding"), "gzip", "and it does compress");
    await page.arrayBuffer();
  });
}
