// Who asks, and a short token of the database for them: by the session's cookie a user, by an API key its robot,
// or a user for whom the robot acts.

import { deriveIdentity } from "spacetime-keys";

import { HttpError } from "../tokens/http.mjs";

/** Seconds: a token is made for one call. */
const LIFETIME = 60;

/**
 * @typedef {object} Actor
 * @property {string} identity Who the database sees.
 * @property {string | null} tenant The one that an API key is for; a user's are the database's to say.
 * @property {boolean} mayRead Whether the gateway may show the actor what the identity may see.
 * @property {() => boolean} isCurrent Whether session or key still hold.
 * @property {{ apiKeyRef: string | null, agent: string | null }} context What tokens cannot tell reducers of 1.x.
 * @property {object} mint What its tokens say.
 */

export class Broker {
  #options;

  /**
   * @param {object} options
   * @param {import("spacetime-keys").IssuerHandler["mint"]} options.mint
   * @param {string} options.issuer
   * @param {import("../tokens/sessions.mjs").Sessions} options.sessions
   * @param {import("./api-keys.mjs").ApiKeys} options.apiKeys
   * @param {(id: string) => { mayConnect: boolean } | null} options.findUser
   * @param {string} [options.robot] The gateway's own subject.
   */
  constructor(options) {
    this.#options = { robot: "robot:gateway", ...options };
  }

  /** The gateway's own identity: the one that reads. */
  get robot() {
    return this.#identityOf(this.#options.robot);
  }

  /** @param {number} ttl Seconds. */
  mintForRobot(ttl) {
    return this.#mint({ subject: this.#options.robot, purpose: "robot", claims: {} }, ttl);
  }

  /** A token for one call. @param {Actor} actor */
  mintFor(actor) {
    return this.#mint(actor.mint, LIFETIME);
  }

  /**
   * @param {Request} request
   * @returns {Actor}
   * @throws {HttpError} 401: nobody. 403: somebody who may not.
   */
  identify(request) {
    const authorization = request.headers.get("authorization");
    if (authorization === null) return this.#user(request);
    const key = this.#options.apiKeys.find(authorization);
    if (!key) throw new HttpError(401, "unknown_key");
    const user = request.headers.get("on-behalf-of");
    return user === null ? this.#robot(key) : this.#delegate(key, user);
  }

  #user(request) {
    const { sessions, findUser } = this.#options;
    const session = sessions.find(request);
    if (!session) throw new HttpError(401, "no_session");
    const { userId, sid } = session;
    if (!findUser(userId)?.mayConnect) throw new HttpError(403, "may_not_connect");
    return {
      identity: this.#identityOf(userId),
      tenant: null,
      mayRead: true,
      isCurrent: () => sessions.isOpen(session) && findUser(userId)?.mayConnect === true,
      context: { apiKeyRef: null, agent: null },
      mint: { subject: userId, purpose: "app", claims: { sid } },
    };
  }

  #robot(key) {
    const subject = `robot:${key.ref}`;
    return {
      identity: this.#identityOf(subject),
      tenant: key.tenant,
      mayRead: true,
      isCurrent: () => this.#options.apiKeys.has(key),
      context: { apiKeyRef: key.ref, agent: null },
      mint: { subject, purpose: "robot", claims: { api_key_ref: key.ref } },
    };
  }

  /** To the database the sender is the user; who acts stands in `act` (RFC 8693, section 4.1). */
  #delegate(key, userId) {
    const { findUser } = this.#options;
    if (!findUser(userId)?.mayConnect) throw new HttpError(403, "may_not_connect");
    const robot = this.#robot(key);
    return {
      ...robot,
      identity: this.#identityOf(userId),
      // Whether the user let it act is in a private table: the module knows that, and the gateway does not.
      mayRead: false,
      context: { apiKeyRef: null, agent: robot.identity },
      mint: {
        subject: userId,
        purpose: "delegated",
        claims: { act: { sub: robot.mint.subject }, api_key_ref: key.ref },
      },
    };
  }

  #identityOf(subject) {
    return deriveIdentity(this.#options.issuer, subject);
  }

  #mint({ claims, ...grant }, ttl) {
    const { mint } = this.#options;
    return mint({ ...grant, ttl, claims: { token_type: "spacetime-access", ...claims } });
  }
}
