// Who may write, and what a refusal leaves behind.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";
import { PLAIN, some } from "./world.mjs";

/** The server's status of a reducer's `Err`. */
export const REFUSED = 530;

export async function checkAccess(world) {
  const { app } = world;
  const bare = (identity) => identity[0].replace("0x", "");
  const erin = await world.register("erin", { acme: "viewer" });
  const frank = await world.register("frank", { acme: "manager" });
  const write = (token, context = PLAIN, tenant = "acme") =>
    world.call(token, "write_document", tenant, 0, "a title", "…", context);

  /** Refused with these words, which stand in the log with who asked; and nothing is changed. */
  async function refused(text, identity, ask) {
    const before = await world.tables();
    const known = world.log().split("\n").length;
    assert.deepEqual(await ask(), { status: REFUSED, text });
    assert.deepEqual(await world.tables(), before);
    const lines = world
      .log()
      .split("\n")
      .slice(known - 1)
      .join("\n");
    assert.ok(lines.includes(`refused: ${text}; asked for: `), lines);
    if (identity !== null) assert.ok(lines.includes(`by: ${bare(identity)}`), lines);
  }

  await check("a non-member is refused, and the module's log has it", async () => {
    const gina = await world.register("gina", { globex: "manager" });
    const token = await app.logIn("gina");
    await refused("not a member", gina, () => write(token));
    await refused("not a member", gina, () => write(token, PLAIN, "no such tenant"));
    await refused("not a member", gina, () =>
      world.call(token, "set_membership", "acme", gina, "editor"),
    );
  });

  await check("so is the wrong role", async () => {
    const token = await app.logIn("erin");
    await refused("not permitted", erin, () => write(token));
    await refused("not permitted", erin, () =>
      world.call(token, "set_membership", "acme", erin, "manager"),
    );
    await refused("not permitted", erin, () =>
      world.call(token, "create_tenant", "erins", "Erin's"),
    );
  });

  await check(
    "so is somebody whom the tables do not know, with a good token or with none",
    async () => {
      const nobody = await app.logIn("nobody");
      await refused("unknown actor", app.identity("nobody"), () => write(nobody));
      await refused("unknown actor", null, () => write(null));
      const invented = await fetch(`${world.server.url}/v1/identity`, { method: "POST" });
      const { identity, token } = await invented.json();
      await refused("unknown actor", [identity], () => write(token));
    },
  );

  await check("an expired token gets no answer of the module's", async () => {
    const token = app.mint("alice", { now: Math.floor(Date.now() / 1000) - 3600 });
    const { status, text } = await write(token);
    assert.equal(status, 401);
    assert.match(text, /ExpiredSignature/);
  });

  await check(
    "a stale membership_version is refused, also after a membership was granted anew",
    async () => {
      const henry = await world.register("henry", { acme: "editor" });
      const token = await app.logIn("henry");
      const at = (version) => write(token, { ...PLAIN, membership_version: some(version) });
      assert.equal((await at(1)).status, 200);
      await refused("stale membership", henry, () => at(0));
      await refused("stale membership", henry, () => at(2));
      await world.set("set_membership", "acme", henry, "manager");
      await refused("stale membership", henry, () => at(1));
      assert.equal((await at(2)).status, 200);
      await world.set("revoke_membership", "acme", henry);
      await refused("not a member", henry, () => at(2));
      await world.set("set_membership", "acme", henry, "editor");
      await refused("stale membership", henry, () => at(1));
      await refused("stale membership", henry, () => at(2));
      assert.equal((await at(4)).status, 200);
      // The same role again is no change.
      await world.set("set_membership", "acme", henry, "editor");
      assert.equal((await at(4)).status, 200);
    },
  );

  await check("a manager manages their own tenant, and an audit event says so", async () => {
    const token = await app.logIn("frank");
    const ida = await world.register("ida");
    const set = (tenant, role) => world.call(token, "set_membership", tenant, ida, role);
    assert.equal((await set("acme", "editor")).status, 200);
    await refused("not a member", frank, () => set("globex", "editor"));
    await refused("malformed", frank, () => set("acme", "none"));
    await refused("malformed", frank, () => set("acme", "owner"));
    const event =
      "SELECT actor_id, agent_id, subject FROM audit_event WHERE action = 'set_membership'";
    assert.deepEqual((await world.sql(world.owner, event)).at(-1), ["frank", "", "ida editor"]);
    assert.equal((await write(await app.logIn("ida"))).status, 200);
  });

  await check("an administrator can be removed, the last one cannot", async () => {
    const jack = await world.register("jack");
    const token = await app.logIn("jack");
    await refused("not permitted", jack, () => world.call(token, "add_administrator", jack));
    await world.set("add_administrator", jack);
    assert.equal((await world.call(token, "create_tenant", "jacks", "Jack's")).status, 200);
    await world.set("remove_administrator", jack);
    await refused("not permitted", jack, () => world.call(token, "create_tenant", "another", "…"));
    const [[owner]] = await world.sql(world.owner, "SELECT identity FROM administrator");
    await refused("conflict", owner, () => world.call(world.owner, "remove_administrator", owner));
  });
}
