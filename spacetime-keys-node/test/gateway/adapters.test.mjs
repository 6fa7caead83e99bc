// Each adapter, by a client that shares nothing with it: events come, a client that goes is let go, and one that
// sleeps is not written for.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, describe, it } from "node:test";

import { ManagedRuntime } from "effect";
import express from "express";
import { H3 } from "h3";
import { createApp, toNodeListener } from "h3-v1";
import { Hono } from "hono";
import { toNodeHandler } from "spacetime-keys";

import { serve as serveBun } from "../../examples/gateway/adapters/bun.mjs";
import { handlerOf, layer } from "../../examples/gateway/adapters/effect.mjs";
import { mount as mountExpress } from "../../examples/gateway/adapters/express.mjs";
import { eventHandler } from "../../examples/gateway/adapters/h3-1.mjs";
import { mount as mountH3 } from "../../examples/gateway/adapters/h3-2.mjs";
import { mount as mountHono } from "../../examples/gateway/adapters/hono.mjs";
import { route } from "../../examples/gateway/adapters/tanstack-start.mjs";
import { serve } from "../../examples/gateway/node.mjs";
import { makeGateway } from "./support/gateway.mjs";
import { EventReader, StreamReader } from "./support/sse.mjs";

const closing = [];
after(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(listener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

/** On Node, what is made for bun's server is served as it would be by Node's. */
const onBun = typeof Bun !== "undefined";

const adapters = {
  "node:http": async (gateway) => {
    const server = await serve(gateway, { host: "127.0.0.1", port: 0 });
    closing.push(() => server.close(0));
    return server.port;
  },
  "Bun.serve": (gateway) => {
    if (!onBun) return listen(toNodeHandler(gateway));
    const server = serveBun(gateway, { host: "127.0.0.1", port: 0 });
    closing.push(() => server.stop(true));
    return server.port;
  },
  Express: (gateway) => listen(mountExpress(express(), gateway)),
  Hono: (gateway) => listen(toNodeHandler(mountHono(new Hono(), gateway).fetch)),
  "h3 2": (gateway) => listen(toNodeHandler(mountH3(new H3(), gateway).fetch)),
  "h3 1, as in Analog": (gateway) =>
    listen(toNodeListener(createApp().use("/", eventHandler(gateway)))),
  "Effect 4": (gateway) => {
    const app = { handler: gateway, start() {}, stop() {} };
    const runtime = ManagedRuntime.make(layer(() => app));
    closing.push(() => runtime.dispose());
    return listen(toNodeHandler(handlerOf(runtime)));
  },
  "TanStack Start": (gateway) => {
    const { GET, POST } = route(gateway).server.handlers;
    return listen(
      toNodeHandler((request) => (request.method === "POST" ? POST : GET)({ request, params: {} })),
    );
  },
};

/** Until it is so: what it waits for comes from another process or a socket. */
async function until(isSo, complaint) {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(complaint());
}

for (const [name, start] of Object.entries(adapters)) {
  describe(name, () => {
    it("sends events as they come, and lets go of who has gone", async () => {
      const { world, url, cookie } = await begin(start);
      const gone = new AbortController();
      const ask = { headers: { cookie }, signal: gone.signal };
      const replies = await Promise.all([1, 2, 3].map(() => fetch(`${url}/api/events`, ask)));
      const readers = replies.map(({ status, headers, body }) => {
        assert.deepEqual([status, headers.get("content-type")], [200, "text/event-stream"]);
        return new StreamReader(body);
      });
      for (const reader of readers) assert.equal((await reader.take(1))[0].event, "snapshot");
      assert.equal(world.streams.size, 3);
      world.write("7", "acme", "live");
      for (const reader of readers) {
        const [{ payload }] = await reader.take(1);
        assert.equal(payload.title, "live");
      }
      gone.abort();
      // Who has gone may be noticed when something is written for them.
      await until(
        () => {
          world.write("8", "acme");
          return world.streams.size === 0;
        },
        () => `${world.streams.size} streams are still open`,
      );
    });

    it("takes a write, and has no other ways in", async () => {
      const { world, url, cookie } = await begin(start);
      const body = JSON.stringify({ title: "a", body: "b" });
      const headers = { cookie, "content-type": "application/json" };
      const reply = await fetch(`${url}/api/documents`, { method: "POST", headers, body });
      assert.equal(reply.status, 204);
      assert.equal(world.calls[0].write.title, "a");
      assert.equal((await fetch(`${url}/api/documents`)).status, 401);
      assert.equal((await fetch(`${url}/api/nothing`, { headers: { cookie } })).status, 404);
    });

    it("writes nothing for a client that sleeps, and everything for one that does not", async () => {
      const { world, port, url, cookie } = await begin(start);
      const log = world.projection.log("acme");
      let given = 0;
      const afterNumber = log.after.bind(log);
      log.after = (...args) => {
        const frames = afterNumber(...args);
        for (const frame of frames) given += frame.length;
        return frames;
      };
      const sleeper = connect(port, "127.0.0.1");
      await once(sleeper, "connect");
      const head = ["GET /api/events HTTP/1.1", "Host: a", `Cookie: ${cookie}`, "", ""];
      sleeper.write(head.join("\r\n"));
      await once(sleeper, "data");
      sleeper.pause();
      let total = 0;
      const title = "x".repeat(20_000);
      for (let written = 0; written < 4000; written += 1) {
        world.write("9", "acme", title);
        total += title.length;
        if (written % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      assert.ok(total > 70e6);
      // What the two sockets hold, which is the kernel's.
      assert.ok(given < 20e6, `${given} of ${total} bytes`);
      const others = await fetch(`${url}/api/events`, { headers: { cookie } });
      const reader = new StreamReader(others.body);
      assert.equal((await reader.take(1))[0].event, "snapshot", "nobody waits for it");
      await reader.cancel();
      // It wakes up, and is brought up to date.
      const events = new EventReader();
      let last;
      sleeper.on("data", (bytes) => {
        // The transfer coding's own lines in between are no fields of the standard's.
        for (const event of events.take(bytes)) last = event;
      });
      sleeper.resume();
      await until(
        () => last?.lastEventId === log.id(log.last),
        () => `${last?.lastEventId} is the last of ${log.last}`,
      );
      sleeper.destroy();
      await until(
        () => {
          world.write("8", "acme");
          return world.streams.size === 0;
        },
        () => `${world.streams.size} streams are still open`,
      );
    });
  });
}

async function begin(start) {
  const world = makeGateway().fill();
  const port = await start(world.gateway);
  return { world, port, url: `http://127.0.0.1:${port}`, cookie: world.cookieOf("u_1") };
}

describe("Effect 4", () => {
  it("starts the gateway once, and stops it with the runtime", async () => {
    const told = [];
    const app = {
      start: () => told.push("start"),
      stop: () => told.push("stop"),
      handler: async () => new Response("answer"),
    };
    const runtime = ManagedRuntime.make(layer(() => app));
    const handler = handlerOf(runtime);
    for (let asked = 0; asked < 3; asked += 1) {
      assert.equal(await (await handler(new Request("http://a/"))).text(), "answer");
    }
    assert.deepEqual(told, ["start"]);
    await runtime.dispose();
    assert.deepEqual(told, ["start", "stop"]);
  });
});
