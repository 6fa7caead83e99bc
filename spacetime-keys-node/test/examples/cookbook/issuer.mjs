// An app's issuer on a port of its own: what the package makes of a key, served over HTTP, so that the
// server under test fetches the set as it would from an app.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import {
  Signer,
  createIssuer,
  deriveIdentity,
  generateKeyPair,
  toNodeHandler,
} from "spacetime-keys";

import { onFreePort } from "../../real-server/support/server.mjs";

export class Issuer {
  #signer;
  #listener;
  url;

  static async start() {
    const issuer = new Issuer();
    const { privateKey } = generateKeyPair();
    issuer.#signer = new Signer(privateKey);
    await onFreePort(async (port) => {
      issuer.url = `http://127.0.0.1:${port}`;
      const handler = createIssuer({
        issuer: issuer.url,
        keys: [{ privateKey }],
        // The app's session, as far as a test needs one: the user's name.
        authorize: (request) => ({ subject: request.headers.get("x-session") }),
      });
      issuer.#listener = createServer(toNodeHandler(handler));
      await new Promise((resolve, reject) => {
        issuer.#listener.once("error", reject);
        issuer.#listener.listen(port, "127.0.0.1", resolve);
      });
    });
    return issuer;
  }

  /** A user's token, as the app hands it out. */
  async logIn(subject) {
    const headers = { "x-session": subject };
    const response = await fetch(`${this.url}/token`, { method: "POST", headers });
    assert.equal(response.status, 200);
    return (await response.json()).token;
  }

  /** Any token that the package mints. */
  mint(subject, options = {}) {
    return this.#signer.mint({ issuer: this.url, subject, ...options }).token;
  }

  robot(subject, options = {}) {
    return this.mint(subject, { purpose: "robot", ttl: 300, ...options });
  }

  /** As an argument of a reducer. */
  identity(subject) {
    return [`0x${deriveIdentity(this.url, subject)}`];
  }

  /** No set and no documents any more. */
  stop() {
    this.#listener.closeAllConnections();
    return new Promise((resolve) => this.#listener.close(resolve));
  }
}
