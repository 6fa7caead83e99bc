import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Projection } from "../../examples/gateway/projection.mjs";
import { Chance } from "../support/random.mjs";
import { sampleSeed } from "../support/sample.mjs";
import { EventReader } from "./support/sse.mjs";

const document = (id, tenant, version = 1) => ({ id, tenant_id: tenant, version });
const viewer = (id, tenant, identity) => ({ id, tenant_id: tenant, identity });
const came = (table, after) => ({ table, before: undefined, after });
const went = (table, before) => ({ table, before, after: undefined });
const changed = (table, before, after) => ({ table, before, after });

/** A projection whose robot serves tenants `a` and `b`; alice is in `a`. */
function served() {
  const revoked = [];
  const projection = new Projection({
    robot: "robot",
    onRevoked: (tenant, identity) => revoked.push([tenant, identity]),
  });
  projection.replace(
    [document("1", "a")],
    [viewer("1", "a", "robot"), viewer("2", "b", "robot"), viewer("3", "a", "alice")],
  );
  return { projection, revoked };
}

/** The events of a tenant after a number, as a client reads them. */
function events(projection, tenant, number = 0) {
  const reader = new EventReader();
  return projection
    .log(tenant)
    .after(number, 1 << 30)
    .flatMap((bytes) => reader.take(bytes))
    .map(({ data }) => JSON.parse(data));
}

const told = (projection, tenant, number) =>
  events(projection, tenant, number).map(({ event, payload }) => [event, payload.id]);

describe("who may see what", () => {
  it("is what the rows say, of the tenants that the robot sees", () => {
    const { projection } = served();
    assert.deepEqual(projection.tenantsOf("alice"), ["a"]);
    assert.deepEqual(projection.tenantsOf("bob"), []);
    projection.apply([
      came("viewer", viewer("4", "b", "alice")),
      came("viewer", viewer("5", "c", "alice")),
    ]);
    assert.deepEqual(projection.tenantsOf("alice"), ["a", "b"], "c is not served here");
    assert.equal(projection.log("c"), undefined);
    assert.deepEqual(projection.documents("c"), []);
    for (const name of ["__proto__", "constructor", ""]) {
      assert.deepEqual(projection.tenantsOf(name), []);
      assert.equal(projection.log(name), undefined);
    }
  });

  it("ends with the last row that says so", () => {
    const { projection, revoked } = served();
    const second = viewer("9", "a", "alice");
    projection.apply([came("viewer", second)]);
    projection.apply([went("viewer", second)]);
    assert.deepEqual(projection.tenantsOf("alice"), ["a"]);
    const first = viewer("3", "a", "alice");
    projection.apply([changed("viewer", first, first)]);
    // Taken and given in one transaction: nobody was without it.
    projection.apply([went("viewer", first), came("viewer", viewer("10", "a", "alice"))]);
    assert.deepEqual([projection.tenantsOf("alice"), revoked], [["a"], []]);
    projection.apply([went("viewer", viewer("10", "a", "alice"))]);
    assert.deepEqual([projection.tenantsOf("alice"), revoked], [[], [["a", "alice"]]]);
    projection.apply([went("viewer", viewer("10", "a", "alice"))]);
    assert.equal(projection.tenantsOf("alice").length, 0);
  });

  it("is over before anything else of the same transaction is told", () => {
    const { projection } = served();
    const atRevocation = [];
    const watched = new Projection({
      robot: "robot",
      onRevoked: (tenant) => atRevocation.push(watched.log(tenant).last),
    });
    watched.replace([], [viewer("1", "a", "robot"), viewer("2", "a", "alice")]);
    watched.apply([
      came("document", document("1", "a")),
      went("viewer", viewer("2", "a", "alice")),
    ]);
    assert.deepEqual(atRevocation, [0]);
    assert.equal(watched.log("a").last, 1);
    assert.equal(projection.log("a").last, 1);
  });

  it("is nobody, where the robot may no longer see it", () => {
    const { projection, revoked } = served();
    const epoch = projection.log("a").id(0);
    projection.apply([
      went("document", document("1", "a")),
      went("viewer", viewer("1", "a", "robot")),
    ]);
    assert.deepEqual(revoked, [["a", null]]);
    assert.deepEqual(projection.tenantsOf("alice"), []);
    projection.apply([
      came("viewer", viewer("20", "a", "robot")),
      came("document", document("1", "a", 2)),
    ]);
    assert.deepEqual(projection.tenantsOf("alice"), ["a"]);
    assert.notEqual(projection.log("a").id(0), epoch, "clients begin anew");
    assert.deepEqual(told(projection, "a"), [["document.written", "1"]]);
  });
});

