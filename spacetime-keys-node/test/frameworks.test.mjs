// createExchange and toNodeHandler where they are said to fit: Express, Hono, h3, bun's own server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import express from "express";
import { H3 } from "h3";
import { Hono } from "hono";
import { createExchange, toNodeHandler } from "spacetime-keys";

import { RETIRED_AT, claims, oldToken } from "./support/retired.mjs";
import { Server } from "./support/spacetimedb.mjs";
import { claimsOf } from "./support/tokens.mjs";

const given = oldToken();
const now = RETIRED_AT + 100;
let server;
let exchange;
before(async () => {
  server = await Server.start();
  exchange = createExchange({
    server: server.url,
    mountedKeysDir: server.folder,
    now: () => now,
  });
});
after(() => server.stop());

/** Asks for a new token over HTTP, at a path of a server that listens. */
async function exchangedAt(url) {
  const headers = { authorization: `Bearer ${given}` };
  const response = await fetch(`${url}/exchange`, { method: "POST", headers });
  assert.equal(response.status, 200);
  return claimsOf((await response.json()).token);
}

/** Serves a listener while something is asked. */
async function whileServing(listener, ask) {
  const node = createServer(listener).listen(0, "127.0.0.1");
  await once(node, "listening");
  try {
    await ask(`http://127.0.0.1:${node.address().port}`);
  } finally {
    node.closeAllConnections();
    node.close();
  }
}

const expected = { ...claims, iat: now };

describe("Express", () => {
  it("serves it under a path, and at the root", async () => {
    const app = express();
    app.use("/under/a/path", toNodeHandler(exchange));
    await whileServing(app, async (url) => {
      assert.deepEqual(await exchangedAt(`${url}/under/a/path`), expected);
      assert.equal((await fetch(`${url}/exchange`, { method: "POST" })).status, 404, "Express's");
    });
    const root = express().use(toNodeHandler(exchange));
    await whileServing(root, async (url) => assert.deepEqual(await exchangedAt(url), expected));
  });

  it("keeps the fields that came before, and says which order is wrong", async () => {
    const told = [];
    const echo = async (request) => new Response(await request.text());
    const handler = toNodeHandler(echo, { onError: ({ message }) => told.push(message) });
    const app = express();
    app.use((_, response, next) => {
      response.cookie("a", "1");
      next();
    });
    app.post("/before", handler);
    app.use(express.json());
    app.post("/after", handler);
    await whileServing(app, async (url) => {
      const headers = { "content-type": "application/json" };
      const post = (path) => fetch(url + path, { method: "POST", headers, body: "{}" });
      const good = await post("/before");
      assert.deepEqual([good.status, await good.text()], [200, "{}"]);
      assert.match(good.headers.get("set-cookie"), /^a=1/);
      assert.equal((await post("/after")).status, 500);
      assert.match(told.join(), /before what parses bodies/);
    });
  });
});

describe("what takes a handler of Requests", () => {
  const ask = (fetch, path) =>
    fetch(
      new Request(`http://127.0.0.1${path}/exchange`, {
        method: "POST",
        headers: { authorization: `Bearer ${given}` },
      }),
    );

  for (const [name, make] of Object.entries({
    "Hono, mounted": () => new Hono().mount("/keys", exchange),
    "Hono, a route": () =>
      new Hono().basePath("/keys").all("/*", ({ req }) => exchange(bare(req.raw))),
    "h3, mounted": () => new H3().mount("/keys", exchange),
  })) {
    it(`is ${name}`, async () => {
      const app = make();
      const response = await ask((request) => app.fetch(request), "/keys");
      assert.equal(response.status, 200);
      assert.deepEqual(claimsOf((await response.json()).token), expected);
    });
  }

  /** The request, without the path that it was routed by. */
  function bare(request) {
    return new Request(request.url.replace("/keys", ""), request);
  }

  it("is bun's server", async () => {
    // On Node, the same handler by toNodeHandler.
    if (globalThis.Bun === undefined) {
      return whileServing(toNodeHandler(exchange), async (url) =>
        assert.deepEqual(await exchangedAt(url), expected),
      );
    }
    const bun = globalThis.Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: exchange });
    try {
      assert.deepEqual(await exchangedAt(`http://127.0.0.1:${bun.port}`), expected);
    } finally {
      await bun.stop(true);
    }
  });
});
