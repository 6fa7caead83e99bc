// What the gateway knows of the database: the documents of the tenants that it serves, and who may see them.
// A change of the rows becomes events of their tenant; so does the difference after a time without a
// connection, and that is why a restart of the database loses nothing.

import { EventLog } from "./event-log.mjs";

/**
 * @typedef {{ id: string, tenant_id: string, title: string, body: string, version: number,
 *   changed_by: string, changed_at: string }} Document
 * @typedef {{ id: string, tenant_id: string, identity: string }} Viewer `identity` may see the tenant.
 * @typedef {{ table: "document" | "viewer", before: any, after: any }} Change A row that came has no `before`,
 * one that went no `after`.
 */

export class Projection {
  #robot;
  #logOptions;
  /** By id: `log` and `documents`, of the tenants that the robot may see. */
  #tenants = new Map();
  #viewers = new Map();
  /** By identity, then by tenant: how many rows say so. */
  #access = new Map();
  #onRevoked;
  isReady = false;

  /**
   * @param {object} options
   * @param {string} options.robot The gateway's own identity: it serves the tenants that this one may see.
   * @param {(tenantId: string, identity: string | null) => void} [options.onRevoked] Somebody may no longer see a
   * tenant; `null`: nobody may, here.
   * @param {object} [options.log] Options of each tenant's {@link EventLog}.
   */
  constructor({ robot, onRevoked = () => {}, log = {} }) {
    this.#robot = robot;
    this.#onRevoked = onRevoked;
    this.#logOptions = log;
  }

  /** The ids of the tenants that somebody may see here. @param {string} identity */
  tenantsOf(identity) {
    const tenants = this.#access.get(identity)?.keys() ?? [];
    return [...tenants].filter((id) => this.#tenants.has(id));
  }

  /** @param {string} tenantId */
  log(tenantId) {
    return this.#tenants.get(tenantId)?.log;
  }

  /** @param {string} tenantId @returns {Document[]} */
  documents(tenantId) {
    return [...(this.#tenants.get(tenantId)?.documents.values() ?? [])];
  }

  /**
   * All rows that there are, after the first subscription and each later one.
   *
   * @param {Iterable<Document>} documents
   * @param {Iterable<Viewer>} viewers
   */
  replace(documents, viewers) {
    const had = [...this.#tenants.values()].flatMap((tenant) => [...tenant.documents.values()]);
    this.apply([
      ...differences("viewer", this.#viewers.values(), viewers),
      ...differences("document", had, documents),
    ]);
    this.isReady = true;
  }

  /** The changes of a transaction, at once: nobody sees half of one. @param {Change[]} changes */
  apply(changes) {
    const of = (table) => changes.filter((change) => change.table === table);
    // First who may see: a transaction that takes somebody's access away is not shown to them.
    const touched = of("viewer").flatMap(({ before, after }) => {
      if (before) this.#removeViewer(before);
      if (after) this.#addViewer(after);
      return [before, after].filter(Boolean);
    });
    for (const { tenant_id: id, identity } of touched) {
      const isGranted = this.#access.get(identity)?.has(id) ?? false;
      if (identity === this.#robot) this.#serve(id, isGranted);
      else if (!isGranted) this.#onRevoked(id, identity);
    }
    for (const change of of("document")) this.#change(change);
  }

  #serve(id, isGranted) {
    if (isGranted && !this.#tenants.has(id)) {
      const log = new EventLog(id, this.#logOptions);
      this.#tenants.set(id, { log, documents: new Map() });
    } else if (!isGranted && this.#tenants.delete(id)) {
      this.#onRevoked(id, null);
    }
  }

  #change({ before, after }) {
    // A document that changes its tenant leaves one and comes to the other.
    if (before && before.tenant_id !== after?.tenant_id) {
      const tenant = this.#tenants.get(before.tenant_id);
      if (tenant?.documents.delete(before.id)) {
        tenant.log.append("document.deleted", { id: before.id });
      }
    }
    if (!after) return;
    // Rows of a tenant that the robot may not see are none of the gateway's business, however they came here.
    const tenant = this.#tenants.get(after.tenant_id);
    if (!tenant) return;
    tenant.documents.set(after.id, after);
    tenant.log.append("document.written", after);
  }

  #addViewer(row) {
    this.#viewers.set(row.id, row);
    const tenants = this.#access.get(row.identity) ?? new Map();
    this.#access.set(row.identity, tenants);
    tenants.set(row.tenant_id, (tenants.get(row.tenant_id) ?? 0) + 1);
  }

  #removeViewer({ id }) {
    const row = this.#viewers.get(id);
    if (!row) return;
    this.#viewers.delete(id);
    const tenants = this.#access.get(row.identity);
    const left = tenants.get(row.tenant_id) - 1;
    if (left > 0) tenants.set(row.tenant_id, left);
    else tenants.delete(row.tenant_id);
    if (tenants.size === 0) this.#access.delete(row.identity);
  }
}

/** What has to change so that the rows that there were become those that there are. */
function differences(table, had, has) {
  const old = new Map([...had].map((row) => [row.id, row]));
  const changes = [];
  for (const after of has) {
    const before = old.get(after.id);
    old.delete(after.id);
    if (!before || !isSame(before, after)) changes.push({ table, before, after });
  }
  for (const before of old.values()) changes.push({ table, before, after: undefined });
  return changes;
}

/** Rows are made in one place, so their members stand in one order. */
function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
