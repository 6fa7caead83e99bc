import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { StreamReader } from "./support/sse.mjs";
import { watching } from "./support/watching.mjs";

const payloads = (events) => events.map(({ payload }) => payload);

describe("where a stream begins", () => {
  it("is after the id that the client has: exactly what it missed", async () => {
    const { log, reader } = watchingEvents(10);
    const stream = reader({ after: log.id(7) });
    assert.deepEqual(payloads(await stream.take(3)), [8, 9, 10]);
    log.append("e", 11);
    assert.deepEqual(payloads(await stream.take(1)), [11]);
    assert.equal(stream.sse.lastEventId, log.id(11));
  });

  it("is a snapshot where it cannot go on", async () => {
    const world = watchingEvents(10, { log: { capacity: 4 } });
    world.documents.push({ id: "1" });
    for (const after of [null, "", "ffffffffffff-9", world.log.id(2), world.log.id(99), "x"]) {
      const stream = world.reader({ after });
      const [first] = await stream.take(1);
      assert.deepEqual([first.event, first.id], ["snapshot", world.log.id(world.log.last)], after);
      assert.deepEqual(first.payload, { documents: [{ id: "1" }] });
      world.log.append("e", "next");
      assert.deepEqual(payloads(await stream.take(1)), ["next"], "and events after it");
      await stream.cancel();
    }
  });

  it("is told before the first event, with a time to come back after", async () => {
    const { log, reader, streams } = watchingEvents(3, { retry: [1000, 3000] });
    const stream = reader({ after: log.id(3) });
    await stream.pull();
    assert.equal(
      stream.sse.lastEventId,
      log.id(3),
      "a client that loses it now comes back with it",
    );
    assert.equal(stream.sse.retry, 2000);
    assert.equal(streams.size, 1);
  });

  it("is another time to come back for each", () => {
    let drawn = 0;
    const { streams } = watching({ retry: [1000, 3000], random: () => (drawn += 0.25) % 1 });
    assert.deepEqual(
      [1, 2, 3, 4].map(() => streams.retry()),
      [1500, 2000, 2500, 1000],
    );
  });
});

describe("a client that is slow", () => {
  it("costs nothing but its place: what it does not take is not made", async () => {
    const world = watchingEvents(0, { log: { capacity: 100 } });
    let given = 0;
    const after = world.log.after.bind(world.log);
    world.log.after = (...args) => {
      const frames = after(...args);
      given += frames.length;
      return frames;
    };
    world.open();
    const reading = world.reader();
    for (let number = 1; number <= 5000; number += 1) {
      world.log.append("e", number);
      if (number % 50 === 0) await reading.take(50);
    }
    assert.equal(given, 5000, "all of them to the one who reads, none to the other");
  });

  it("that has fallen off the ring is given a snapshot, and goes on", async () => {
    const world = watchingEvents(0, { log: { capacity: 10 } });
    const stream = world.reader();
    world.log.append("e", 1);
    assert.deepEqual(payloads(await stream.take(1)), [1]);
    for (let number = 2; number <= 50; number += 1) world.log.append("e", number);
    world.documents.push("all");
    const [{ event, id, payload }] = await stream.take(1);
    assert.deepEqual([event, id], ["snapshot", world.log.id(50)]);
    assert.deepEqual(payload, { documents: ["all"] });
    world.log.append("e", 51);
    assert.deepEqual(payloads(await stream.take(1)), [51]);
  });

  it("is given many at once, but not without end", async () => {
    const world = watchingEvents(0);
    for (let number = 0; number < 100; number += 1) world.log.append("e", "x".repeat(5000));
    const reader = world.open().getReader();
    await reader.read();
    const sizes = [];
    for (let read = 0; read < 8; read += 1) sizes.push((await reader.read()).value.length);
    assert.ok(Math.max(...sizes) <= 64 << 10, `${sizes}`);
    assert.ok(Math.min(...sizes) > 40_000, `${sizes}`);
  });

  it("is cut off when it has taken nothing for so long, and others are not", async () => {
    const world = watchingEvents(0, { stall: 30_000, heartbeat: 15_000 });
    const stalled = world.reader();
    const reading = world.reader();
    await stalled.pull();
    world.log.append("e", 1);
    assert.deepEqual(payloads(await reading.take(1)), [1]);
    const next = reading.pull();
    world.pass(29_999);
    assert.equal(world.streams.size, 2);
    await next;
    assert.equal(reading.sse.comments, 1);
    const later = reading.pull();
    world.pass(1);
    assert.equal(world.streams.size, 1);
    assert.equal(await stalled.pull(), false);
    assert.equal(stalled.end, "broken", "not a proper end: the client comes back");
    world.log.append("e", 2);
    await later;
    assert.deepEqual(payloads(await reading.take(1)), [2]);
  });

  it("whose stream nobody ever reads is cut off, too", () => {
    const world = watchingEvents(0);
    world.open();
    world.pass(30_000);
    assert.equal(world.streams.size, 0);
  });

  it("does not spoil what others are given: all have the same bytes", async () => {
    const world = watchingEvents(0);
    const readers = [1, 2, 3].map(() => world.open().getReader());
    for (const reader of readers) await reader.read();
    const pending = readers.map((reader) => reader.read());
    world.log.append("e", "shared");
    const chunks = (await Promise.all(pending)).map(({ value }) => value);
    assert.ok(
      chunks.every((chunk) => chunk === chunks[0]),
      "made once",
    );
    assert.match(new TextDecoder().decode(chunks[2]), /"payload":"shared"/);
  });
});

