// The lines of docs/node.md for each framework, run in the framework: every route of an issuer and an
// exchange, what is left to the app, and a client that goes away.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { after, before, describe, it } from "node:test";

import express from "express";
import * as h3 from "h3";
import { toNodeHandler as nodeOfH3 } from "h3/node";
import * as h3v1 from "h3-v1";
import { Hono } from "hono";
import {
  createExchange,
  createIssuer,
  jwks,
  openidConfiguration,
  toNodeHandler,
} from "spacetime-keys";

import { ec } from "./support/keys.mjs";
import { namedBlocks } from "./support/pages.mjs";
import { RETIRED_AT, oldToken } from "./support/retired.mjs";
import { Server } from "./support/spacetimedb.mjs";

const issuer = createIssuer({
  issuer: "https://app.example.com",
  keys: [{ privateKey: ec.privateKey }],
  authorize: ({ headers }) =>
    headers.get("cookie") === "session=s_7" ? { subject: "u_1", audience: "spacetimedb" } : null,
});
let server;
let exchange;
before(async () => {
  server = await Server.start();
  exchange = createExchange({
    server: server.url,
    mountedKeysDir: server.folder,
    now: () => RETIRED_AT + 100,
  });
});
after(() => server.stop());

/** What each block may name, a route of the app's own, and how Node calls the app. */
const FRAMEWORKS = {
  express: {
    names: { express, toNodeHandler },
    own: (app) => app.get("/own", (_, response) => response.send("own")),
    listener: (app) => app,
  },
  hono: {
    names: { Hono },
    own: (app) => app.get("/own", (context) => context.text("own")),
    listener: (app) => toNodeHandler((made) => app.fetch(made)),
  },
  h3: {
    names: h3,
    own: (app) => app.get("/own", () => "own"),
    listener: nodeOfH3,
  },
  "h3-v1": {
    names: { ...h3v1, toNodeHandler },
    own: (app) =>
      app.use(
        "/own",
        h3v1.eventHandler(() => "own"),
      ),
    listener: h3v1.toNodeListener,
  },
};

/** Runs a block of the page: its `app`. */
function run(code, names) {
  const given = { issuer, exchange, ...names };
  const made = new Function(...Object.keys(given), `"use strict"; ${code}; return app;`);
  return made(...Object.values(given));
}

/** Serves what a block has made while something is asked. */
async function whileServing({ names, own, listener }, code, ask, more = {}) {
  const app = run(code, { ...names, ...more });
  own(app);
  const node = createServer(listener(app)).listen(0, "127.0.0.1");
  await once(node, "listening");
  try {
    await ask(`http://127.0.0.1:${node.address().port}`);
  } finally {
    node.closeAllConnections();
    node.close();
  }
}

const blocks = namedBlocks("node.md", "js");

describe("docs/node.md", () => {
  it("has lines for each of these frameworks, one to four", () => {
    assert.deepEqual(Object.keys(blocks).sort(), Object.keys(FRAMEWORKS).sort());
    for (const [name, code] of Object.entries(blocks)) {
      assert.ok(code.trim().split("\n").length <= 4, name);
    }
  });
});

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  describe(name, () => {
    it("serves an issuer and an exchange, and leaves the rest to the app", async () => {
      await whileServing(framework, blocks[name], async (url) => {
        const json = async (path) => (await fetch(url + path)).json();
        const discovery = await json("/.well-known/openid-configuration");
        assert.deepEqual(discovery, openidConfiguration("https://app.example.com", ec.publicKey));
        assert.deepEqual(await json("/.well-known/jwks.json"), jwks(ec.publicKey));

        const ask = (headers) => fetch(`${url}/token`, { method: "POST", headers });
        const token = await ask({ cookie: "session=s_7" });
        assert.deepEqual([token.status, token.headers.get("cache-control")], [200, "no-store"]);
        assert.equal((await ask({})).status, 401);
        assert.equal((await fetch(`${url}/token`)).status, 405);

        const headers = { authorization: `Bearer ${oldToken()}` };
        const post = { method: "POST", headers };
        assert.equal((await fetch(`${url}/keys/exchange`, post)).status, 200);
        assert.equal((await fetch(`${url}/keys/healthz`)).status, 200);

        assert.equal(await (await fetch(`${url}/own`)).text(), "own");
        assert.equal((await fetch(`${url}/nowhere`)).status, 404);
      });
    });

    it("tells a handler that its client has gone away", async () => {
      let gone;
      const left = new Promise((resolve) => {
        gone = resolve;
      });
      const streaming = ({ signal }) => {
        signal.addEventListener("abort", () => gone("aborted"));
        const body = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(": hello\n\n")),
          cancel: () => gone("cancelled"),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      await whileServing(
        framework,
        blocks[name],
        async (url) => {
          const asked = request(`${url}/keys/events`).end();
          const [answer] = await once(asked, "response");
          await once(answer, "data");
          asked.destroy();
          assert.match(await left, /aborted|cancelled/);
        },
        { exchange: streaming },
      );
    });
  });
}

describe("h3-v1's own Request", () => {
  it("does not tell, which is why the page does without it", async () => {
    let made;
    let closed;
    const app = h3v1.createApp().use(
      h3v1.eventHandler((event) => {
        made = h3v1.toWebRequest(event);
        closed = once(event.node.res, "close");
        return new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(9)) });
      }),
    );
    const node = createServer(h3v1.toNodeListener(app)).listen(0, "127.0.0.1");
    await once(node, "listening");
    try {
      const asked = request(`http://127.0.0.1:${node.address().port}`).end();
      const [answer] = await once(asked, "response");
      await once(answer, "data");
      asked.destroy();
      await closed;
      assert.equal(made.signal.aborted, false);
    } finally {
      node.closeAllConnections();
      node.close();
    }
  });
});
