// The same requests to the package's exchange and to the program's: the same answers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { after, before, describe, it } from "node:test";

import { createExchange, deriveIdentity, toNodeHandler } from "spacetime-keys";

import { p256 } from "./support/keys.mjs";
import { SUBJECT, listOf, old, oldToken, present, retired } from "./support/retired.mjs";
import { Server } from "./support/spacetimedb.mjs";
import { claimsOf, signByHand } from "./support/tokens.mjs";

const now = Math.floor(Date.now() / 1000);
const times = { retired_at: now - 1000, honored_until: now + 86_400 };
const leaked = p256();
const over = p256();
const list = listOf([
  retired(old.publicKey, times),
  retired(leaked.publicKey, { ...times, revoked: true }),
  retired(over.publicKey, { ...times, honored_until: now - 10 }),
]);
const claims = { iss: "localhost", sub: SUBJECT, iat: now - 2000 };
const given = signByHand(old.privateKey, claims);
const owner = signByHand(old.privateKey, { ...claims, sub: "owner" });
const bearer = (token) => ["Authorization", `Bearer ${token}`];

/** Requests: method, path, and fields as they are sent. */
const requests = {
  "a proxy's": ["GET", "/forward-auth?token=x", bearer(given)],
  "a proxy's POST": ["POST", "/forward-auth", bearer(given)],
  "a client's": ["POST", "/exchange", bearer(given)],
  "one that is good": ["POST", "/exchange", bearer(signByHand(present.privateKey, claims))],
  "a good one of a proxy": ["GET", "/forward-auth", bearer(signByHand(present.privateKey, claims))],
  "an owner's": ["POST", "/exchange", bearer(owner)],
  "an owner's of a proxy": ["GET", "/forward-auth", bearer(owner)],
  "a revoked key's": ["POST", "/exchange", bearer(signByHand(leaked.privateKey, claims))],
  "a key's whose time is over": ["POST", "/exchange", bearer(signByHand(over.privateKey, claims))],
  "a stranger's": ["POST", "/exchange", bearer(signByHand(p256().privateKey, claims))],
  "one that was issued later": ["POST", "/exchange", bearer(oldToken({ iat: now - 900 }))],
  "an expired one": ["POST", "/exchange", bearer(oldToken({ iat: now - 2000, exp: now - 500 }))],
  "one that expires soon": ["GET", "/forward-auth", bearer(oldToken({ iat: 1, exp: now + 100 }))],
  "one with act": ["GET", "/forward-auth", bearer(oldToken({ iat: 1, act: {} }))],
  garbage: ["POST", "/exchange", bearer("garbage")],
  "garbage of a proxy": ["GET", "/forward-auth", bearer("garbage")],
  "no token": ["POST", "/exchange", []],
  "no token of a proxy": ["GET", "/forward-auth", []],
  "an empty field": ["GET", "/forward-auth", ["Authorization", ""]],
  "another scheme": ["GET", "/forward-auth", ["Authorization", "Basic YTpi"]],
  "the scheme in other letters": ["POST", "/exchange", ["AUTHORIZATION", `bEARER   ${given}`]],
  "two tokens": ["POST", "/exchange", [...bearer(given), ...bearer(given)]],
  "two tokens in one field": ["POST", "/exchange", bearer(`${given}, Bearer ${given}`)],
  "letters that no token has": ["POST", "/exchange", ["Authorization", "Bearer h\u00e4"]],
  "by another method": ["GET", "/exchange", bearer(given)],
  "another path": ["POST", "/exchange/", bearer(given)],
  health: ["GET", "/healthz", []],
  "health by another method": ["POST", "/healthz", []],
};

let server;
let node;
let program;
const ports = {};

before(async () => {
  server = await Server.start();
  server.retire(list);
  server.owners = [deriveIdentity("localhost", "owner")];
  const ours = { server: server.url, mountedKeysDir: server.folder };
  node = createServer(toNodeHandler(createExchange({ ...ours, onError: () => {} })));
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  ports.package = node.address().port;

  const listen = ["--listen", "127.0.0.1:0", "--keys-dir", server.folder];
  const args = ["exchange", "--json", "--server", server.url, ...listen];
  program = spawn(process.env.SPACETIME_KEYS_BIN, args, { stdio: ["ignore", "pipe", "ignore"] });
  const [said] = await once(program.stdout, "data");
  ports.program = Number(JSON.parse(said.toString()).listening.split(":").at(-1));
});

