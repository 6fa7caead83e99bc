// What the clients have seen, against what the database says by SQL: its documents, and its own notes of who wrote
// what.

import assert from "node:assert/strict";

/**
 * @param before The tenant's documents when the clients came.
 * @param envelopes Everything that each of them has seen, in order.
 * @returns Documents that a kill took from the database after it had told of them: written, and then gone.
 */
export async function judge(world, tenant, before, envelopes) {
  const documents = new Map(before.map(({ id, title }) => [id, title]));
  const had = new Set(documents.keys());
  const written = new Map();
  for (const { event, tenant_id: of, payload } of envelopes) {
    assert.equal(of, tenant, "nothing foreign");
    if (event === "document.written") {
      assert.equal(payload.tenant_id, tenant, "nothing foreign");
      assert.ok(!written.has(payload.id), `${payload.id} is written twice`);
      written.set(payload.id, payload.title);
      documents.set(payload.id, payload.title);
    } else {
      assert.equal(event, "document.deleted");
      assert.ok(documents.delete(payload.id), `${payload.id} is deleted, and was not there`);
    }
  }
  const rows = await world.rows(`SELECT id, title FROM document WHERE tenant_id = '${tenant}'`);
  const byId = ([a], [b]) => a - b;
  const seen = [...documents].map(([id, title]) => [Number(id), title]);
  assert.deepEqual(seen.sort(byId), rows.sort(byId), "the documents are the database's");

  const notes = await world.rows(
    `SELECT subject FROM audit_event WHERE tenant_id = '${tenant}' AND action = 'write_document'`,
  );
  const noted = new Set(notes.flat());
  const lost = [...noted].filter((id) => !written.has(id) && !had.has(id));
  assert.deepEqual(lost, [], "what was written and never told");
  const forgotten = [...written.keys()].filter((id) => !noted.has(id));
  assert.deepEqual(
    forgotten.filter((id) => documents.has(id)),
    [],
    "what is still shown and is not there",
  );
  return { written: written.size, forgotten: forgotten.length };
}
