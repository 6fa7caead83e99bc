// Thousands of clients for minutes, while documents are written all the time, clients come and go, the database is
// killed, and its keys are rotated: `node test/examples/gateway/soak.mjs [--clients N] [--seconds S]`.
// Everything is on this machine, and nothing leaves it.

import assert from "node:assert/strict";
import { parseArgs } from "node:util";

import { check, finish } from "../../real-server/support/checks.mjs";
import { start } from "../../real-server/support/processes.mjs";
import { sampleSeed, sampleSize } from "../../support/sample.mjs";
import { holdings, openFiles, telling } from "./gateway-process.mjs";
import { rotate } from "./soak/rotation.mjs";
import { judge } from "./soak/truth.mjs";
import { Writers } from "./soak/writers.mjs";
import { World, eventually } from "./world.mjs";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: `${sampleSize(200, 2000)}` },
    seconds: { type: "string", default: `${sampleSize(30, 600)}` },
  },
});
const CLIENTS = Number(values.clients);
const DURATION = 1000 * Number(values.seconds);
/** Of a stream: each client leaves some times. */
const LIFE = DURATION / 8;
/** Between two writes of one writer: what thousands are told of all takes its time. */
const PAUSE = Math.max(200, CLIENTS / 4);

/** Megabytes by which the gateway may have grown: what its two rings hold at most, and what a heap is rough by. */
const HEAP_SLACK = 32;
/** A heap gives pages back late, and malloc some of them never. */
const RSS_SLACK = 96;

const world = await World.start("node", {
  ...telling("node"),
  STREAMS_PER_USER: `${CLIENTS}`,
});
const tenants = [
  { tenant: "acme", user: "u_1", headers: await world.logIn("alice") },
  { tenant: "globex", user: "u_2", headers: await world.logIn("bob") },
];

/** The clients' process. @param life Of a stream, in milliseconds. */
async function gather(life) {
  const crowd = start([process.execPath, new URL("soak/crowd.mjs", import.meta.url).pathname], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const tell = (command, what) =>
    new Promise((resolve, reject) => {
      crowd.child.once("message", ({ answer }) => resolve(answer));
      crowd.exited.then(() => reject(new Error("the clients' process ended")));
      crowd.child.send({ command, ...what });
    });
  const before = await pages();
  const groups = tenants.map(({ tenant, headers }) => {
    const [epoch, number] = before[tenant].id.split("-");
    return { tenant, cookie: headers.cookie, epoch, number: Number(number), count: CLIENTS / 2 };
  });
  await tell("fill", {
    port: Number(new URL(world.app.issuer).port),
    seed: sampleSeed(),
    life,
    groups,
  });
  return { tell, before, end: () => crowd.child.disconnect(), exited: crowd.exited };
}

async function pages() {
  const all = {};
  for (const { tenant, headers } of tenants) {
    all[tenant] = (await world.app.get(`/api/documents?tenant=${tenant}`, headers)).json;
  }
  return all;
}

/** Everybody goes; afterwards the gateway has nothing left of them. */
async function disperse(crowd) {
  await crowd.tell("leave");
  crowd.end();
  await crowd.exited;
  await eventually(async () => (await world.health()).streams === 0, "streams are left behind");
}

/** Sockets that are kept alive for the next request are few. */
async function settledFiles(atMost) {
  await eventually(() => openFiles(world.app) <= atMost, "open files are left behind");
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let rest;
await check(`${CLIENTS} clients come and go`, async () => {
  const idle = openFiles(world.app);
  const crowd = await gather(0);
  assert.equal((await world.health()).streams, CLIENTS);
  assert.ok(openFiles(world.app) > CLIENTS, "each has its socket");
  await disperse(crowd);
  await settledFiles(idle + 4);
  rest = await holdings(world);
  console.log(`the gateway at rest: ${JSON.stringify(rest)}`);
});

const crowd = await gather(LIFE);
const writers = new Writers(world, tenants, PAUSE);

/** Killed amid writes. */
async function restart() {
  await writers.keepAll();
  await world.database.stop();
  await world.database.startAgain();
  await world.connected();
}

let report;
await check(`${DURATION / 1000} s of writes, disconnects, kills and a rotation`, async () => {
  const begin = performance.now();
  const at = (part) => sleep(Math.max(0, begin + part * DURATION - performance.now()));
  await at(0.2);
  await restart();
  writers.goOn();
  await at(0.5);
  await rotate(world, restart);
  writers.goOn();
  await at(0.8);
  await restart();
  writers.goOn();
  await at(1);
  await writers.stop();
  // A last one each, which nobody else follows.
  for (const { tenant, user } of tenants) await world.write(user, tenant, `last ${Date.now()}`);
  await eventually(async () => {
    const shown = Object.values(await pages());
    return shown.every(({ documents }) => documents.some(({ title }) => title.startsWith("last ")));
  }, "the last documents are not shown");
  const last = Object.entries(await pages()).map(([tenant, { id }]) => [
    tenant,
    Number(id.split("-")[1]),
  ]);
  await crowd.tell("settle", { last: Object.fromEntries(last) });
  report = await crowd.tell("report");
  const seconds = (performance.now() - begin) / 1000;
  const { disconnects, received } = report;
  const { written, deleted, failed } = writers;
  console.log(
    `written ${written}, deleted ${deleted}, in vain ${failed}; disconnects ${disconnects}`,
  );
  console.log(`${received} events, ${Math.round(received / seconds)} a second`);
  console.log(`from before the write: ${percentiles(report.delays)}`);
});

function percentiles(delays) {
  const total = delays.reduce((sum, [, count]) => sum + count, 0);
  const quantile = (part) => {
    let sum = 0;
    return delays.find(([, count]) => (sum += count) >= part * total)?.[0];
  };
  return `median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, of ${total}`;
}

await check("every client has seen every event once, in order, and the same", () => {
  assert.deepEqual(report.problems, {});
  assert.ok(report.disconnects >= 4 * CLIENTS, `${report.disconnects} disconnects`);
  assert.ok(writers.written > 0 && writers.failed > 0, "the kills were amid the writes");
});

await check("what they have seen is what the database has", async () => {
  for (const { tenant } of tenants) {
    const seen = report.events.filter((event) => event.tenant === tenant);
    const number = ({ envelope }) => Number(envelope.id.split("-")[1]);
    const envelopes = seen.sort((a, b) => number(a) - number(b)).map(({ envelope }) => envelope);
    const { documents } = crowd.before[tenant];
    console.log(`${tenant}: ${JSON.stringify(await judge(world, tenant, documents, envelopes))}`);
  }
});

await check("the gateway holds what it held before", async () => {
  await disperse(crowd);
  await settledFiles(rest.files + 4);
  const now = await holdings(world);
  console.log(`the gateway at rest: ${JSON.stringify(now)}`);
  assert.ok(now.heap + now.buffers <= rest.heap + rest.buffers + HEAP_SLACK, "heap");
  assert.ok(now.rss <= rest.rss + RSS_SLACK, "RSS");
});

await check("it stops, and has complained of nothing", async () => {
  assert.equal(await world.app.stop(), 0);
  const log = world.app.log();
  // The SDK's own words about a connection that it does not get begin otherwise.
  assert.deepEqual(log.match(/^(.*(warning|unhandled|eyJ)|error).*$/gim), null);
});

finish(6);
