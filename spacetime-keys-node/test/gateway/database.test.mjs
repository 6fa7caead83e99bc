// The gateway's connection, lost and renewed in every way, on a stand-in for the package.

import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { Backoff } from "../../examples/gateway/backoff.mjs";
import { Database } from "../../examples/gateway/database.mjs";
import { Projection } from "../../examples/gateway/projection.mjs";
import { StandIn, documentRow, viewerRow } from "./support/connection.mjs";

const running = [];
afterEach(() => {
  for (const database of running.splice(0)) database.stop();
});

/** A database's connection that tries again at once. @param options Times that matter. */
function begin(options = {}) {
  const standIn = new StandIn();
  standIn.rows.viewer = [viewerRow(1, "a", "robot")];
  standIn.rows.document = [documentRow(1, "a")];
  const projection = new Projection({ robot: "robot" });
  const lines = [];
  let minted = 0;
  const database = new Database({
    DbConnection: standIn.DbConnection,
    url: "http://db",
    database: "app",
    projection,
    lifetime: 600,
    mint: (ttl) => ({ token: `token ${(minted += 1)} for ${ttl}`, identity: "robot" }),
    backoff: new Backoff({ least: 1, most: 2 }),
    log: (line) => lines.push(line),
    ...options,
  });
  running.push(database);
  database.start();
  return { standIn, projection, database, lines };
}

