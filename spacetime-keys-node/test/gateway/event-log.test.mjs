import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { EventLog, frame } from "../../examples/gateway/event-log.mjs";
import { Chance } from "../support/random.mjs";
import { sampleSeed } from "../support/sample.mjs";
import { EventReader } from "./support/sse.mjs";

const EPOCH = "0123456789ab";
const text = (bytes) => new TextDecoder().decode(bytes);

describe("a frame", () => {
  it("is one event, whatever is in the payload", () => {
    const payload = { text: "a\nb\r\n\ndata: x\u2028\0\u00e9", nested: [1, null] };
    const bytes = frame({ event: "document.written", id: `${EPOCH}-7`, tenantId: "t", payload });
    const events = new EventReader().take(bytes);
    assert.equal(events.length, 1);
    assert.deepEqual(JSON.parse(events[0].data), {
      event: "document.written",
      id: `${EPOCH}-7`,
      tenant_id: "t",
      schema_version: 1,
      payload,
    });
    assert.deepEqual([events[0].type, events[0].lastEventId], ["document.written", `${EPOCH}-7`]);
  });
});

describe("an event log", () => {
  it("gives what came after a number", () => {
    const log = new EventLog("t", { epoch: EPOCH });
    for (const value of ["a", "b", "c"]) log.append("e", value);
    assert.equal(log.last, 3);
    const after = (number) => log.after(number, 1 << 20).map((bytes) => text(bytes).at(-5));
    assert.deepEqual(after(0), ["a", "b", "c"]);
    assert.deepEqual(after(2), ["c"]);
    assert.deepEqual(after(3), []);
  });

  it("knows an id of its own that it reaches, and no other text", () => {
    const log = new EventLog("t", { epoch: EPOCH, capacity: 3 });
    for (let number = 1; number <= 5; number += 1) log.append("e", number);
    for (const [id, expected] of [
      [`${EPOCH}-5`, 5],
      [`${EPOCH}-2`, 2],
      [`${EPOCH}-1`, null],
      [`${EPOCH}-6`, null],
      [`${EPOCH}--1`, null],
      [`${EPOCH}-5.0`, null],
      [`${EPOCH}-5 `, null],
      [`${EPOCH}-99999999999999999999`, null],
      ["c09876543210-5", null],
      ["5", null],
      ["", null],
      [null, null],
      ["x".repeat(100_000), null],
    ]) {
      assert.equal(log.position(id), expected, `${id}`.slice(0, 40));
    }
    assert.notEqual(new EventLog("t").id(1), new EventLog("t").id(1), "an epoch each");
  });

  it("keeps no more bytes than it may", () => {
    const log = new EventLog("t", { byteLimit: 1000, capacity: 100 });
    for (let number = 0; number < 500; number += 1) {
      log.append("e", "x".repeat(number % 90));
      const bytes = log.after(oldest(log), 1 << 20).reduce((sum, { length }) => sum + length, 0);
      assert.ok(bytes <= 1000, `${bytes}`);
      assert.ok(number < 20 || bytes > 600, `${bytes}`);
    }
    log.append("e", "x".repeat(2000));
    assert.ok(!log.reaches(log.last - 1), "one that is larger than all is not kept");
    assert.ok(log.reaches(log.last));
    log.append("e", "small");
    assert.ok(log.reaches(log.last - 1));
  });

  it("is what a list would be, of any size", () => {
    const random = new Chance(sampleSeed());
    for (let round = 0; round < 100; round += 1) {
      const capacity = 1 + random.below(20);
      const log = new EventLog("t", { capacity });
      const all = [];
      for (let step = 0; step < 60; step += 1) {
        all.push(`${random.below(1000)}`);
        log.append("e", all.at(-1));
        const number = random.below(all.length + 2);
        const isKept = number <= all.length && all.length - number <= capacity;
        assert.equal(log.reaches(number), isKept, `${number} of ${all.length}, ${capacity}`);
        if (!isKept) continue;
        const payloads = log.after(number, 1 << 20).map((bytes) => {
          const [event] = new EventReader().take(bytes);
          return JSON.parse(event.data).payload;
        });
        assert.deepEqual(payloads, all.slice(number));
      }
    }
  });

  it("gives no more bytes at once than asked for, but one frame at least", () => {
    const log = new EventLog("t");
    for (let number = 0; number < 10; number += 1) log.append("e", "x".repeat(100));
    const size = log.after(0, 1)[0].length;
    assert.equal(log.after(0, 1).length, 1);
    assert.equal(log.after(0, 3 * size).length, 3);
    assert.equal(log.after(0, 4 * size - 1).length, 3);
  });

  it("wakes who waits, once", () => {
    const log = new EventLog("t");
    const woken = [];
    const wake = () => {
      woken.push("a");
      // From within: for the next one.
      log.wait(wake);
    };
    log.wait(wake);
    const other = () => woken.push("b");
    log.wait(other);
    log.stopWaiting(other);
    log.append("e", 1);
    assert.deepEqual(woken, ["a"]);
    log.append("e", 2);
    assert.deepEqual(woken, ["a", "a"]);
  });

  it("makes a snapshot once between two events", () => {
    const log = new EventLog("t", { epoch: EPOCH });
    let made = 0;
    const documents = () => [(made += 1)];
    assert.equal(log.snapshot(documents), log.snapshot(documents));
    assert.equal(made, 1);
    log.append("e", 1);
    const [event] = new EventReader().take(log.snapshot(documents));
    assert.deepEqual(JSON.parse(event.data).payload, { documents: [2] });
    assert.equal(event.lastEventId, `${EPOCH}-1`);
  });
});

function oldest(log) {
  let number = log.last;
  while (log.reaches(number - 1)) number -= 1;
  return number;
}
