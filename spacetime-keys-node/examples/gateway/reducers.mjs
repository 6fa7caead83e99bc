// Reducers by HTTP, each call with the token of its user: so the module's `ctx.sender` is the user, and
// no connection a user is needed.

import { HttpError } from "../tokens/http.mjs";

/** What the module says when it refuses, and what the client is told. Other texts stay here. */
const REFUSALS = new Map([
  ["not a member", [403, "not_a_member"]],
  ["not permitted", [403, "not_permitted"]],
  ["unknown actor", [403, "unknown_actor"]],
  ["no grant", [403, "no_grant"]],
  ["key revoked", [403, "key_revoked"]],
  ["stale membership", [409, "stale_membership"]],
  ["conflict", [409, "conflict"]],
  ["malformed", [400, "malformed"]],
  ["unknown document", [404, "unknown_document"]],
]);

export class Reducers {
  #options;

  /** @param {{ url: string, database: string, timeout?: number, fetch?: typeof fetch }} options */
  constructor(options) {
    this.#options = { timeout: 10_000, fetch: globalThis.fetch, ...options };
  }

  /**
   * @param {string} token
   * @param {{ tenantId: string, id: number, title: string, body: string,
   *   context: import("./broker.mjs").Actor["context"] }} write `id`: 0 for a new document.
   * @throws {HttpError}
   */
  writeDocument(token, { tenantId, id, title, body, context }) {
    const { apiKeyRef, agent } = context;
    return this.call(token, "write_document", [
      tenantId,
      id,
      title,
      body,
      {
        membership_version: option(null),
        api_key_ref: option(apiKeyRef),
        agent: option(agent === null ? null : [`0x${agent}`]),
      },
    ]);
  }

  /** @param {string} token @param {string} reducer @param {unknown[]} args As the module's types, in SATS-JSON. */
  async call(token, reducer, args) {
    const { url, database, timeout, fetch } = this.#options;
    let status;
    let text;
    try {
      const response = await fetch(
        `${url}/v1/database/${encodeURIComponent(database)}/call/${reducer}`,
        {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify(args),
          redirect: "error",
          signal: AbortSignal.timeout(timeout),
        },
      );
      status = response.status;
      text = await response.text();
    } catch (error) {
      // It may have been carried out, or may yet be: only the stream tells. Never tried again from here.
      if (error?.name === "TimeoutError") throw new HttpError(504, "outcome_unknown");
      throw new HttpError(502, "database_unavailable");
    }
    if (status === 200) return;
    // A reducer's `Err` is a 530 with its text.
    const [known, code] = REFUSALS.get(status === 530 ? text.trim() : "") ?? [502, "refused"];
    throw new HttpError(known, code);
  }
}

/** A value of Rust's `Option`. */
function option(value) {
  return value === null ? { none: [] } : { some: value };
}