/** To where rows are there. */
async function connected(options) {
  const world = begin(options);
  const first = await world.standIn.connection(1);
  first.greet("robot");
  first.apply();
  return { ...world, first };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const ids = (projection) => projection.documents("a").map(({ id, version }) => [id, version]);

describe("the connection", () => {
  it("asks for all rows with the robot's token, uncompressed and without others' arguments", async () => {
    const { standIn, database, projection, first, lines } = await connected({ lifetime: 600 });
    assert.deepEqual(first.told, {
      Uri: "http://db",
      ModuleName: "app",
      Token: "token 1 for 600",
      Compression: "none",
      LightMode: true,
    });
    assert.equal(standIn.connections.length, 1);
    assert.equal(database.isConnected, true);
    await settled();
    assert.deepEqual(projection.documents("a"), [
      {
        id: "1",
        tenant_id: "a",
        title: "title 1",
        body: "",
        version: 1,
        changed_by: "c2",
        changed_at: "2023-11-14T22:13:20.000Z",
      },
    ]);
    assert.equal(projection.log("a").last, 1, "rows that come again after the first are no events");
    assert.deepEqual(lines, ["database connected"]);
  });

  it("makes the rows of one transaction one change", async () => {
    const { projection, first } = await connected();
    const told = [];
    const apply = projection.apply.bind(projection);
    projection.apply = (changes) => {
      told.push(changes.length);
      apply(changes);
    };
    first.tell("document", "onInsert", [documentRow(2, "a")]);
    first.tell("document", "onUpdate", [documentRow(1, "a"), documentRow(1, "a", 2)]);
    first.tell("document", "onDelete", [documentRow(2, "a")]);
    assert.deepEqual(told, [], "not before the last of them");
    await settled();
    assert.deepEqual([told, ids(projection)], [[3], [["1", 2]]]);
  });
});

describe("a connection that is lost", () => {
  it("is opened again with another token, and the difference is what is told", async () => {
    const { standIn, projection, database, first, lines } = await connected();
    const log = projection.log("a");
    first.lose();
    first.lose();
    assert.equal(database.isConnected, false);
    assert.deepEqual(ids(projection), [["1", 1]], "what was read is still there");
    standIn.rows.document = [documentRow(1, "a", 5), documentRow(2, "a")];
    const second = await standIn.connection(2);
    assert.equal(second.told.Token, "token 2 for 600");
    second.greet("robot");
    second.apply();
    assert.deepEqual(ids(projection), [
      ["1", 5],
      ["2", 1],
    ]);
    assert.deepEqual([projection.log("a"), log.last], [log, 3], "streams go on");
    await settled();
    assert.equal(standIn.connections.length, 2, "lost twice is lost once");
    assert.deepEqual(lines, [
      "database connected",
      "database lost: the connection ended",
      "database connected",
    ]);
  });

  it("is not heard any more", async () => {
    const { standIn, projection, first } = await connected();
    first.lose();
    first.tell("document", "onInsert", [documentRow(9, "a")]);
    await settled();
    assert.deepEqual(ids(projection), [["1", 1]]);
    const second = await standIn.connection(2);
    second.greet("robot");
    first.greet("robot");
    second.apply();
    first.lose();
    await settled();
    assert.equal(standIn.connections.length, 2);
  });

  it("is tried again as often as it must be, with a new token each time", async () => {
    const { standIn, database } = begin();
    for (let number = 1; number <= 5; number += 1) (await standIn.connection(number)).lose();
    const last = await standIn.connection(6);
    last.greet("robot");
    last.apply();
    assert.equal(database.isConnected, true);
    assert.equal(new Set(standIn.connections.map(({ told }) => told.Token)).size, 6);
  });

  it("is one that takes the robot for another", async () => {
    const { standIn, lines } = begin();
    (await standIn.connection(1)).greet("somebody");
    await standIn.connection(2);
    assert.deepEqual(lines, ["database not reached: it takes the robot for somebody else"]);
  });

  it("is one whose subscription is refused, or whose rows cannot be read", async () => {
    const { standIn, lines } = begin();
    const first = await standIn.connection(1);
    first.greet("robot");
    first.subscriptions[0].fail({}, new Error("secret"));
    const second = await standIn.connection(2);
    second.greet("robot");
    standIn.rows.document = [{ id: null }];
    second.apply();
    assert.equal(second.isClosed, true);
    standIn.rows.document = [];
    const third = await standIn.connection(3);
    third.greet("robot");
    third.apply();
    third.tell("document", "onInsert", [{ id: null }]);
    await standIn.connection(4);
    assert.deepEqual(lines, [
      "database not reached: the subscription was refused",
      "database not reached: its rows could not be read",
      "database connected",
      "database lost: its rows could not be read",
    ]);
  });

  it("is one that never answers", async () => {
    const { standIn, lines } = begin({ deadline: 5 });
    await standIn.connection(2);
    assert.equal(standIn.connections[0].isClosed, true);
    assert.equal(lines[0], "database not reached: it does not answer");
    const later = await standIn.connection(standIn.connections.length + 1);
    later.greet("robot");
    await standIn.connection(standIn.connections.length + 1);
    assert.equal(later.isClosed, true, "a greeting is not enough");
  });

  it("is one that answers no more: only an answer shows that it lives", async () => {
    const { standIn, lines, first } = await connected({ deadline: 20, probeEvery: 2 });
    for (let answers = 0; answers < 3; answers += 1) {
      while (first.subscriptions.length === 0) await settled();
      const [probe] = first.subscriptions;
      assert.deepEqual(probe.queries, ["SELECT * FROM viewer WHERE id = 0"]);
      first.subscriptions.shift().apply({});
      assert.equal(probe.unsubscribed, 1, "none is left behind");
    }
    await standIn.connection(2);
    assert.equal(first.isClosed, true);
    assert.deepEqual(lines.slice(1, 2), ["database lost: it answers no more"]);
  });
});

describe("a token's end", () => {
  it("is not waited for: the next connection takes over when it is there", async () => {
    // Due at once.
    const { standIn, projection, database, first } = await connected({
      lifetime: 1,
      renewBefore: 990,
    });
    const second = await standIn.connection(2);
    assert.equal(second.told.Token, "token 2 for 1");
    assert.equal(first.isClosed, false);
    first.tell("document", "onInsert", [documentRow(2, "a")]);
    await settled();
    assert.equal(ids(projection).length, 2, "the first one is read meanwhile");
    standIn.rows.document = [documentRow(1, "a"), documentRow(2, "a"), documentRow(3, "a")];
    second.greet("robot");
    assert.equal(first.isClosed, true);
    first.tell("document", "onInsert", [documentRow(3, "a")]);
    await settled();
    assert.equal(ids(projection).length, 2, "and not beside the second, which has it in its rows");
    second.apply();
    assert.equal(ids(projection).length, 3);
    assert.equal(projection.log("a").last, 3, "each of them once");
    assert.equal(database.isConnected, true);
  });

  it("leaves the old connection open where no new one comes about", async () => {
    const { standIn, database, first } = await connected({ lifetime: 1, renewBefore: 990 });
    for (const number of [2, 3, 4]) (await standIn.connection(number)).lose();
    const last = await standIn.connection(5);
    assert.deepEqual([first.isClosed, database.isConnected], [false, true]);
    last.greet("robot");
    last.apply();
    assert.deepEqual([first.isClosed, database.isConnected], [true, true]);
  });

  it("finds the old one lost meanwhile: one try is enough", async () => {
    const { standIn, first } = await connected({ lifetime: 1, renewBefore: 990 });
    await standIn.connection(2);
    first.lose();
    for (let turn = 0; turn < 10; turn += 1) await settled();
    assert.equal(standIn.connections.length, 2);
  });
});

describe("the end", () => {
  it("is for good, whenever it comes", async () => {
    const opened = await connected();
    opened.database.stop();
    assert.equal(opened.first.isClosed, true);
    const opening = begin();
    opening.database.stop();
    const waiting = begin({ backoff: new Backoff({ least: 5, most: 5 }) });
    waiting.standIn.connections[0].lose();
    waiting.database.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { standIn, database } of [opened, opening, waiting]) {
      assert.equal(standIn.connections.length, 1);
      assert.equal(database.isConnected, false);
    }
  });
});

describe("the wait before the next try", () => {
  it("doubles up to a limit, is never the same for all, and begins anew", () => {
    for (const [random, share] of [
      [0, 0.5],
      [0.999, 0.9995],
    ]) {
      const backoff = new Backoff({ least: 100, most: 1000, random: () => random });
      const whole = [100, 200, 400, 800, 1000, 1000];
      assert.deepEqual(
        whole.map(() => backoff.next()),
        whole.map((all) => all * share),
      );
      for (let tries = 0; tries < 5000; tries += 1) assert.ok(backoff.next() <= 1000);
      backoff.reset();
      assert.equal(backoff.next(), 100 * share);
    }
  });
});