after(async () => {
  const ended = once(program, "exit");
  program.kill("SIGTERM");
  node.closeAllConnections();
  node.close();
  await ended;
  await server.stop();
});

/** Sends it as it is written, and gives what is to be the same. */
function answerOf(port, [method, path, fields]) {
  return new Promise((resolve, reject) => {
    const sent = ask({ port, host: "127.0.0.1", method, path, agent: false }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      const of = ["content-type", "cache-control", "www-authenticate", "allow", "authorization"];
      const headers = Object.fromEntries(of.map((name) => [name, response.headers[name]]));
      resolve({ status: response.statusCode, headers: readable(headers), body: readable(body) });
    });
    sent.on("error", reject);
    const names = new Set(fields.filter((_, at) => at % 2 === 0));
    for (const name of names) {
      const values = fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name);
      sent.setHeader(name, values.length > 1 ? values : values[0]);
    }
    sent.end();
  });
}

/** New tokens as their claims, with their times from now: no two signatures are the same. */
function readable(value) {
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, readable(text)]));
  }
  return value?.replaceAll(/[\w-]+\.[\w-]+\.[\w-]+/g, (token) => {
    if (!token.startsWith("eyJ") || Object.values(requests).flat(2).join().includes(token))
      return token;
    const found = claimsOf(token);
    // Some seconds may lie between two answers.
    const about = (time) => (time > now ? `now + ${Math.round((time - now) / 100) * 100}` : time);
    return JSON.stringify({
      ...found,
      iat: found.iat >= now ? "now" : found.iat,
      exp: about(found.exp),
    });
  });
}

/** Until both say so at `/healthz`. */
async function untilBoth(status, isSo = () => true) {
  for (const port of Object.values(ports)) {
    for (let turn = 0; ; turn += 1) {
      const health = await answerOf(port, requests.health);
      if (health.status === status && isSo(health.body)) break;
      assert.ok(turn < 1000, `it never said ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function compareAll(state) {
  const statuses = new Set();
  for (const [name, request] of Object.entries(requests)) {
    const [ours, theirs] = await Promise.all(
      [ports.package, ports.program].map((port) => answerOf(port, request)),
    );
    assert.deepEqual(ours, theirs, `${state}: ${name}`);
    statuses.add(ours.status);
  }
  return [...statuses].sort();
}

describe("the package's exchange and the program's", () => {
  it("answer the same while tokens are exchanged", async () => {
    await untilBoth(200);
    assert.deepEqual(await compareAll("ready"), [200, 401, 404, 405]);
  });

  it("answer the same before the restart", async () => {
    server.key = old.publicKey;
    await untilBoth(503, (body) => /restart the server/.test(body));
    assert.deepEqual(await compareAll("not served"), [200, 401, 404, 405, 503]);
    server.key = present.publicKey;
    await untilBoth(200);
  });

  it("answer the same with a damaged list", async () => {
    server.retire("{");
    await untilBoth(503, (body) => !/restart/.test(body));
    assert.deepEqual(await compareAll("damaged"), [200, 401, 404, 405, 503]);
    server.retire(list);
    await untilBoth(200);
  });

  it("answer the same while the server says nothing of owners", async () => {
    server.instead.databases = (response) => response.destroy();
    const request = ["POST", "/exchange", bearer(oldToken({ iat: 1, sub: "new" }))];
    const [ours, theirs] = await Promise.all(
      [ports.package, ports.program].map((port) => answerOf(port, request)),
    );
    assert.deepEqual(ours, theirs);
    assert.equal(ours.status, 503);
    server.instead = {};
  });

  it("answer the same while the server is gone", async () => {
    server.instead["public-key"] = (response) => response.destroy();
    await untilBoth(503);
    assert.deepEqual(await compareAll("gone"), [200, 401, 404, 405, 503]);
  });
});
