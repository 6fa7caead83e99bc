// Verifier: the answers of verifyToken, and a cache that never changes them.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import * as jose from "jose";
import { Signer, Verifier, jwks, verifyToken } from "spacetime-keys";

import { keysError } from "./support/errors.mjs";
import { betterAuthText, measuredVerdicts } from "./support/files.mjs";
import { ec, other, sharedRsa } from "./support/keys.mjs";
import { signByHand, tamper } from "./support/tokens.mjs";

const now = 1_800_000_000;
const { publicKey } = ec;
const signer = new Signer(ec.privateKey);
const claims = { iss: "localhost", sub: "a", aud: ["x"], list: [{ a: 1 }] };
const token = signer.sign(claims, { now });

/** Nothing is compared but signature and times. */
const any = { issuer: null, audience: null };

/** What a call gives: a value, or the code of its error. */
function outcome(call) {
  try {
    return call();
  } catch (error) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

describe("Verifier beside verifyToken", () => {
  const moment = 1_795_316_539;

  it("gives the same answer to every measured token", () => {
    const { samples, publicKey: key } = measuredVerdicts();
    for (const options of [{}, { issuer: "localhost", audience: "spacetimedb" }, { leeway: 0 }]) {
      const plain = new Verifier(key, options);
      const caching = new Verifier(key, { ...options, cache: 50 });
      for (const { case: name, token: sample } of samples) {
        const keys = { publicKey: key, ...options, now: moment };
        const expected = outcome(() => verifyToken(sample, keys));
        for (const verifier of [plain, caching, caching]) {
          assert.deepEqual(
            outcome(() => verifier.verify(sample, { now: moment })),
            expected,
            name,
          );
        }
      }
    }
  });

  it("gives the same answer with a set, as text and as object", () => {
    const set = betterAuthText("es256.jwks.json");
    const sample = betterAuthText("es256.jwt");
    const expected = verifyToken(sample, { jwks: set, now });
    for (const keys of [set, JSON.parse(set)]) {
      const verifier = Verifier.fromJwks(keys, any);
      assert.deepEqual(verifier.verify(sample, { now }), expected, "the same");
      assert.ok(verifier instanceof Verifier, "a Verifier");
    }
  });

  it("verifies what jose signs", async () => {
    const set = Verifier.fromJwks(jwks([publicKey, sharedRsa().publicKey]), any);
    for (const { privateKey } of [ec, sharedRsa()]) {
      const { algorithm, kid } = new Signer(privateKey);
      const signed = await new jose.SignJWT({ iss: "i", sub: "s" })
        .setProtectedHeader({ alg: algorithm, kid })
        .setExpirationTime(now + 60)
        .sign(await jose.importPKCS8(privateKey, algorithm));
      assert.equal(set.verify(signed, { now }).kid, kid, algorithm);
    }
  });

  it("reads the clock where now is absent", () => {
    const present = Math.floor(Date.now() / 1000);
    const verifier = new Verifier(publicKey, { cache: 5 });
    const live = signer.sign(claims);
    const dead = signer.sign(claims, { now: present - 3600 });
    for (const options of [undefined, {}, { now: undefined }]) {
      assert.ok(verifier.verify(live, options), "a live one");
      keysError(() => verifier.verify(dead, options), "ERR_TOKEN_EXPIRED", "a dead one");
    }
  });

  it("refuses keys by code", () => {
    keysError(() => new Verifier(ec.privateKey), "ERR_KEY_IS_PRIVATE", "a private key");
    keysError(() => new Verifier("x"), "ERR_PEM_MISSING", "no key");
    keysError(() => Verifier.fromJwks({ keys: [] }, any), "ERR_JWKS_NO_KEYS", "an empty set");
    keysError(() => Verifier.fromJwks("{", any), "ERR_JWKS_MALFORMED", "no JSON");
  });

  it("says what a token was held against", () => {
    for (const [options, checked] of [
      [{}, ["signature", "times"]],
      [any, ["signature", "times"]],
      [{ issuer: "localhost" }, ["signature", "times", "issuer"]],
      [{ audience: "x", algorithm: "ES256" }, ["signature", "times", "algorithm", "audience"]],
      [{ issuer: "localhost", audience: "x" }, ["signature", "times", "issuer", "audience"]],
    ]) {
      for (const verifier of [
        new Verifier(publicKey, options),
        new Verifier(publicKey, { ...options, cache: 5 }),
        Verifier.fromJwks(jwks(publicKey), { ...any, ...options }),
      ]) {
        const results = [verifier.verify(token, { now }), verifier.verify(token, { now })];
        results.push(verifier.verifyMany([token], { now })[0].value);
        results.push(verifyToken(token, { publicKey, ...options, now }));
        for (const result of results) assert.deepEqual(result.checked, checked, "checked");
      }
    }
  });

  it("wants to be told whom a set's tokens must be for", () => {
    const set = jwks(publicKey);
    const polluted = Object.create({ issuer: "localhost", audience: undefined });
    for (const [options, name] of [
      [undefined, "issuer"],
      [{}, "issuer"],
      [{ audience: null }, "issuer"],
      [{ issuer: "localhost" }, "audience"],
      [{ issuer: null, audience: undefined }, "audience"],
      [polluted, "audience"],
    ]) {
      assert.throws(
        () => Verifier.fromJwks(set, options),
        (error) =>
          error instanceof TypeError &&
          error.message.startsWith(`options.${name} must be a string, or null`),
        name,
      );
    }
    const strict = Verifier.fromJwks(set, { issuer: "localhost", audience: "y" });
    keysError(() => strict.verify(token, { now }), "ERR_TOKEN_UNEXPECTED_AUDIENCE", "named");
  });

  it("does not hold one verifier's options against another's tokens", () => {
    const strict = new Verifier(publicKey, { issuer: "https://a.example", cache: 10 });
    const lax = new Verifier(publicKey, { cache: 10 });
    const wrongKey = new Verifier(other.publicKey, { cache: 10 });
    for (let round = 0; round < 3; round += 1) {
      assert.ok(lax.verify(token, { now }), "no issuer asked for");
      keysError(() => strict.verify(token, { now }), "ERR_TOKEN_UNEXPECTED_ISSUER", "asked for");
      keysError(() => wrongKey.verify(token, { now }), "ERR_TOKEN_SIGNATURE", "another key");
    }
  });

  it("is not changed by what happens to its options afterwards", () => {
    const options = { issuer: "https://a.example", cache: 10 };
    const verifier = new Verifier(publicKey, options);
    options.issuer = "localhost";
    keysError(() => verifier.verify(token, { now }), "ERR_TOKEN_UNEXPECTED_ISSUER", "as it was");
  });
});

describe("Verifier with a cache", () => {
  it("looks at exp and nbf each time", () => {
    const verifier = new Verifier(publicKey, { cache: 10 });
    const timed = signByHand(ec.privateKey, { ...claims, nbf: now, exp: now + 900 });
    const at = (moment) => outcome(() => verifier.verify(timed, { now: moment })).code ?? "good";
    const moments = [
      [now, "good"],
      [now + 900 + 59, "good"],
      [now + 900 + 60, "ERR_TOKEN_EXPIRED"],
      [now + 10 ** 6, "ERR_TOKEN_EXPIRED"],
      [now - 60, "good"],
      [now - 61, "ERR_TOKEN_NOT_YET_VALID"],
      [now + 1, "good"],
    ];
    for (const [moment, expected] of moments) assert.equal(at(moment), expected, `${moment - now}`);
    const strict = new Verifier(publicKey, { cache: 10, leeway: 0 });
    assert.ok(strict.verify(timed, { now: now + 899 }), "in time");
    keysError(() => strict.verify(timed, { now: now + 900 }), "ERR_TOKEN_EXPIRED", "no leeway");
    keysError(() => strict.verify(timed, { now: now - 1 }), "ERR_TOKEN_NOT_YET_VALID", "early");
  });

  it("refuses a cached token whose times are over with the same error as an uncached one", () => {
    const cached = new Verifier(publicKey, { cache: 10 });
    cached.verify(token, { now });
    const late = { now: now + 10_000 };
    assert.deepEqual(
      outcome(() => cached.verify(token, late)),
      outcome(() => new Verifier(publicKey).verify(token, late)),
      "code, message and hint",
    );
  });

  it("gives a fresh object each time, at every depth", () => {
    const verifier = new Verifier(publicKey, { cache: 10 });
    const first = verifier.verify(token, { now });
    const expected = structuredClone(first);
    first.claims.sub = "somebody else";
    first.claims.list[0].a = 2;
    first.claims.aud.push("y");
    first.identity = "x";
    first.expiresAt = null;
    delete first.algorithm;
    const second = verifier.verify(token, { now });
    assert.deepEqual(second, expected, "the second answer");
    second.claims.list.length = 0;
    assert.deepEqual(verifier.verify(token, { now }), expected, "the third answer");
    const [{ value }] = verifier.verifyMany([token], { now });
    assert.deepEqual(value, expected, "in bulk");
  });

  it("never serves a changed token", () => {
    const verifier = new Verifier(publicKey, { cache: 100 });
    for (let round = 0; round < 3; round += 1) {
      assert.ok(verifier.verify(token, { now }), "the good one");
      for (const part of [0, 1, 2]) {
        const bad = tamper(token, part);
        const error = outcome(() => verifier.verify(bad, { now }));
        assert.match(error.code, /^ERR_TOKEN_/, `part ${part} changed`);
      }
      // The same signing input under another signature, and the same signature with more text.
      const again = signer.sign({ ...claims, sub: "b" }, { now });
      const swapped = `${token.slice(0, token.lastIndexOf("."))}${again.slice(again.lastIndexOf("."))}`;
      keysError(() => verifier.verify(swapped, { now }), "ERR_TOKEN_SIGNATURE", "swapped");
      keysError(() => verifier.verify(`${token}A`, { now }), undefined, "a letter more");
      keysError(() => verifier.verify(token.slice(0, -1), { now }), undefined, "a letter less");
    }
  });

  it("gives the same for a token with blanks around it", () => {
    const verifier = new Verifier(publicKey, { cache: 10 });
    const expected = verifier.verify(token, { now });
    for (const text of [` ${token}`, `${token}\n`, token]) {
      assert.deepEqual(verifier.verify(text, { now }), expected, JSON.stringify(text.at(-1)));
    }
  });

  it("remembers no more than it is told, and answers right all the same", () => {
    const few = new Verifier(publicKey, { cache: 3 });
    const tokens = Array.from({ length: 10 }, (_, index) =>
      signer.sign({ ...claims, sub: `u${index}` }, { now }),
    );
    for (let round = 0; round < 5; round += 1) {
      for (const [index, each] of tokens.entries()) {
        assert.equal(few.verify(each, { now }).claims.sub, `u${index}`, `round ${round}`);
      }
    }
  });
});
