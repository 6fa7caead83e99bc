// API keys' robots, and agents who act for a user.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";
import { REFUSED } from "./access.mjs";
import { PLAIN, some } from "./world.mjs";

export async function checkGrants(world) {
  const { app } = world;
  const write = (token, context, tenant = "acme") =>
    world.call(token, "write_document", tenant, 0, "a title", "…", { ...PLAIN, ...context });
  const taken = { status: 200, text: "" };
  const refused = (text) => ({ status: REFUSED, text });
  const events = async (action) => {
    const columns = "SELECT id, actor_id, agent_id, action FROM audit_event";
    const rows = await world.sql(world.owner, `${columns} WHERE action = '${action}'`);
    return rows.sort(([one], [other]) => one - other).map(([, ...rest]) => rest);
  };

  await check("who acts for a user needs a grant, and the audit names both", async () => {
    const agent = await world.register("robot:support");
    const kate = await world.register("kate", { acme: "editor", globex: "editor" });
    const leo = await world.register("leo", { acme: "editor" });
    // The user is `sub`, the one who acts is `act`.
    const delegated = (subject) =>
      app.mint(subject, { purpose: "delegated", claims: { act: { sub: "robot:support" } } });
    const token = delegated("kate");
    const byAgent = { agent: some(agent) };
    assert.deepEqual(await write(token, byAgent), refused("no grant"));

    await world.set("grant_impersonation", agent, kate, "acme", 3600, "ticket 4711");
    assert.deepEqual(await write(token, byAgent), taken);
    assert.deepEqual((await events("write_document")).at(-1), [
      "kate",
      "robot:support",
      "write_document",
    ]);
    const columns = "SELECT id, changed_by FROM document";
    const rows = await world.sql(world.owner, columns);
    assert.deepEqual(rows.sort(([one], [other]) => one - other).at(-1)[1], kate);

    assert.deepEqual(await write(token, byAgent, "globex"), refused("no grant"));
    assert.deepEqual(await write(delegated("leo"), byAgent), refused("no grant"));
    assert.deepEqual(await write(token, { agent: some(leo) }), refused("no grant"));

    const [[id]] = await world.sql(world.owner, "SELECT id FROM impersonation_grant");
    await world.set("end_impersonation", id);
    assert.deepEqual(await write(token, byAgent), refused("no grant"));
    assert.deepEqual(await write(token, {}), taken);
  });

  await check("a grant ends by its time", async () => {
    const [agent, kate] = [app.identity("robot:support"), app.identity("kate")];
    await world.set("grant_impersonation", agent, kate, "acme", 2, "ticket 4712");
    const token = await app.logIn("kate");
    const answers = [];
    do answers.push(await write(token, { agent: some(agent) }));
    while (answers.at(-1).status === 200);
    assert.ok(answers.length > 1);
    assert.deepEqual(answers.at(-1), refused("no grant"));
  });

  await check("nobody acts for themselves, without a reason, or for ever", async () => {
    const [agent, kate] = [app.identity("robot:support"), app.identity("kate")];
    for (const [forWhom, seconds, reason] of [
      [agent, 60, "a reason"],
      [kate, 0, "a reason"],
      [kate, 60, ""],
      [kate, 60, " "],
    ]) {
      const grant = ["grant_impersonation", agent, forWhom, "acme", seconds, reason];
      assert.deepEqual(await world.call(world.owner, ...grant), refused("malformed"));
    }
  });

  await check(
    "a revoked API key is refused at once, while the robot's token still lives",
    async () => {
      const robot = await world.register("robot:importer");
      const other = await world.register("robot:other");
      const [token, others] = [app.robot("robot:importer"), app.robot("robot:other")];
      const withKey = { api_key_ref: some("key_1") };
      assert.deepEqual(await write(token, withKey), refused("no grant"));
      await world.set("grant_api_key", "key_1", "acme", robot, "documents:write");
      assert.deepEqual(await write(token, withKey), taken);
      assert.deepEqual((await events("write_document")).at(-1), [
        "robot:importer",
        "",
        "write_document",
      ]);

      assert.deepEqual(await write(others, withKey), refused("no grant"));
      assert.deepEqual(await write(await app.logIn("kate"), withKey), refused("no grant"));
      assert.deepEqual(await write(token, withKey, "globex"), refused("no grant"));
      assert.deepEqual(await write(token, {}), refused("not a member"));

      await world.set("grant_api_key", "key_2", "acme", other, "documents:read");
      assert.deepEqual(await write(others, { api_key_ref: some("key_2") }), refused("no grant"));

      await world.set("revoke_api_key", "key_1");
      assert.deepEqual(await write(token, withKey), refused("key revoked"));
      assert.equal((await world.server.ping(token)).status, 200);
      // For ever: a new key has another name.
      const again = ["grant_api_key", "key_1", "acme", robot, "documents:write"];
      assert.deepEqual(await world.call(world.owner, ...again), refused("conflict"));
    },
  );

  await check("at the latest, a robot ends with its token", async () => {
    await world.set(
      "grant_api_key",
      "key_3",
      "acme",
      app.identity("robot:importer"),
      "documents:write",
    );
    const now = Math.floor(Date.now() / 1000);
    const withKey = { api_key_ref: some("key_3") };
    assert.deepEqual(await write(app.robot("robot:importer", { now: now - 200 }), withKey), taken);
    // Servers allow a minute.
    const { status } = await write(app.robot("robot:importer", { now: now - 400 }), withKey);
    assert.equal(status, 401);
  });

  await check("an API key is a robot's, for one thing, and never manages members", async () => {
    const robot = app.identity("robot:importer");
    for (const [ref, tenant, identity, permission] of [
      ["key_4", "acme", app.identity("kate"), "documents:write"],
      ["key_4", "acme", robot, "members:write"],
      ["key_4", "acme", robot, "anything"],
      ["key_4", "no such tenant", robot, "documents:write"],
      ["", "acme", robot, "documents:write"],
    ]) {
      const grant = ["grant_api_key", ref, tenant, identity, permission];
      assert.deepEqual(await world.call(world.owner, ...grant), refused("malformed"), `${grant}`);
    }
  });

  await check("outsiders do not learn which keys and grants there are", async () => {
    const outsider = await app.logIn("bob");
    for (const token of [outsider, await app.logIn("nobody"), null]) {
      for (const ref of ["key_2", "no such key"]) {
        assert.deepEqual(await world.call(token, "revoke_api_key", ref), refused("no grant"));
      }
      for (const [id] of await world.sql(world.owner, "SELECT id FROM impersonation_grant")) {
        assert.deepEqual(await world.call(token, "end_impersonation", id), refused("no grant"));
      }
    }
  });
}
