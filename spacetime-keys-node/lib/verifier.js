"use strict";

const { Cache } = require("./cache.js");
const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const addon = require("./native.js");

const verifyChecks = {
  issuer: check.orNull(check.text),
  audience: check.orNull(check.text),
  algorithm: check.oneOf("ES256", "RS256"),
  leeway: check.seconds,
};
const keeping = check.fields({ ...verifyChecks, cache: check.count(100_000) }, { cache: 0 });
const once = check.fields({
  publicKey: check.text,
  jwks: check.document,
  ...verifyChecks,
  now: check.time,
});
const moment = check.fields({ now: check.time });
const tokenList = check.list(check.text);

/** An issuer's set, checked: what `fromJwks` hands to the constructor. */
class KeySet {
  #json;

  constructor(json) {
    this.#json = json;
  }

  /** `undefined` for whatever else a caller may have handed over, and without touching it. */
  static json(value) {
    return typeof value === "object" && value !== null && #json in value ? value.#json : undefined;
  }
}

/**
 * An issuer signs for everybody who logs in with it, for other apps, too. Whom the tokens must be for
 * is therefore said, not left out.
 */
function decided(wish) {
  for (const name of ["issuer", "audience"]) {
    if (wish[name] === undefined) {
      check.fail(`options.${name}`, `must be a string, or null so that no ${name} is compared`);
    }
  }
  return wish;
}

/**
 * What the addon says of a token, with what is the same for all of them: that is not parsed for each.
 * `facts`: the addon's description of the verifier.
 */
function completed(facts, found) {
  const key = facts.keys[found.key];
  return {
    claims: found.claims,
    identity: found.identity,
    algorithm: key.algorithm,
    kid: key.kid,
    issuedAt: found.issuedAt,
    expiresAt: found.expiresAt,
    checked: facts.checked.slice(),
  };
}

function completedAll(facts, json) {
  const results = JSON.parse(json);
  for (const result of results) {
    if (result.ok) result.value = completed(facts, result.value);
  }
  return results;
}

class Verifier {
  #native;
  #facts;
  #cache = null;

  constructor(publicKey, options) {
    const set = KeySet.json(publicKey);
    const keys = set ?? check.text(publicKey, "publicKey");
    const { cache, ...wish } = keeping(options, "options");
    this.#native = attempt(() => new addon.Verifier(keys, set !== undefined, JSON.stringify(wish)));
    this.#facts = JSON.parse(this.#native.describe());
    if (cache > 0) this.#cache = new Cache(cache);
  }

  static fromJwks(jwks, options) {
    const set = new KeySet(check.document(jwks, "jwks"));
    return new Verifier(set, decided(keeping(options, "options")));
  }

  verify(token, options) {
    check.text(token, "token");
    const { now = check.now() } = moment(options, "options");
    if (this.#cache !== null) return this.#recall(token, now);
    return completed(this.#facts, JSON.parse(this.#verify(token, now)));
  }

  verifyMany(tokens, options) {
    const native = this.#native;
    const json = JSON.stringify(tokenList(tokens, "tokens"));
    const { now = check.now() } = moment(options, "options");
    return completedAll(
      this.#facts,
      attempt(() => native.verifyMany(json, now)),
    );
  }

  async verifyManyAsync(tokens, options) {
    const native = this.#native;
    const json = JSON.stringify(tokenList(tokens, "tokens"));
    const { now = check.now() } = moment(options, "options");
    try {
      return completedAll(this.#facts, await native.verifyManyAsync(json, now));
    } catch (error) {
      throw translate(error);
    }
  }

  /** The result's JSON. */
  #verify(token, now) {
    const native = this.#native;
    try {
      return native.verify(token, now);
    } catch (error) {
      throw translate(error);
    }
  }

  #recall(token, now) {
    const entry = this.#cache.get(token);
    if (entry !== undefined) {
      // A new one each time: nobody can change what the next caller gets.
      if (now >= entry.from && now < entry.until)
        return completed(this.#facts, JSON.parse(entry.json));
      this.#cache.delete(token);
    }
    const json = this.#verify(token, now);
    const verified = completed(this.#facts, JSON.parse(json));
    const { nbf } = check.own(verified.claims);
    const fresh = {
      json,
      // As the addon itself compares.
      from: typeof nbf === "number" ? nbf - this.#facts.leeway : -Infinity,
      until: verified.expiresAt === null ? Infinity : verified.expiresAt + this.#facts.leeway,
    };
    this.#cache.set(token, fresh, token.length + json.length);
    return verified;
  }
}

function verifyToken(token, options) {
  check.text(token, "token");
  const { publicKey, jwks, now, ...wish } = once(options, "options");
  if ((publicKey === undefined) === (jwks === undefined)) {
    check.fail("options", "must have either publicKey or jwks");
  }
  const keys = jwks === undefined ? publicKey : new KeySet(jwks);
  return new Verifier(keys, wish).verify(token, now === undefined ? undefined : { now });
}

module.exports = { Verifier, verifyToken };
