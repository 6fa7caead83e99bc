// Everything that the module offers, by users who should not have it, with arguments that nobody should send.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";
import { Chance } from "../../support/random.mjs";
import { sampleSeed } from "../../support/sample.mjs";
import { REFUSED } from "./access.mjs";
import { PLAIN, some } from "./world.mjs";

const USER = { User: [] };
/** What a module may answer. */
const REASONS = [
  "unknown actor",
  "not a member",
  "not permitted",
  "stale membership",
  "no grant",
  "key revoked",
  "unknown document",
  "conflict",
  "malformed",
];

const ODD = [
  "",
  " ",
  " padded ",
  "\0",
  "two\nlines",
  "\u001b[31mred",
  "'; DELETE FROM document; --",
  "👩‍👩‍👧‍👦 née",
  "__proto__",
  "null",
  "../../etc/passwd",
  "x".repeat(128),
  "é".repeat(65),
  "x".repeat(512),
  "x".repeat(513),
  "x".repeat(1 << 20),
  "x".repeat((1 << 20) + 1),
];
const bytes = (text) => Buffer.byteLength(text);
// As the page has it, in other words than the module's.
const isLine = (text) => /\S/.test(text) && !/\p{Cc}/u.test(text) && bytes(text) <= 512;
const isId = (text) => isLine(text) && bytes(text) <= 128 && text === text.trim();

