// Streams that end: by a revoked membership, by a session's end, for a client that takes nothing, and with the
// gateway. And what does not end them: a database that is gone for a while.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";

import { check } from "../../real-server/support/checks.mjs";
import { numberOf } from "./client.mjs";
import { holdings } from "./gateway-process.mjs";
import { eventually } from "./world.mjs";

const SLEEPERS = 20;
const WRITES = 500;
const AT_ONCE = 10;
const BODY = "x".repeat(32_000);
/** MiB that the gateway may grow by: twice what a tenant's ring holds, and what bun's heap is rough by. */
const MOST = 2 * 8 + 8;
/** After so many writes the memory is looked at, again and again. */
const MEASURED = 100;

export async function checkEnding(world) {
  const alice = await world.logIn("alice");

  await check("a revoked membership ends the stream, and there is no other", async () => {
    const watcher = await world.watch(alice);
    await watcher.next();
    const before = performance.now();
    await world.call("revoke_membership", ["acme", world.argument("u_1")]);
    const events = await watcher.until(({ event }) => event === "revoked");
    console.log(`revoked after ${Math.round(performance.now() - before)} ms`);
    assert.equal(events.length, 1, "nobody's documents are told as deleted");
    assert.deepEqual([await watcher.next(), watcher.end], [null, "closed"]);
    assert.equal((await world.watch(alice)).status, 403);
    assert.deepEqual(await world.post(alice, { title: "x" }), [403, "not_a_member"]);
    await world.call("set_membership", ["acme", world.argument("u_1"), "editor"]);
    await eventually(async () => {
      const again = await world.watch(alice);
      again.close();
      return again.status === 200;
    }, "it is not granted again");
  });

  await check("the robot's own membership ends everybody's, and comes back live", async () => {
    const bob = await world.logIn("bob");
    const path = "/api/events?tenant=globex";
    const watcher = await world.watch(bob, { path });
    const { id } = await watcher.next();
    await world.call("revoke_membership", ["globex", world.argument("robot:gateway")]);
    const events = await watcher.until(({ event }) => event === "revoked");
    assert.equal(events.length, 1);
    assert.equal((await world.watch(bob, { path })).status, 403);
    await world.call("set_membership", ["globex", world.argument("robot:gateway"), "viewer"]);
    let back;
    await eventually(async () => {
      back = await world.watch(bob, { path, after: id });
      return back.status === 200;
    }, "it is not served again");
    assert.equal((await back.next()).event, "snapshot");
    back.close();
  });

  await check("a session's end ends its streams, and no other's", async () => {
    const second = await world.logIn("alice");
    const [ends, stays] = [await world.watch(second), await world.watch(alice)];
    for (const watcher of [ends, stays]) await watcher.next();
    await world.app.post("/logout", {}, second);
    assert.equal((await ends.next()).event, "expired");
    assert.equal(await ends.next(), null);
    assert.equal((await world.watch(second)).status, 401);
    await world.write("u_1", "acme", "for those who stay");
    assert.equal((await stays.next()).payload.title, "for those who stay");
    stays.close();
  });

  let start;
  await check("clients that sleep cost nothing, delay nobody, and are cut off", async () => {
    await eventually(async () => (await world.health()).streams === 0, "streams are left behind");
    start = (await world.app.get("/api/documents", alice)).json.id;
    const reading = await world.watch(alice, { after: start });
    const sleepers = await Promise.all(
      Array.from({ length: SLEEPERS }, () => sleep(world, alice, start)),
    );
    assert.equal((await world.health()).streams, SLEEPERS + 1);
    const before = await holdings(world);
    let queued = 0;
    const [[document]] = await world.rows("SELECT id FROM document WHERE title = 'the last one'");
    const write = { id: `${document}`, body: BODY };
    const read = reading.until(({ payload }) => payload.title === "the end");
    for (let number = 1; number <= WRITES; number += AT_ONCE) {
      const titles = Array.from({ length: AT_ONCE }, (_, at) => `large ${number + at}`);
      const codes = titles.map((title) => world.post(alice, { ...write, title }));
      assert.deepEqual(await Promise.all(codes), Array(AT_ONCE).fill(204));
      const written = number + AT_ONCE - 1;
      if (written % MEASURED !== 0) continue;
      const now = await holdings(world);
      // On a busy machine those that sleep may be cut off before all is written.
      if ((await world.health()).streams !== SLEEPERS + 1) continue;
      const grown = now.heap + now.buffers - before.heap - before.buffers;
      queued = (SLEEPERS * written * BODY.length) / 2 ** 20;
      console.log(`${grown.toFixed(1)} MiB more; in queues it would be ${queued.toFixed(0)}`);
      assert.ok(grown <= MOST, `${grown} MiB`);
    }
    assert.ok(queued >= 2 * MOST, "they are cut off too soon");
    assert.equal(await world.post(alice, { ...write, title: "the end", body: "" }), 204);
    assert.equal((await read).length, WRITES + 1, "who reads is given everything");
    await eventually(
      async () => (await world.health()).streams === 1,
      "those that sleep are not cut off",
    );
    for (const sleeper of sleepers) sleeper.destroy();
    reading.close();
  });

  await check(
    "who comes back from before the ring is given one snapshot, and goes on",
    async () => {
      const late = await world.watch(alice, { after: start });
      const { event, id, payload } = await late.next();
      assert.equal(event, "snapshot");
      assert.ok(payload.documents.some(({ title }) => title === "the end"));
      await world.write("u_1", "acme", "after the snapshot");
      const next = await late.next();
      assert.deepEqual(
        [next.payload.title, numberOf(next.id)],
        ["after the snapshot", numberOf(id) + 1],
      );
      late.close();
    },
  );

  await check(
    "a database that is killed and comes back: streams stay, and miss nothing",
    async () => {
      const watcher = await world.watch(alice);
      const { id } = await watcher.next();
      await world.database.stop();
      await eventually(async () => (await world.health()).database === "lost", "it is not noticed");
      const { status } = await world.app.get("/api/documents", alice);
      assert.equal(status, 200, "what was read is still shown");
      assert.deepEqual(await world.post(alice, { title: "x" }), [502, "database_unavailable"]);
      await world.database.startAgain();
      // Before the gateway is there again, or after it: what counts is that it is told, once.
      for (const title of ["while away 1", "while away 2"]) await world.write("u_1", "acme", title);
      await world.connected();
      await world.write("u_1", "acme", "and live");
      const events = await watcher.until(({ payload }) => payload.title === "and live");
      const titles = events.map(({ payload }) => payload.title);
      assert.deepEqual(titles.sort(), ["and live", "while away 1", "while away 2"]);
      const numbers = events.map((event) => numberOf(event.id) - numberOf(id));
      assert.deepEqual(numbers, [1, 2, 3]);
      watcher.close();
    },
  );
}

/** A client that reads the head of the answer, and no more. */
async function sleep(world, { cookie }, after) {
  const { port } = new URL(world.app.issuer);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const fields = ["Host: a", `Cookie: ${cookie}`, `Last-Event-ID: ${after}`];
  socket.write(["GET /api/events HTTP/1.1", ...fields, "", ""].join("\r\n"));
  await once(socket, "data");
  socket.pause();
  return socket;
}

/** The last one: the gateway is stopped. */
export async function checkStop(world) {
  const alice = await world.logIn("alice");
  await check(
    "a stop says when to come back, ends every stream, and leaves nothing open",
    async () => {
      const watchers = await Promise.all([1, 2, 3].map(() => world.watch(alice)));
      for (const watcher of watchers) await watcher.next();
      const sleeper = await sleep(world, alice, "");
      for (const watcher of watchers) watcher.sse.retry = null;
      const [code] = await Promise.all([
        world.app.stop(),
        ...watchers.map(async (watcher) => {
          assert.equal(await watcher.next(), null);
          assert.equal(watcher.end, "closed");
          assert.ok(watcher.sse.retry >= 1000, "retry");
        }),
      ]);
      assert.equal(code, 0);
      sleeper.destroy();
    },
  );
}
