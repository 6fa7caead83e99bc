// Who sees which documents: by SQL, and by subscription, which are two ways through the server.

import assert from "node:assert/strict";

import { check } from "../../real-server/support/checks.mjs";
import { PLAIN } from "./world.mjs";

const DOCUMENTS = "SELECT * FROM document";
const VIEWERS = "SELECT * FROM viewer";

export async function checkVisibility(world) {
  const { app } = world;
  await world.set("create_tenant", "acme", "Acme");
  await world.set("create_tenant", "globex", "Globex");
  const alice = await world.register("alice", { acme: "editor" });
  await world.register("bob", { globex: "editor" });
  const [a, b] = [await app.logIn("alice"), await app.logIn("bob")];

  const write = async (token, tenant, title) =>
    assert.deepEqual(await world.call(token, "write_document", tenant, 0, title, "…", PLAIN), {
      status: 200,
      text: "",
    });

  await check("a token of the app's issuer becomes a row that its user has changed", async () => {
    await write(a, "acme", "of acme");
    await write(b, "globex", "of globex");
    const rows = await world.sql(world.owner, "SELECT title, tenant_id, changed_by FROM document");
    assert.deepEqual(rows.sort(), [
      ["of acme", "acme", app.identity("alice")],
      ["of globex", "globex", app.identity("bob")],
    ]);
  });

  await check("by SQL everybody sees their tenants' documents", async () => {
    const titles = async (token, where = "") => {
      const rows = await world.sql(token, `SELECT title FROM document${where}`);
      return rows.flat();
    };
    assert.deepEqual(await titles(a), ["of acme"]);
    assert.deepEqual(await titles(b), ["of globex"]);
    assert.deepEqual(await titles(a, " WHERE tenant_id = 'globex'"), []);
    assert.deepEqual(await titles(a, " WHERE id > 0"), ["of acme"]);
    assert.deepEqual(await titles(await app.logIn("nobody")), []);
    assert.deepEqual(await titles(null), []);
    const [[count]] = await world.sql(a, "SELECT COUNT(*) AS n FROM document");
    assert.equal(count, 1);
    const joined = "SELECT d.* FROM document d JOIN viewer v ON d.tenant_id = v.tenant_id";
    assert.ok((await world.sql(a, joined)).every((row) => row[1] === "acme"));
  });

  const seenByAlice = await world.subscribe(a, DOCUMENTS);
  const seenByBob = await world.subscribe(b, DOCUMENTS);
  const seenByNobody = await world.subscribe(await app.logIn("nobody"), DOCUMENTS);

  await check("by subscription, too, from the first rows on", async () => {
    assert.deepEqual(seenByAlice.titles, ["of acme"]);
    assert.deepEqual(seenByBob.titles, ["of globex"]);
    assert.deepEqual(seenByNobody.titles, []);
    await write(a, "acme", "second of acme");
    await write(b, "globex", "second of globex");
    await seenByAlice.until(({ titles }) => titles.includes("second of acme"));
    await seenByBob.until(({ titles }) => titles.includes("second of globex"));
    assert.deepEqual(seenByAlice.tenants, ["acme"]);
    assert.deepEqual(seenByBob.tenants, ["globex"]);
    assert.deepEqual(
      [...seenByAlice.changes, ...seenByBob.changes].map(({ row }) => row.title),
      ["second of acme", "second of globex"],
    );
  });

  // The same by SQL works: a test only by SQL would not notice.
  await check("a subscription to documents with a condition is refused", async () => {
    for (const where of ["tenant_id = 'acme'", "title = 'of acme'", "id > 0"]) {
      const query = `${DOCUMENTS} WHERE ${where}`;
      assert.notDeepEqual(await world.sql(a, query), []);
      await assert.rejects(world.subscribe(a, query), /require indexes on join columns/);
    }
  });

  await check("a grant and its revocation reach open subscriptions", async () => {
    await world.set("set_membership", "globex", alice, "viewer");
    await seenByAlice.until(({ titles }) => titles.length === 4);
    assert.deepEqual(seenByAlice.tenants, ["acme", "globex"]);
    await write(b, "globex", "third of globex");
    await seenByAlice.until(({ titles }) => titles.includes("third of globex"));

    await world.set("revoke_membership", "globex", alice);
    await seenByAlice.until(({ tenants }) => tenants.length === 1);
    assert.deepEqual(seenByAlice.titles, ["of acme", "second of acme"]);
    const gone = seenByAlice.changes.filter(({ kind }) => kind === "delete");
    assert.equal(gone.length, 3);
    await write(b, "globex", "fourth of globex");
    await write(a, "acme", "third of acme");
    await seenByAlice.until(({ titles }) => titles.includes("third of acme"));
    assert.deepEqual(seenByAlice.tenants, ["acme"]);
    assert.deepEqual(
      await world.sql(a, "SELECT title FROM document WHERE tenant_id = 'globex'"),
      [],
    );
  });

  await check("who may see nothing was told nothing", () => {
    assert.deepEqual(seenByNobody.changes, []);
    assert.deepEqual(seenByNobody.titles, []);
  });

  await check("an expired token opens no subscription", async () => {
    const shortLived = app.mint("alice", { now: Math.floor(Date.now() / 1000) - 3600 });
    await assert.rejects(world.subscribe(shortLived, DOCUMENTS), /refused/);
  });

  await check("private tables are nobody's but the owner's", async () => {
    const tables = Object.keys(world.schema.tables);
    const shown = tables.filter((table) => !["document", "viewer"].includes(table));
    assert.ok(shown.length >= 9, `${shown}`);
    for (const table of shown) {
      const query = `SELECT * FROM ${table}`;
      await assert.rejects(world.sql(a, query), /no such table|private|not a valid table/i, table);
      await assert.rejects(
        world.subscribe(a, query),
        /no such table|private|not a valid table/i,
        table,
      );
    }
  });

  await check("nobody but the owner writes by SQL", async () => {
    const before = await world.tables();
    const [tenant, identity] = ["globex", app.identity("alice")[0]];
    for (const statement of [
      "DELETE FROM document",
      "UPDATE document SET title = 'mine'",
      "UPDATE viewer SET tenant_id = 'acme'",
      "DELETE FROM viewer",
      `INSERT INTO viewer (id, tenant_id, identity) VALUES (900, '${tenant}', ${identity})`,
      `INSERT INTO administrator (identity) VALUES (${identity})`,
    ]) {
      for (const token of [a, null]) await assert.rejects(world.sql(token, statement), statement);
    }
    assert.deepEqual(await world.tables(), before);
  });

  // The page says so: a reader can judge what may stand in an argument.
  await check(
    "subscribers to viewer are told the arguments of reducers that touch it",
    async () => {
      const anybody = await world.subscribe(await app.logIn("nobody"), VIEWERS);
      const carol = await world.register("carol");
      await world.set("set_membership", "acme", carol, "manager");
      await anybody.until(({ changes }) => changes.length > 0);
      const { name, args } = anybody.changes[0].reducer;
      assert.equal(name, "set_membership");
      assert.equal(args.role, "manager");
      anybody.close();
    },
  );

  for (const subscriber of [seenByAlice, seenByBob, seenByNobody]) subscriber.close();
}