export async function checkAttacks(world) {
  const { app } = world;
  const victim = await world.register("victim", { acme: "manager" });
  const robot = await world.register("robot:victim");
  await world.set("grant_api_key", "victims key", "acme", robot, "documents:write");
  await world.set("grant_impersonation", robot, victim, "acme", 3600, "a reason");
  const [[grant]] = await world.sql(
    world.owner,
    "SELECT id FROM impersonation_grant WHERE reason = 'a reason'",
  );
  const victims = await app.logIn("victim");
  assert.equal(
    (await world.call(victims, "write_document", "acme", 0, "mine", "…", PLAIN)).status,
    200,
  );
  const [[document]] = await world.sql(world.owner, "SELECT id FROM document WHERE title = 'mine'");

  const mallory = await world.register("mallory", { globex: "manager", acme: "viewer" });
  await world.register("robot:mallory");
  const gone = await world.register("gone", { acme: "manager" });
  await world.set("revoke_membership", "acme", gone);
  const callers = {
    nobody: null,
    "a stranger": await app.logIn("stranger"),
    "a manager of another tenant, who may read": await app.logIn("mallory"),
    "a robot without a key": app.robot("robot:mallory"),
    "a member of yesterday": await app.logIn("gone"),
  };

  /** Good arguments of each reducer, to somebody's harm. */
  const harm = {
    add_administrator: [mallory],
    remove_administrator: [victim],
    create_tenant: ["mallorys", "Mallory's"],
    register_actor: [app.identity("stranger"), "victim", USER],
    set_membership: ["acme", mallory, "manager"],
    revoke_membership: ["acme", victim],
    grant_api_key: ["another key", "acme", app.identity("robot:mallory"), "documents:write"],
    revoke_api_key: ["victims key"],
    grant_impersonation: [mallory, victim, "acme", 3600, "no reason"],
    end_impersonation: [grant],
    link_identities: [[{ old_identity: victim, new_identity: app.identity("stranger") }]],
    retire_identities: [[victim]],
    write_document: ["acme", document, "not mine", "…", PLAIN],
    delete_document: ["acme", document, PLAIN],
  };

  await check("every reducer asks who calls", async () => {
    assert.deepEqual(Object.keys(harm).sort(), Object.keys(world.schema.reducers).sort());
    const before = await world.tables();
    for (const [caller, token] of Object.entries(callers)) {
      for (const [reducer, args] of Object.entries(harm)) {
        const { status, text } = await world.call(token, reducer, ...args);
        assert.equal(status, REFUSED, `${caller}: ${reducer}: ${text}`);
        assert.ok(REASONS.includes(text), text);
      }
    }
    assert.deepEqual(await world.tables(), before);
  });

  await check("managers of a tenant are no administrators", async () => {
    const before = await world.tables();
    for (const [reducer, args] of Object.entries(harm)) {
      // Those that name the tenant, and those about its grants.
      if (args.includes("acme") || args.includes("victims key") || args.includes(grant)) continue;
      const answer = await world.call(victims, reducer, ...args);
      assert.deepEqual(answer, { status: REFUSED, text: "not permitted" }, reducer);
    }
    assert.deepEqual(await world.tables(), before);
  });

  await check("contexts of others are of no use", async () => {
    const before = await world.tables();
    for (const context of [
      { ...PLAIN, api_key_ref: some("victims key") },
      { ...PLAIN, agent: some(robot) },
      { ...PLAIN, agent: some(victim) },
      {
        ...PLAIN,
        api_key_ref: some("victims key"),
        agent: some(robot),
        membership_version: some(1),
      },
    ]) {
      for (const token of Object.values(callers)) {
        const { status } = await world.call(
          token,
          "write_document",
          "acme",
          document,
          "x",
          "",
          context,
        );
        assert.equal(status, REFUSED);
      }
    }
    assert.deepEqual(await world.tables(), before);
  });

  await check(
    "another tenant's document is unknown, whatever the caller may do in their own",
    async () => {
      const token = await app.logIn("mallory");
      const before = await world.tables();
      const unknown = { status: REFUSED, text: "unknown document" };
      for (const id of [document, 999_999, Number.MAX_SAFE_INTEGER]) {
        assert.deepEqual(
          await world.call(token, "write_document", "globex", id, "x", "", PLAIN),
          unknown,
        );
        assert.deepEqual(await world.call(token, "delete_document", "globex", id, PLAIN), unknown);
      }
      assert.deepEqual(await world.tables(), before);
    },
  );

  await check("nobody starts the database anew", async () => {
    const before = await world.tables();
    for (const token of [null, victims, world.owner]) {
      assert.notEqual((await world.call(token, "init")).status, 200);
    }
    assert.deepEqual(await world.tables(), before);
  });

  await check("odd, empty and huge texts are taken as they stand, or refused", async () => {
    const { owner } = world;
    const tried = [
      ...ODD.map((text) => ["create_tenant", [text, "a name"], isId(text)]),
      ...ODD.map((text, at) => ["create_tenant", [`odd_${at}`, text], isLine(text)]),
      ...ODD.map((text, at) => [
        "register_actor",
        [app.identity(`odd_${at}`), text, USER],
        isId(text),
      ]),
      ...ODD.map((text) => ["set_membership", ["acme", victim, text], false]),
      ...ODD.map((text) => ["set_membership", [text, mallory, "editor"], isId(text)]),
      ...ODD.map((text) => ["grant_api_key", [text, "acme", robot, "documents:read"], isId(text)]),
      ...ODD.map((text, at) => ["grant_api_key", [`odd_${at}`, "acme", robot, text], false]),
      ...ODD.map((text) => ["grant_impersonation", [robot, victim, "acme", 1, text], isLine(text)]),
      ...ODD.map((text) => ["write_document", ["acme", 0, text, "…", PLAIN], isLine(text)]),
      ...ODD.map((text) => [
        "write_document",
        ["acme", 0, "odd", text, PLAIN],
        bytes(text) <= 1 << 20,
      ]),
    ];
    for (const [reducer, args, isTaken] of tried) {
      const token = reducer === "write_document" ? victims : owner;
      const { status, text } = await world.call(token, reducer, ...args);
      const told = `${reducer} ${JSON.stringify(args).slice(0, 80)}: ${status} ${text}`;
      if (isTaken) assert.equal(status, 200, told);
      else assert.deepEqual([status, text], [REFUSED, "malformed"], told);
    }
    const stored = await world.sql(owner, "SELECT title FROM document");
    const titles = new Set(stored.flat());
    for (const text of ODD) assert.equal(titles.has(text), isLine(text), text.slice(0, 80));
  });

  await check("arguments of other types do not reach the module", async () => {
    const before = await world.tables();
    const huge = "99999999999999999999999";
    for (const body of [
      "",
      "[",
      "{}",
      "null",
      "[]",
      '["acme"]',
      `["acme", 0, "x", "", null]`,
      `["acme", -1, "x", "", ${JSON.stringify(PLAIN)}]`,
      `["acme", ${huge}, "x", "", ${JSON.stringify(PLAIN)}]`,
      `["acme", 1.5, "x", "", ${JSON.stringify(PLAIN)}]`,
      `["acme", 0, "\\ud800", "", ${JSON.stringify(PLAIN)}]`,
      `["acme", 0, 7, "", ${JSON.stringify(PLAIN)}]`,
      `["acme", 0, "x", "", ${JSON.stringify({ ...PLAIN, agent: some("0x00") })}]`,
      `["acme", 0, "x", "", ${JSON.stringify({ ...PLAIN, membership_version: some(-1) })}]`,
      "[".repeat(100_000),
    ]) {
      const { status, text } = await world.callRaw(victims, "write_document", body);
      assert.ok(status >= 400 && status < REFUSED, `${body.slice(0, 80)}: ${status} ${text}`);
    }
    assert.deepEqual(await world.tables(), before);
  });

  await check("two at once: one tenant, and every version of a document", async () => {
    const all = (calls) => Promise.all(calls.map(([token, ...call]) => world.call(token, ...call)));
    const racing = Array.from({ length: 8 }, (_, at) => [
      world.owner,
      "create_tenant",
      "raced",
      `${at}`,
    ]);
    const created = (await all(racing)).map(({ status, text }) => `${status} ${text}`).sort();
    assert.deepEqual(created, ["200 ", ...new Array(7).fill("530 conflict")]);

    const version = async () => {
      const [[number]] = await world.sql(
        world.owner,
        `SELECT version FROM document WHERE id = ${document}`,
      );
      return number;
    };
    const before = await version();
    const write = ["write_document", "acme", document, "raced", "…", PLAIN];
    const answers = await all(Array.from({ length: 20 }, () => [victims, ...write]));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(await version(), before + 20);
  });

  await check(
    "whatever is changed at once, in any order: who sees what is what the members are",
    async () => {
      const chance = new Chance(sampleSeed());
      const people = await Promise.all(
        Array.from({ length: 6 }, async (_, at) => world.register(`crowd_${at}`)),
      );
      const seconds = people.map((_, at) => app.identity(`second_${at}`));
      const calls = Array.from({ length: 240 }, () => {
        const at = chance.below(people.length);
        const tenant = chance.pick(["acme", "globex"]);
        const identity = chance.pick([people[at], seconds[at]]);
        return chance.pick([
          ["set_membership", tenant, identity, chance.pick(["viewer", "editor", "manager"])],
          ["revoke_membership", tenant, identity],
          ["link_identities", [{ old_identity: people[at], new_identity: seconds[at] }]],
          ["register_actor", seconds[at], `crowd_${at}`, USER],
        ]);
      });
      const lanes = Array.from({ length: 6 }, async (_, lane) => {
        const answers = [];
        for (let at = lane; at < calls.length; at += 6) {
          answers.push(await world.call(world.owner, ...calls[at]));
        }
        return answers;
      });
      const answers = (await Promise.all(lanes)).flat();
      assert.ok(answers.some(({ status }) => status === 200));
      for (const { status, text } of answers) {
        assert.ok(status === 200 || text === "unknown actor", `${status} ${text}`);
      }
      await checkViewers(world);
    },
  );
}

/** `viewer` holds each identity of each member, once, and nobody else. */
export async function checkViewers(world) {
  const { actor_identity, membership, viewer } = await world.tables();
  const expected = membership
    .filter(([, , , role]) => role !== "none")
    .flatMap(([, tenant, actor]) =>
      actor_identity
        .filter(([, id]) => id === actor)
        .map(([[identity]]) => `${tenant} ${identity}`),
    );
  const found = viewer.map(([, tenant, [identity]]) => `${tenant} ${identity}`);
  assert.deepEqual(found.sort(), expected.sort());
  assert.ok(found.length > 0);
}