describe("a stream that has nothing to say", () => {
  it("says so after each heartbeat's time", async () => {
    const world = watchingEvents(0, { heartbeat: 15_000 });
    const stream = world.reader();
    await stream.pull();
    for (let times = 1; times <= 3; times += 1) {
      const next = stream.pull();
      world.pass(14_999);
      assert.equal(stream.sse.comments, times - 1);
      world.pass(1);
      await next;
      assert.equal(stream.sse.comments, times);
    }
    const events = stream.take(1);
    await world.settle();
    world.log.append("e", 1);
    assert.deepEqual(payloads(await events), [1], "and events come as ever");
  });
});

describe("a stream's end", () => {
  it("is told to those who may no longer see the tenant, and nothing after it", async () => {
    const world = watchingEvents(0);
    const [alice, second, bob] = ["alice", "alice", "bob"].map((identity) =>
      world.reader({ identity }),
    );
    for (const stream of [alice, second, bob]) await stream.pull();
    world.streams.revoke("another", "alice");
    assert.equal(world.streams.size, 3);
    world.streams.revoke("t", "alice");
    world.log.append("e", "not for alice");
    for (const stream of [alice, second]) {
      assert.deepEqual(
        (await stream.take(9)).map(({ event }) => event),
        ["revoked"],
      );
      assert.equal(stream.end, "closed");
    }
    assert.deepEqual(payloads(await bob.take(1)), ["not for alice"]);
    world.streams.revoke("t", null);
    assert.deepEqual(
      (await bob.take(9)).map(({ event }) => event),
      ["revoked"],
    );
  });

  it("leaves out what a slow client has not taken yet", async () => {
    const world = watchingEvents(5);
    const stream = world.reader();
    world.streams.revoke("t", "alice");
    assert.deepEqual(
      (await stream.take(9)).map(({ event }) => event),
      ["revoked"],
    );
  });

  it("is told to whose session is over, with the next look", async () => {
    const world = watchingEvents(0);
    let isCurrent = true;
    const stream = world.reader({ isCurrent: () => isCurrent });
    await stream.pull();
    world.pass(1);
    assert.equal(world.streams.size, 1);
    isCurrent = false;
    world.pass(1);
    assert.deepEqual(
      (await stream.take(9)).map(({ event }) => event),
      ["expired"],
    );
    assert.equal(stream.end, "closed");
  });

  it("is a proper one when the gateway stops, with a time to come back after", async () => {
    const world = watchingEvents(0, { retry: [2000, 4000] });
    const streams = [world.reader(), world.reader()];
    for (const stream of streams) await stream.pull();
    for (const stream of streams) stream.sse.retry = null;
    world.streams.endAll();
    for (const stream of streams) {
      assert.deepEqual(await stream.take(1), []);
      assert.deepEqual([stream.end, stream.sse.retry], ["closed", 3000]);
    }
    assert.equal(world.streams.size, 0);
  });

  it("is heard of, however the client goes", async () => {
    const world = watchingEvents(0);
    const gone = new AbortController();
    const body = world.open({ signal: gone.signal });
    world.open({ signal: AbortSignal.abort() });
    assert.equal(world.streams.size, 1);
    gone.abort();
    assert.equal(world.streams.size, 0);
    await world.open().cancel();
    const reader = world.reader();
    await reader.pull();
    await reader.cancel();
    assert.equal(world.streams.size, 0);
    // Nothing that comes after it does harm.
    world.log.append("e", 1);
    world.pass(100_000);
    world.streams.revoke("t", null);
    world.streams.endAll();
    await body.cancel();
  });
});

describe("how many streams", () => {
  it("one identity may have is limited, and those that ended do not count", async () => {
    const world = watchingEvents(0, { limit: 2 });
    const first = world.open();
    assert.equal(world.streams.isFull("alice"), false);
    world.open();
    assert.equal(world.streams.isFull("alice"), true);
    assert.equal(world.streams.isFull("bob"), false);
    await first.cancel();
    await first.cancel();
    assert.equal(world.streams.isFull("alice"), false);
    world.open();
    assert.equal(world.streams.isFull("alice"), true);
  });
});

describe("clients that come and go while events are written", () => {
  it("miss none, get none twice, and none of another tenant", async () => {
    const world = watchingEvents(0, { log: { capacity: 64 } });
    const total = 2000;
    let written = 0;
    const clients = Array.from({ length: 8 }, async (_, client) => {
      const seen = [];
      let after = null;
      while (seen.at(-1) !== total) {
        const stream = world.reader({ after, documents: () => [world.log.last] });
        for (let left = 1 + ((client * 7 + seen.length) % 23); left > 0; left -= 1) {
          const [{ event, id, payload }] = await stream.take(1);
          if (event === "snapshot") assert.ok(payload.documents[0] >= (seen.at(-1) ?? 0));
          else assert.equal(payload, seen.at(-1) + 1);
          seen.push(event === "snapshot" ? payload.documents[0] : payload);
          after = id;
          if (seen.at(-1) === total) break;
        }
        await stream.cancel();
      }
    });
    while (written < total) {
      for (let burst = 0; burst <= written % 5 && written < total; burst += 1) {
        world.log.append("e", (written += 1));
      }
      if (written % 7 === 0) await world.settle();
    }
    await Promise.all(clients);
    assert.equal(world.streams.size, 0);
  });
});

/** A log with so many events, of which the payload is the number. */
function watchingEvents(count, options) {
  const world = watching(options);
  for (let number = 1; number <= count; number += 1) world.log.append("e", number);
  return { ...world, reader: (given) => new StreamReader(world.open(given)) };
}
