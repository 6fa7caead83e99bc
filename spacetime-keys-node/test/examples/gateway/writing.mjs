// Who the database says it was: a browser's user, an API key's robot, and a user for whom a robot acts.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";

export async function checkWriting(world) {
  const [alice, bob] = [await world.logIn("alice"), await world.logIn("bob")];
  const key = { authorization: `Bearer ${world.apiKey}` };
  const forAlice = { ...key, "on-behalf-of": "u_1" };

  /** Writes, and gives what the stream and the audit say of it. */
  async function written(headers, title) {
    const watcher = await world.watch(alice);
    await watcher.next();
    assert.equal(await world.post(headers, { title }), 204);
    const [event] = (await watcher.until(({ payload }) => payload.title === title)).slice(-1);
    watcher.close();
    const { id, changed_by: by } = event.payload;
    const audited = await world.rows(
      `SELECT actor_id, agent_id FROM audit_event WHERE subject = '${id}'`,
    );
    return { by, audited };
  }

  await check("a browser's write is the user's", async () => {
    const { by, audited } = await written(alice, "by the user");
    assert.deepEqual([by, audited], [world.identity("u_1"), [["u_1", ""]]]);
  });

  await check("an API key's write is its robot's", async () => {
    const { by, audited } = await written(key, "by the robot");
    const robot = "robot:importer";
    assert.deepEqual([by, audited], [world.identity(robot), [[robot, ""]]]);
  });

  await check("a write for a user is the user's by the robot, if that was granted", async () => {
    assert.deepEqual(await world.post(forAlice, { title: "x" }), [403, "no_grant"]);
    const [agent, user] = [world.argument("robot:importer"), world.argument("u_1")];
    await world.call("grant_impersonation", [agent, user, "acme", 600, "a test"]);
    const { by, audited } = await written(forAlice, "for the user");
    assert.deepEqual([by, audited], [world.identity("u_1"), [["u_1", "robot:importer"]]]);
    const [[grant]] = await world.rows("SELECT id FROM impersonation_grant");
    await world.call("end_impersonation", [grant]);
    assert.deepEqual(await world.post(forAlice, { title: "x" }), [403, "no_grant"]);
  });

  await check("the module's refusals are told, in fixed words", async () => {
    const bobs = { tenant: "acme", title: "x" };
    assert.deepEqual(await world.post(bob, bobs), [403, "not_permitted"]);
    assert.deepEqual(await world.post(alice, { title: "" }), [400, "malformed"]);
    assert.deepEqual(await world.post(alice, { title: "x", id: "999999" }), [
      404,
      "unknown_document",
    ]);
    await world.call("revoke_api_key", ["importer"]);
    assert.deepEqual(await world.post(key, { title: "x" }), [403, "key_revoked"]);
  });
}
