// DEMO. Your own store of API keys belongs here. What is worth keeping: a key has a name that may be seen and a
// secret that is kept as a digest; it belongs to one tenant; and what it may do is the database's to say, by a
// grant that can be revoked.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const KEY = /^sk_([a-z0-9-]{1,32})_([\w-]{43})$/;

/**
 * @typedef {{ ref: string, tenant: string, digest: string }} ApiKey `digest`: hex SHA-256 of the secret, which is
 * random: a slow hash is for what people choose.
 */

/** Makes a key. The app stores `entry`; `key` is shown once. @param {string} ref @param {string} tenant */
export function makeApiKey(ref, tenant) {
  const secret = randomBytes(32).toString("base64url");
  return {
    key: `sk_${ref}_${secret}`,
    entry: { ref, tenant, digest: digest(secret).toString("hex") },
  };
}

export class ApiKeys {
  #byRef;

  /** @param {ApiKey[]} entries */
  constructor(entries) {
    this.#byRef = new Map(entries.map((entry) => [entry.ref, entry]));
  }

  /** @param {string} authorization The header. @returns {ApiKey | null} */
  find(authorization) {
    const [, ref, secret] = KEY.exec(authorization.replace(/^Bearer /i, "")) ?? [];
    const entry = this.#byRef.get(ref);
    if (!entry) return null;
    return timingSafeEqual(digest(secret), Buffer.from(entry.digest, "hex")) ? entry : null;
  }

  /** Whether a key that was found before still holds. @param {ApiKey} entry */
  has(entry) {
    return this.#byRef.get(entry.ref) === entry;
  }

  /** @param {string} ref */
  remove(ref) {
    this.#byRef.delete(ref);
  }
}

function digest(secret) {
  return createHash("sha256").update(secret).digest();
}
