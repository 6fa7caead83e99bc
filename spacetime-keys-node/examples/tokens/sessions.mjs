// DEMO. Your own session check belongs here. What is worth keeping: the cookie's flags, an id that
// nobody can guess, and a `sid` in tokens that is not the cookie's value.

import { createHash, randomBytes, randomUUID } from "node:crypto";

const LIFETIME = 8 * 60 * 60;

export class Sessions {
  // By the digest of the cookie's value: who reads this store cannot log in with what is in it.
  #sessions = new Map();
  #cookieName;
  #flags;

  /** @param secure Whether users come by https. Only on this machine may that be `false`. */
  constructor(secure) {
    // With the prefix, browsers take the cookie only from this host, and only by https.
    this.#cookieName = secure ? "__Host-session" : "session";
    // HttpOnly: no script reads it. SameSite=Strict: no other site's page sends it.
    this.#flags = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  }

  /** Begins a session, always with a new id, and gives the `Set-Cookie` for it. */
  begin(userId) {
    this.#forgetExpired();
    const id = randomBytes(32).toString("base64url");
    const session = { userId, sid: randomUUID(), expiresAt: now() + LIFETIME };
    this.#sessions.set(digest(id), session);
    return `${this.#cookieName}=${id}; Max-Age=${LIFETIME}; ${this.#flags}`;
  }

  /** The session of a request: `userId`, `sid`, `expiresAt`. */
  find(request) {
    const session = this.#sessions.get(this.#key(request));
    return session && this.isOpen(session) ? session : null;
  }

  /** Whether a session that was found before still holds. */
  isOpen(session) {
    return session.expiresAt > now();
  }

  /** Ends it, and gives the `Set-Cookie` that removes the cookie. */
  end(request) {
    const key = this.#key(request);
    const session = this.#sessions.get(key);
    // For a client that still has it.
    if (session) session.expiresAt = 0;
    this.#sessions.delete(key);
    return `${this.#cookieName}=; Max-Age=0; ${this.#flags}`;
  }

  #key(request) {
    for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
      const [name, value] = pair.trim().split("=", 2);
      if (name === this.#cookieName && value) return digest(value);
    }
    return null;
  }

  #forgetExpired() {
    for (const [key, { expiresAt }] of this.#sessions) {
      if (expiresAt <= now()) this.#sessions.delete(key);
    }
  }
}

function digest(id) {
  return createHash("sha256").update(id).digest("base64url");
}

function now() {
  return Math.floor(Date.now() / 1000);
}
