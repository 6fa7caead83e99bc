// verifyToken: the program's answers, jose's tokens, and each option.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { describe, it } from "node:test";

import * as jose from "jose";
import { deriveIdentity, jwks, thumbprint, verifyToken } from "spacetime-keys";

import { camel, cli, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import {
  betterAuthText,
  measuredVerdicts,
  secretFile,
  temporaryFolder,
} from "./support/files.mjs";
import { ec, jwkOf, other, sharedRsa } from "./support/keys.mjs";
import { claimsOf, signByHand, tamper } from "./support/tokens.mjs";

const now = 1_800_000_000;
const issuer = "https://app.example.com";
const claims = { iss: issuer, sub: "u1", aud: ["spacetimedb", "b"], iat: now, exp: now + 900 };
const token = signByHand(ec.privateKey, claims);
const { publicKey } = ec;
const present = () => Math.floor(Date.now() / 1000);

describe("verifyToken beside the program", () => {
  const fields = ["identity", "algorithm", "kid", "issuedAt", "expiresAt"];

  function compare(name, text, keys, args) {
    const { out } = cli(["token", "verify", ...args], { input: text });
    if (out.valid) {
      const verified = verifyToken(text, { ...keys, now: present() });
      assert.deepEqual(pick(verified, ...fields), pick(camel(out), ...fields), name);
      assert.deepEqual(verified.claims, claimsOf(text), `${name}: the claims`);
      assert.deepEqual(Object.keys(verified).sort(), [...fields, "claims"].sort(), "the fields");
      return true;
    }
    const error = keysError(() => verifyToken(text, { ...keys, now: present() }), out.code, name);
    assert.equal(error.message, out.reason, `${name}: the words`);
    return false;
  }

  it("gives its verdict on every measured token", () => {
    const { samples, publicKey: key } = measuredVerdicts();
    const file = secretFile(temporaryFolder(), "key.pub", key);
    const good = samples.filter((sample) =>
      compare(sample.case, sample.token, { publicKey: key }, ["--public-key", file]),
    );
    assert.ok(good.length > 15 && good.length < 60, `${good.length} are valid`);
  });

  it("gives its verdict on Better Auth's tokens", () => {
    const folder = temporaryFolder();
    for (const [algorithm, valid] of [["es256", true], ["eddsa", false]]) {
      const set = betterAuthText(`${algorithm}.jwks.json`);
      const file = secretFile(folder, algorithm, set);
      const text = betterAuthText(`${algorithm}.jwt`);
      if (valid) {
        assert.ok(compare(algorithm, text, { jwks: set }, ["--jwks", file]), "valid");
        compare(algorithm, text, { jwks: JSON.parse(set) }, ["--jwks", file]);
      } else {
        const { exit, out } = cli(["token", "verify", "--jwks", file], { input: text });
        assert.notEqual(exit, 0, "the program refuses");
        keysError(() => verifyToken(text, { jwks: set }), out.error?.code ?? out.code, algorithm);
      }
    }
  });
});

describe("verifyToken", () => {
  it("returns what the token says", () => {
    assert.deepEqual(
      verifyToken(token, { publicKey, now }),
      {
        claims,
        identity: deriveIdentity(issuer, "u1"),
        algorithm: "ES256",
        kid: thumbprint(publicKey),
        issuedAt: now,
        expiresAt: now + 900,
      },
      "all of it",
    );
  });

  it("verifies what jose signs, by key and by set", async () => {
    for (const [algorithm, pair] of [["ES256", ec], ["RS256", sharedRsa()]]) {
      const kid = thumbprint(pair.publicKey);
      const signed = await new jose.SignJWT({ iss: "i", sub: "s", n: [1, { a: "ü" }] })
        .setProtectedHeader({ alg: algorithm, kid })
        .setIssuedAt(now)
        .setExpirationTime(now + 60)
        .sign(createPrivateKey(pair.privateKey));
      for (const keys of [{ publicKey: pair.publicKey }, { jwks: jwks(pair.publicKey) }]) {
        const verified = verifyToken(signed, { ...keys, now });
        assert.equal(verified.algorithm, algorithm, "the algorithm");
        assert.equal(verified.kid, kid, "the key");
        assert.deepEqual(verified.claims, claimsOf(signed), "the claims");
      }
    }
  });

  it("heeds exp and nbf with a leeway of 60 seconds, or as told", () => {
    const at = (moment, leeway) => () => verifyToken(token, { publicKey, now: moment, leeway });
    const exp = now + 900;
    assert.ok(at(exp + 59)(), "59 seconds late");
    keysError(at(exp + 60), "ERR_TOKEN_EXPIRED", "60 seconds late");
    assert.ok(at(exp - 1, 0)(), "in time");
    keysError(at(exp, 0), "ERR_TOKEN_EXPIRED", "at exp, without leeway");
    assert.ok(at(exp + 3599, 3600)(), "an hour's leeway");
    const early = signByHand(ec.privateKey, { ...claims, nbf: now + 100 });
    const from = (moment, leeway) => () => verifyToken(early, { publicKey, now: moment, leeway });
    keysError(from(now + 39), "ERR_TOKEN_NOT_YET_VALID", "61 seconds early");
    assert.ok(from(now + 40)(), "60 seconds early");
    keysError(from(now + 99, 0), "ERR_TOKEN_NOT_YET_VALID", "a second early, without leeway");
  });

  it("reads the clock where now is absent", () => {
    const moment = present();
    const live = signByHand(ec.privateKey, { ...claims, exp: moment + 3600 });
    const dead = signByHand(ec.privateKey, { ...claims, exp: moment - 3600 });
    assert.ok(verifyToken(live, { publicKey }), "expires in an hour");
    assert.ok(verifyToken(live, { publicKey, now: undefined }), "undefined is absent");
    keysError(() => verifyToken(dead, { publicKey }), "ERR_TOKEN_EXPIRED", "expired an hour ago");
  });

  it("takes a token without exp for one that never expires", () => {
    for (const exp of [undefined, null]) {
      const eternal = signByHand(ec.privateKey, { iss: "localhost", sub: "a", exp });
      const verified = verifyToken(eternal, { publicKey, now: 2 ** 40 });
      assert.deepEqual([verified.expiresAt, verified.issuedAt], [null, null], `exp: ${exp}`);
    }
  });

  it("holds it against issuer, audience and algorithm", () => {
    const held = (options) => () => verifyToken(token, { publicKey, now, ...options });
    assert.ok(held({ issuer, audience: "b", algorithm: "ES256" })(), "all three");
    const code = "ERR_TOKEN_UNEXPECTED_ISSUER";
    keysError(held({ issuer: `${issuer}/` }), code, "a slash more");
    keysError(held({ issuer: "" }), code, "an empty one is no absent one");
    keysError(held({ audience: "c" }), "ERR_TOKEN_UNEXPECTED_AUDIENCE", "another audience");
    keysError(held({ algorithm: "RS256" }), "ERR_TOKEN_UNEXPECTED_ALGORITHM", "another algorithm");
  });

  it("refuses what was changed, and another's signature", () => {
    for (const [part, name] of ["header", "claims", "signature"].entries()) {
      keysError(() => verifyToken(tamper(token, part), { publicKey, now }), undefined, name);
    }
    const keys = { publicKey: other.publicKey, now };
    keysError(() => verifyToken(token, keys), "ERR_TOKEN_SIGNATURE", "another key");
    const unsigned = `${token.slice(0, token.lastIndexOf("."))}.`;
    keysError(() => verifyToken(unsigned, { publicKey, now }), "ERR_TOKEN_SIGNATURE", "no signature");
  });

  it("takes no other algorithm, whatever the header says", () => {
    for (const alg of ["none", "HS256", "ES384", "EdDSA", "es256"]) {
      const odd = signByHand(ec.privateKey, claims, { alg });
      keysError(() => verifyToken(odd, { publicKey, now }), "ERR_TOKEN_ALGORITHM", alg);
    }
    const rs = signByHand(ec.privateKey, claims, { alg: "RS256" });
    keysError(() => verifyToken(rs, { publicKey, now }), "ERR_TOKEN_KEY_TYPE", "RS256, P-256 key");
    const crit = signByHand(ec.privateKey, claims, { crit: ["exp"] });
    keysError(() => verifyToken(crit, { publicKey, now }), "ERR_TOKEN_CRITICAL", "crit");
  });

  it("lets kid choose in a set, and does not ask for it with one key", () => {
    const set = jwks([other.publicKey, publicKey]);
    const kid = thumbprint(publicKey);
    const named = (value) => signByHand(ec.privateKey, claims, { kid: value });
    assert.equal(verifyToken(named(kid), { jwks: set, now }).kid, kid, "the right kid");
    assert.equal(verifyToken(token, { jwks: set, now }).kid, kid, "no kid: any key of the set");
    const wrong = named(thumbprint(other.publicKey));
    keysError(() => verifyToken(wrong, { jwks: set, now }), "ERR_TOKEN_SIGNATURE", "a wrong kid");
    keysError(() => verifyToken(named("x"), { jwks: set, now }), "ERR_TOKEN_KEY_UNKNOWN", "unknown");
    assert.equal(verifyToken(named("x"), { publicKey, now }).kid, kid, "one key: no kid asked for");
    const text = JSON.stringify({ keys: [{ ...jwkOf(publicKey), kid: "mine" }] });
    assert.equal(verifyToken(named("mine"), { jwks: text, now }).kid, kid, "the thumbprint is told");
  });

  it("refuses sets without a use", () => {
    const using = (set) => () => verifyToken(token, { jwks: set, now });
    keysError(using({ keys: [] }), "ERR_JWKS_NO_KEYS", "an empty set");
    keysError(using('{"keys":[{"kty":"oct","k":"AA"}]}'), "ERR_JWKS_NO_KEYS", "a shared secret");
    keysError(using("{"), "ERR_JWKS_MALFORMED", "no JSON");
    keysError(using("[]"), "ERR_JWKS_MALFORMED", "an array");
    keysError(using('{"keys":[],"keys":[]}'), "ERR_JWKS_DUPLICATE_MEMBER", "a member twice");
  });

  it("takes a public key alone, for a public key", () => {
    keysError(
      () => verifyToken(token, { publicKey: ec.privateKey, now }),
      "ERR_KEY_IS_PRIVATE",
      "a private key",
    );
  });
});
