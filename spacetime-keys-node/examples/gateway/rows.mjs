// Rows of the bindings as what is sent to browsers: identities in hex, times in ISO 8601, ids as text, for they
// may be larger than JavaScript's numbers are exact.

/** @returns {import("./projection.mjs").Document} */
export function toDocument(row) {
  return {
    id: row.id.toString(),
    tenant_id: row.tenantId,
    title: row.title,
    body: row.body,
    version: row.version,
    changed_by: row.changedBy.toHexString(),
    changed_at: row.changedAt.toDate().toISOString(),
  };
}

/** @returns {import("./projection.mjs").Viewer} */
export function toViewer(row) {
  return {
    id: row.id.toString(),
    tenant_id: row.tenantId,
    identity: row.identity.toHexString(),
  };
}
