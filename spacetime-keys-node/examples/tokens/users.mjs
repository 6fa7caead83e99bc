// DEMO. Your own user store belongs here. This one has three users, one password for all of them,
// and no limit on guesses: yours has a password hash for each user (or passkeys, or another login),
// and limits attempts.

import { createHash, timingSafeEqual } from "node:crypto";

// `id` becomes `sub`, and with the issuer the identity: give each user one when it is created, and
// never change it, nor give it to somebody else. Names and e-mail addresses change; ids do not.
const USERS = new Map([
  ["alice", { id: "u_1", mayConnect: true }],
  ["bob", { id: "u_2", mayConnect: true }],
  ["carol", { id: "u_3", mayConnect: false }],
]);

/** The user, if name and password are right. */
export function authenticate(name, password, demoPassword) {
  const right = timingSafeEqual(digest(password), digest(demoPassword));
  // Looked up in every case, so that the time does not tell whether the name exists.
  const user = USERS.get(name);
  return right && user ? user : null;
}

/** Asked again for every token: what is taken away here is gone when the last token has expired. */
export function findUser(id) {
  for (const user of USERS.values()) {
    if (user.id === id) return user;
  }
  return null;
}

// Digests, because `timingSafeEqual` wants equal lengths, and a length is worth hiding, too.
function digest(text) {
  return createHash("sha256").update(text).digest();
}
