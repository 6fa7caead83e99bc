// Snapshots and what comes after them, while others write and clients come and go.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";
import { Chance } from "../../support/random.mjs";
import { sampleSeed } from "../../support/sample.mjs";
import { numberOf } from "./client.mjs";

const WRITES = 1000;
const CLIENTS = 5;
/** Of all clients. */
const DISCONNECTS = 50;
/** Events that a client takes at most before it leaves: twice as often as it must, on average. */
const TAKEN = (WRITES / 2 / DISCONNECTS) * CLIENTS;

/** A client that follows its tenant to this title, with disconnects; what it has seen. */
async function follow(world, headers, lastTitle, chance) {
  const { json: page } = await world.app.get("/api/documents", headers);
  const seen = page.documents.map(({ title }) => title);
  const counts = { disconnects: 0, snapshots: 0 };
  let id = page.id;
  while (seen.at(-1) !== lastTitle) {
    const watcher = await world.watch(headers, { after: id });
    let left = 1 + chance.below(TAKEN);
    while (left > 0 && seen.at(-1) !== lastTitle) {
      const event = await watcher.next();
      assert.equal(event.event, "document.written");
      assert.equal(event.tenant_id, "acme");
      assert.equal(event.schema_version, 1);
      assert.equal(numberOf(event.id), numberOf(id) + 1, "each number once");
      seen.push(event.payload.title);
      id = event.id;
      left -= 1;
    }
    watcher.close();
    counts.disconnects += 1;
  }
  return { seen, ...counts };
}

async function writeAll(count, write) {
  let written = 0;
  // Few at a time: the titles of one writer have an order, those of all have none.
  const writer = async () => {
    while (written < count) await write((written += 1));
  };
  await Promise.all([writer(), writer()]);
}

export async function checkReading(world) {
  const alice = await world.logIn("alice");

  await check("snapshot and events: no loss, nothing twice, nothing foreign", async () => {
    const chance = new Chance(sampleSeed());
    const last = "the last one";
    const clients = Array.from({ length: CLIENTS }, () => follow(world, alice, last, chance));
    const titles = [];
    await Promise.all([
      writeAll(WRITES / 2, async (number) => {
        const title = `acme ${number}`;
        titles.push(title);
        const through = { title };
        if (number % 2) assert.equal(await world.post(alice, through), 204);
        else await world.write("u_1", "acme", title);
      }),
      writeAll(WRITES / 2, (number) => world.write("u_2", "globex", `globex ${number}`)),
    ]);
    await world.write("u_1", "acme", last);
    const followed = await Promise.all(clients);
    const expected = [...titles, last].sort();
    let disconnects = 0;
    for (const { seen, disconnects: own } of followed) {
      assert.deepEqual([...seen].sort(), expected);
      disconnects += own;
    }
    assert.ok(disconnects >= DISCONNECTS, `${disconnects}`);
    const { documents } = (await world.app.get("/api/documents", alice)).json;
    assert.deepEqual(documents.map(({ title }) => title).sort(), expected);
    console.log(`${WRITES} writes, ${disconnects} disconnects of ${CLIENTS} clients`);
  });

  await check(
    "Last-Event-ID: exactly what was missed; of another epoch, one snapshot",
    async () => {
      const { id } = (await world.app.get("/api/documents", alice)).json;
      for (const title of ["missed 1", "missed 2"]) await world.write("u_1", "acme", title);
      const back = await world.watch(alice, { after: id });
      const missed = await back.until(({ payload }) => payload.title === "missed 2");
      assert.deepEqual(
        missed.map(({ payload }) => payload.title),
        ["missed 1", "missed 2"],
      );
      await world.delete("u_1", "acme", missed[0].payload.id);
      const { event, payload } = await back.next();
      assert.deepEqual([event, payload], ["document.deleted", { id: missed[0].payload.id }]);
      back.close();
      for (const after of ["000000000000-1", `${id.split("-")[0]}-999999`, "nonsense"]) {
        const anew = await world.watch(alice, { after });
        const { event, payload } = await anew.next();
        assert.equal(event, "snapshot");
        const titles = payload.documents.map(({ title }) => title);
        assert.ok(titles.length >= WRITES / 2 + 2 && titles.includes("missed 2"));
        assert.ok(!titles.includes("missed 1"), "it was deleted");
        await world.write("u_1", "acme", `after ${after}`);
        assert.equal((await anew.next()).payload.title, `after ${after}`);
        anew.close();
      }
    },
  );

  await check("another tenant is not there, by whatever name", async () => {
    for (const tenant of ["globex", "none", "acme' OR '1'='1"]) {
      const path = `/api/events?tenant=${encodeURIComponent(tenant)}`;
      assert.equal((await world.watch(alice, { path })).status, 403);
      const body = { tenant, title: "x" };
      assert.deepEqual(await world.post(alice, body), [403, "not_a_member"]);
    }
    const bob = await world.logIn("bob");
    const globex = await world.app.get("/api/documents?tenant=globex", bob);
    assert.equal(globex.json.documents.length, WRITES / 2);
    assert.ok(globex.json.documents.every(({ tenant_id: tenant }) => tenant === "globex"));
  });
}
