// The gateway beside a real SpacetimeDB: `node test/examples/gateway/smoke.mjs node` (or `… bun`, the runtime that
// the gateway and its smoke client are started on).

import assert from "node:assert/strict";
import { join } from "node:path";

import { check, finish } from "../../real-server/support/checks.mjs";
import { start } from "../../real-server/support/processes.mjs";
import { RUNTIMES } from "../tokens/app.mjs";
import { checkEnding, checkStop } from "./ending.mjs";
import { telling } from "./gateway-process.mjs";
import { CaddyProxy, checkProxy } from "./proxy.mjs";
import { checkReading } from "./reading.mjs";
import { EXAMPLE, World, eventually } from "./world.mjs";
import { checkWriting } from "./writing.mjs";

const runtime = process.argv[2];
if (runtime !== "node" && runtime !== "bun") {
  console.error("usage: node test/examples/gateway/smoke.mjs node|bun");
  process.exit(2);
}

const world = await World.start(runtime, {
  HEARTBEAT_SECONDS: "1",
  // Time for what is written while clients sleep.
  STALL_SECONDS: "20",
  ...telling(runtime),
});
const proxy = await CaddyProxy.start(world);
const alice = await world.logIn("alice");

await check("the smoke client finds everything well", async () => {
  const client = start([RUNTIMES[runtime], join(EXAMPLE, "smoke.mjs"), world.app.issuer], {
    env: { PATH: process.env.PATH, DEMO_PASSWORD: world.password, API_KEY: world.apiKey },
  });
  let output = "";
  for (const stream of [client.child.stdout, client.child.stderr]) {
    stream.on("data", (text) => (output += text));
  }
  await client.exited;
  assert.equal(client.child.exitCode, 0, output);
  assert.match(output, /^all is well$/m);
  // What it wrote is not what the others look for.
  const { documents } = (await world.app.get("/api/documents", alice)).json;
  for (const { id } of documents) await world.delete("u_1", "acme", id);
  const isEmpty = async () => {
    const { json } = await world.app.get("/api/documents", alice);
    return json.documents.length === 0;
  };
  await eventually(isEmpty, "deleted documents are still shown");
});

await checkReading(world);
await checkWriting(world);
await checkProxy(world, proxy);

await check("a stream without events has a heartbeat", async () => {
  const watcher = await world.watch(alice);
  await watcher.next();
  const next = watcher.next();
  await eventually(() => watcher.sse.comments >= 2, "no heartbeat");
  watcher.close();
  await assert.rejects(next).catch(() => {});
});

await checkEnding(world);
await checkStop(world);
await proxy.stop();

await check("no token, key, cookie or password is in any log or address", async () => {
  const log = world.app.log();
  assert.match(log, /^GET \/api\/events 200$/m);
  assert.match(log, /^database lost: /m);
  const cookie = alice.cookie.split("=")[1];
  const secrets = [
    cookie,
    world.apiKey,
    world.apiKey.slice("sk_importer_".length),
    world.password,
    "PRIVATE KEY",
  ];
  assert.match(proxy.log(), /api\/events/);
  for (const [name, text] of Object.entries({ gateway: log, proxy: proxy.log() })) {
    for (const secret of secrets) assert.ok(!text.includes(secret), name);
    assert.doesNotMatch(text, /eyJ/, name);
  }
  assert.doesNotMatch(world.databaseLog(), /eyJ/);
  // Nothing went wrong that nobody told.
  assert.doesNotMatch(log, /error:|unhandled/i);
});

finish(18);
