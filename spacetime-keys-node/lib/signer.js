"use strict";

const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const { mint, open, readMint, readResign, resign } = require("./signing.js");

const readCompletion = check.fields({ ttl: check.seconds, now: check.time });
const claimsList = check.list(check.json);

class Signer {
  #native;
  #facts;

  constructor(privateKey) {
    this.#native = open(privateKey, "privateKey");
    this.#facts = Object.freeze(JSON.parse(this.#native.describe()));
  }

  get algorithm() {
    return this.#facts.algorithm;
  }

  get kid() {
    return this.#facts.kid;
  }

  get publicKey() {
    return this.#facts.publicKey;
  }

  get fingerprint() {
    return this.#facts.fingerprint;
  }

  sign(claims, options) {
    const native = this.#native;
    const json = check.json(claims, "claims");
    const { ttl, now = check.now() } = readCompletion(options, "options");
    try {
      return native.sign(json, ttl, now);
    } catch (error) {
      throw translate(error);
    }
  }

  signMany(claims, options) {
    const native = this.#native;
    const json = `[${claimsList(claims, "claims").join(",")}]`;
    const { ttl, now = check.now() } = readCompletion(options, "options");
    return JSON.parse(attempt(() => native.signMany(json, ttl, now)));
  }

  async signManyAsync(claims, options) {
    const native = this.#native;
    const json = `[${claimsList(claims, "claims").join(",")}]`;
    const { ttl, now = check.now() } = readCompletion(options, "options");
    try {
      return JSON.parse(await native.signManyAsync(json, ttl, now));
    } catch (error) {
      throw translate(error);
    }
  }

  mint(options) {
    return mint(this.#native, readMint(options, "options"));
  }

  resign(token, options) {
    check.text(token, "token");
    return resign(this.#native, "resign", token, readResign(options, "options"));
  }

  /** Which key it is, no more. */
  [Symbol.for("nodejs.util.inspect.custom")]() {
    return `Signer(${this.algorithm}, ${this.kid})`;
  }
}

module.exports = { Signer };
