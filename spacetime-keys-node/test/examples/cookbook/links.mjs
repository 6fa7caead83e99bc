// Ten thousand users move to another issuer: by the commands of docs/leaving-keycloak.md, with both issuers live.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import { check } from "../../real-server/support/checks.mjs";
import { REFUSED } from "./access.mjs";
import { Issuer } from "./issuer.mjs";
import { Page } from "./page.mjs";
import { PLAIN, some } from "./world.mjs";

const USERS = 10_000;
const CHUNK = 1_000;
/** Of the old issuer. */
const uuid = (at) => `00000000-0000-4000-8000-${`${at}`.padStart(12, "0")}`;

export async function checkLinks(world) {
  const { app, host } = world;
  const old = await Issuer.start();
  const users = Array.from({ length: USERS }, (_, at) => ({ before: uuid(at), now: `m_${at}` }));
  // By the checks before.
  const linked = await world.count("identity_link");
  const SINCE = new Date().toISOString();
  const page = new Page("leaving-keycloak.md", host, {
    OLD: old.url,
    NEW: app.url,
    SERVER: world.server.url,
    SINCE,
  });
  const who = (table) => world.count(table);
  const link = (links) => world.call(world.owner, "link_identities", links);
  const pair = (before, now) => ({
    old_identity: old.identity(before),
    new_identity: app.identity(now),
  });
  const write = (token, context = PLAIN) =>
    world.call(token, "write_document", "acme", 0, "after the move", "…", context);
  const lastWriter = async () => {
    const columns = "SELECT id, actor_id FROM audit_event WHERE action = 'write_document'";
    const rows = await world.sql(world.owner, columns);
    return rows.sort(([one], [other]) => one - other).at(-1)[1];
  };

  // Slow: ten thousand users are registered, each by a call of their own.
  await check("ten thousand users of the old issuer", async () => {
    const before = await who("actor_identity");
    const lanes = Array.from({ length: 16 }, async (_, lane) => {
      for (let at = lane; at < USERS; at += 16) {
        await world.set("register_actor", old.identity(users[at].before), `m_${at}`, { User: [] });
      }
    });
    await Promise.all(lanes);
    assert.equal(await who("actor_identity"), before + USERS);
    await world.set("set_membership", "acme", old.identity(uuid(0)), "editor");
    await world.set("set_membership", "acme", old.identity(uuid(1)), "viewer");
  });

  let chunks;
  await check("the program maps them, and the module takes its chunks", async () => {
    const rows = users.map(({ before, now }) => `${before},${now}\n`);
    // One who never used the database.
    rows.push(`${uuid(USERS)},m_${USERS}\n`);
    writeFileSync(host.path("users.csv"), `old_subject,new_subject\n${rows.join("")}`);
    const before = await who("actor_identity");
    page.run("link_identities");
    const links = readFileSync(host.path("map.ndjson"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map((row) => ({
        old_identity: [`0x${row.old_identity}`],
        new_identity: [`0x${row.new_identity}`],
      }));
    assert.equal(links.length, USERS + 1);
    chunks = Array.from({ length: Math.ceil(links.length / CHUNK) }, (_, at) =>
      links.slice(at * CHUNK, (at + 1) * CHUNK),
    );
    assert.equal(await who("identity_link"), linked + USERS);
    assert.equal(await who("actor_identity"), before + USERS);
  });

  await check("every user is found by either identity", async () => {
    const rows = await world.sql(world.owner, "SELECT identity, actor_id FROM actor_identity");
    const actors = new Map(rows.map(([[identity], actor]) => [identity, actor]));
    for (const { before, now } of users) {
      assert.equal(actors.get(old.identity(before)[0]), now);
      assert.equal(actors.get(app.identity(now)[0]), now);
    }
  });

  await check("the same chunks again change nothing", async () => {
    const tables = await world.tables();
    page.run("link_identities");
    for (const chunk of chunks) assert.deepEqual(await link(chunk), { status: 200, text: "" });
    assert.deepEqual(await world.tables(), tables);
  });

  await check("of a chunk with a collision, nothing is taken", async () => {
    const tables = await world.tables();
    await world.set("register_actor", old.identity("p_1"), "p_1", { User: [] });
    await world.set("register_actor", old.identity("p_2"), "p_2", { User: [] });
    await world.set("register_actor", app.identity("q_1"), "q_1", { User: [] });
    const good = pair("p_1", "p_1");
    for (const bad of [
      // Another user has it already: by a link, and by a registration.
      pair("p_2", "m_0"),
      pair("p_2", "q_1"),
      // This user has another one already.
      pair(uuid(0), "somebody else"),
      // Both in one chunk.
      pair("p_2", "p_1"),
      { old_identity: old.identity("p_2"), new_identity: old.identity("p_2") },
      // Back again.
      { old_identity: app.identity("m_3"), new_identity: old.identity(uuid(3)) },
    ]) {
      assert.deepEqual(await link([good, bad]), { status: REFUSED, text: "conflict" });
    }
    assert.deepEqual((await world.tables()).identity_link, tables.identity_link);
    assert.equal(await who("actor_identity"), tables.actor_identity.length + 3);
    // Who was registered when they came with the new token is linked all the same.
    await world.set("register_actor", app.identity("p_2"), "p_2", { User: [] });
    assert.deepEqual(await link([good, pair("p_2", "p_2")]), { status: 200, text: "" });
    assert.equal(await who("identity_link"), linked + USERS + 2);
  });

  const before = await old.logIn(uuid(0));
  const now = await app.logIn("m_0");
  await check("old and new token find the same user, with the same rights", async () => {
    for (const token of [before, now]) {
      assert.deepEqual(await write(token), { status: 200, text: "" });
      assert.equal(await lastWriter(), "m_0");
    }
    const [one, two] = [await old.logIn(uuid(1)), await app.logIn("m_1")];
    for (const token of [one, two]) {
      assert.deepEqual(await write(token), { status: REFUSED, text: "not permitted" });
      assert.notDeepEqual(await world.sql(token, "SELECT * FROM document"), []);
    }
  });

  await check("it shows who still writes under an old identity", () => page.run("spacetime sql"));

  await check("grants hold for either identity", async () => {
    await world.set("register_actor", old.identity("robot:mover"), "robot:mover", { Robot: [] });
    await world.set(
      "grant_api_key",
      "moved",
      "acme",
      old.identity("robot:mover"),
      "documents:write",
    );
    const agent = old.identity("robot:mover");
    await world.set("grant_impersonation", agent, old.identity(uuid(0)), "acme", 3600, "the move");
    assert.deepEqual(await link([pair("robot:mover", "robot:mover")]), { status: 200, text: "" });
    await holds(old.robot("robot:mover"), app.robot("robot:mover"));
  });

  async function holds(...robots) {
    const withKey = { ...PLAIN, api_key_ref: some("moved") };
    for (const robot of robots) {
      assert.deepEqual(await write(robot, withKey), { status: 200, text: "" });
    }
    const byAgent = { ...PLAIN, agent: some(app.identity("robot:mover")) };
    assert.deepEqual(await write(now, byAgent), { status: 200, text: "" });
  }

  await check(
    "retired, the old identities find nobody, and what they had is the new ones'",
    async () => {
      const seenBefore = await world.subscribe(before, "SELECT * FROM document");
      const seenNow = await world.subscribe(now, "SELECT * FROM document");
      assert.notDeepEqual(seenBefore.titles, []);
      const retired = [
        ...users.slice(0, CHUNK).map(({ before: subject }) => subject),
        "robot:mover",
      ];
      const identities = [...retired, "never here"].map((subject) => old.identity(subject));
      const registered = await who("actor_identity");
      // Not yet moved: left alone.
      identities.push(app.identity("m_5"));
      await world.set("retire_identities", identities);
      assert.equal(await who("actor_identity"), registered - CHUNK - 1);
      await seenBefore.until(({ titles }) => titles.length === 0);
      assert.deepEqual(await write(before), { status: REFUSED, text: "unknown actor" });
      assert.deepEqual(await write(now), { status: 200, text: "" });
      assert.equal(await lastWriter(), "m_0");
      await seenNow.until(({ titles }) => titles.length > 0);
      await holds(app.robot("robot:mover"));
      const tables = await world.tables();
      await world.set("retire_identities", identities);
      // The map again, by mistake.
      assert.deepEqual(await link(chunks[0]), { status: 200, text: "" });
      assert.deepEqual(await world.tables(), tables);
      for (const seen of [seenBefore, seenNow]) seen.close();
    },
  );

  await check("all others retire by the page's command", async () => {
    page.run("retire_identities");
    assert.equal(await who("identity_link"), linked + USERS + 3);
    const rows = await world.sql(world.owner, "SELECT identity FROM actor_identity");
    const left = new Set(rows.map(([[identity]]) => identity));
    assert.ok(users.every(({ before: subject }) => !left.has(old.identity(subject)[0])));
    assert.ok(users.every(({ now: subject }) => left.has(app.identity(subject)[0])));
  });

  await check("the new issuer alone is enough", async () => {
    await old.stop();
    assert.deepEqual(await write(await app.logIn("m_0")), { status: 200, text: "" });
  });
}