describe("changes", () => {
  it("are events of their tenant", () => {
    const { projection } = served();
    projection.apply([
      came("document", document("2", "a")),
      changed("document", document("1", "a"), document("1", "a", 2)),
      came("document", document("3", "b")),
      came("document", document("4", "c")),
      went("document", document("2", "a")),
    ]);
    assert.deepEqual(told(projection, "a", 1), [
      ["document.written", "2"],
      ["document.written", "1"],
      ["document.deleted", "2"],
    ]);
    assert.deepEqual(told(projection, "b"), [["document.written", "3"]]);
    assert.deepEqual(projection.documents("a"), [document("1", "a", 2)]);
  });

  it("of a document's tenant are one that goes and one that comes", () => {
    const { projection } = served();
    projection.apply([changed("document", document("1", "a"), document("1", "b", 2))]);
    assert.deepEqual(told(projection, "a", 1), [["document.deleted", "1"]]);
    assert.deepEqual(told(projection, "b"), [["document.written", "1"]]);
    // To one that is not served it goes, and does not come.
    projection.apply([changed("document", document("1", "b", 2), document("1", "z", 3))]);
    assert.deepEqual(told(projection, "b", 1), [["document.deleted", "1"]]);
  });
});

describe("all rows anew", () => {
  it("are the difference as events, and no event where there is none", () => {
    const { projection, revoked } = served();
    const viewers = [viewer("1", "a", "robot"), viewer("2", "b", "robot")];
    const alice = viewer("3", "a", "alice");
    projection.replace([document("1", "a")], [...viewers, alice]);
    assert.equal(projection.log("a").last, 1);
    projection.apply([came("document", document("2", "a"))]);
    projection.replace([document("1", "a", 2), document("5", "b")], viewers);
    assert.deepEqual(told(projection, "a", 2), [
      ["document.written", "1"],
      ["document.deleted", "2"],
    ]);
    assert.deepEqual(told(projection, "b"), [["document.written", "5"]]);
    assert.deepEqual(revoked, [["a", "alice"]]);
  });

  it("are what makes it ready", () => {
    const projection = new Projection({ robot: "robot" });
    assert.equal(projection.isReady, false);
    projection.replace([], []);
    assert.equal(projection.isReady, true);
  });
});

describe("whoever follows the events", () => {
  it("has what there is, after any changes", () => {
    const chance = new Chance(sampleSeed());
    for (let round = 0; round < 60; round += 1) follow(chance);
  });
});

/** A database of its own, and a client that knows nothing but events and snapshots. */
function follow(chance) {
  const documents = new Map();
  const viewers = new Map([["r-a", viewer("r-a", "a", "robot")]]);
  const client = { epoch: null, number: 0, documents: new Map() };
  const projection = new Projection({ robot: "robot", log: { capacity: 8 } });
  projection.replace([], viewers.values());
  let version = 0;
  for (let step = 0; step < 80; step += 1) {
    const changes = [];
    for (let count = 1 + chance.below(4); count > 0; count -= 1) {
      const id = `${chance.below(6)}`;
      const before = documents.get(id);
      const tenant = chance.pick(["a", "a", "b"]);
      const after = chance.below(3) ? document(id, tenant, (version += 1)) : undefined;
      if (!before && !after) continue;
      if (after) documents.set(id, after);
      else documents.delete(id);
      changes.push(changed("document", before, after));
    }
    if (chance.below(10) === 0) {
      const row = viewer("r-b", "b", "robot");
      const isThere = viewers.delete("r-b");
      if (!isThere) viewers.set("r-b", row);
      changes.push(isThere ? went("viewer", row) : came("viewer", row));
      // As row-level security does it: with the access, the rows come and go.
      for (const shown of documents.values()) {
        if (shown.tenant_id !== "b") continue;
        changes.push(isThere ? went("document", shown) : came("document", shown));
      }
    }
    // A connection that was lost brings all rows, and not what happened.
    if (chance.below(8) === 0) projection.replace(documents.values(), viewers.values());
    else projection.apply(changes);
    if (chance.below(3)) catchUp(client, projection);
  }
  catchUp(client, projection);
  const expected = [...documents.values()].filter(({ tenant_id: tenant }) => tenant === "a");
  const sorted = (rows) => [...rows].sort((one, other) => one.id.localeCompare(other.id));
  assert.deepEqual(sorted(client.documents.values()), sorted(expected));
  assert.deepEqual(sorted(projection.documents("a")), sorted(expected));
}

function catchUp(client, projection) {
  const log = projection.log("a");
  if (client.epoch !== log.id(0) || !log.reaches(client.number)) {
    client.documents = new Map(projection.documents("a").map((row) => [row.id, row]));
    client.epoch = log.id(0);
  } else {
    for (const { event, payload } of events(projection, "a", client.number)) {
      if (event === "document.written") client.documents.set(payload.id, payload);
      else client.documents.delete(payload.id);
    }
  }
  client.number = log.last;
}
