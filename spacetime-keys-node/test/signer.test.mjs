// Signer: what it says of its key, how claims are completed, and what it refuses.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { describe, it } from "node:test";
import { inspect } from "node:util";

import * as jose from "jose";
import { Signer, checkToken, verifyToken } from "spacetime-keys";

import { keysError } from "./support/errors.mjs";
import { pemText } from "./support/files.mjs";
import { ec, fingerprintOf, sharedRsa, thumbprintOf } from "./support/keys.mjs";
import { claimsOf, parts } from "./support/tokens.mjs";

const now = 1_800_000_000;
const { privateKey, publicKey } = ec;
const signer = new Signer(privateKey);
const plain = { iss: "localhost", sub: "a" };

describe("Signer and its key", () => {
  it("tells all but the private half", () => {
    for (const [pair, algorithm] of [
      [ec, "ES256"],
      [sharedRsa(), "RS256"],
    ]) {
      const of = new Signer(pair.privateKey);
      assert.equal(of.algorithm, algorithm, "the algorithm");
      assert.equal(of.kid, thumbprintOf(pair.publicKey), "the kid");
      assert.equal(of.publicKey, pair.publicKey, "the public key, as node:crypto writes it");
      assert.equal(of.fingerprint, fingerprintOf(pair.publicKey), "the fingerprint");
    }
  });

  it("reads what normalizePem mends", () => {
    const mended = new Signer(pemText("private-crlf-bom-quoted-indented.pem"));
    assert.equal(mended.publicKey, pemText("public.pem"), "the same key");
  });

  it("never shows the private half", () => {
    const secret = createPublicKey(privateKey) && privateKey.split("\n")[1].slice(40);
    const shown = [
      inspect(signer, { showHidden: true, depth: 9, getters: true }),
      JSON.stringify(signer),
      String(signer),
      JSON.stringify(Object.getOwnPropertyNames(signer)),
      Reflect.ownKeys(signer)
        .map((key) => String(signer[key]))
        .join(),
    ];
    for (const text of shown) {
      assert.ok(!text.includes(secret), "no part of the key");
      assert.doesNotMatch(text, /PRIVATE/, "no private key at all");
    }
  });

  it("cannot be changed from outside", () => {
    const of = new Signer(privateKey);
    for (const name of ["algorithm", "kid", "publicKey", "fingerprint"]) {
      assert.throws(() => Object.assign(of, { [name]: "x" }), TypeError, `${name} is read-only`);
      assert.equal(of[name], signer[name], `${name} stays`);
    }
  });

  it("refuses what is no private key", () => {
    keysError(() => new Signer(publicKey), "ERR_KEY_IS_PUBLIC", "a public key");
    keysError(() => new Signer(""), "ERR_PEM_EMPTY", "nothing");
    keysError(() => new Signer(pemText("p384-private.pem")), "ERR_KEY_UNSUPPORTED", "P-384");
  });
});

describe("Signer.sign", () => {
  it("makes a compact JWS with typ, alg and kid that node:crypto and jose verify", async () => {
    for (const pair of [ec, sharedRsa()]) {
      const of = new Signer(pair.privateKey);
      const token = of.sign({ ...plain, aud: "x" }, { now });
      const { header } = parts(token);
      assert.deepEqual(header, { typ: "JWT", alg: of.algorithm, kid: of.kid }, "the header");
      const dot = token.lastIndexOf(".");
      const key = createPublicKey(pair.publicKey);
      const good = verify(
        "sha256",
        Buffer.from(token.slice(0, dot)),
        { key, dsaEncoding: "ieee-p1363" },
        Buffer.from(token.slice(dot + 1), "base64url"),
      );
      assert.ok(good, `${of.algorithm}: by node:crypto`);
      const currentDate = new Date(now * 1000);
      const { payload } = await jose.jwtVerify(token, key, { currentDate, audience: "x" });
      assert.equal(payload.exp, now + 900, `${of.algorithm}: by jose`);
    }
  });

  it("adds iat and exp at the end, where they are absent", () => {
    const text = (claims, options) => parts(signer.sign(claims, options)).payload;
    assert.equal(
      text({ sub: "a", iss: "b", x: 1.5 }, { now }),
      `{"sub":"a","iss":"b","x":1.5,"iat":${now},"exp":${now + 900}}`,
      "both, 15 minutes apart",
    );
    assert.deepEqual(
      claimsOf(signer.sign(plain, { now, ttl: 60 })),
      { ...plain, iat: now, exp: now + 60 },
      "a ttl",
    );
    const given = { iss: "b", exp: now + 5, sub: "a", iat: now - 5 };
    assert.equal(text(given, { now, ttl: 60 }), JSON.stringify(given), "given ones stay in place");
    assert.deepEqual(
      claimsOf(signer.sign({ ...plain, iat: now - 100 }, { now })),
      { ...plain, iat: now - 100, exp: now + 900 },
      "exp counts from now",
    );
  });

  it("makes a token that never expires of exp: null", () => {
    const token = signer.sign({ ...plain, exp: null }, { now });
    const { expiresAt } = verifyToken(token, { publicKey, now: 2 ** 40 });
    assert.equal(expiresAt, null, "it never expires");
    assert.ok(!(claimsOf(token).exp > 0), "no exp");
    for (const server of ["1.2", "2.8", "2.14"]) {
      assert.equal(checkToken(token, { publicKey, server, now }).accepted, true, server);
    }
  });

  it("takes undefined for absent, as JSON does", () => {
    const claims = { ...plain, iat: undefined, exp: undefined, x: undefined };
    assert.deepEqual(
      claimsOf(signer.sign(claims, { now, ttl: undefined })),
      { ...plain, iat: now, exp: now + 900 },
      "the same as without them",
    );
  });

  it("reads the clock where now is absent", () => {
    for (const options of [undefined, {}, { now: undefined }]) {
      const before = Math.floor(Date.now() / 1000);
      const { iat, exp } = claimsOf(signer.sign(plain, options));
      assert.ok(iat >= before && iat <= Date.now() / 1000, "iat is now");
      assert.equal(exp, iat + 900, "exp is 15 minutes later");
    }
  });

  it("keeps claims as JSON.stringify writes them", () => {
    const claims = {
      ...plain,
      text: '\u0000"\\/\u2028häß日本\u{1f511}',
      numbers: [0, -0, 1e21, 1e-7, 2 ** 53, -1.5, Number.MIN_VALUE],
      nested: { a: [{}, [], null, true] },
      date: new Date(0),
      "": "an empty name",
      __proto__: null,
    };
    const token = signer.sign(claims, { now });
    const expected = JSON.stringify({ ...claims, iat: now, exp: now + 900 });
    assert.equal(parts(token).payload, expected, "to the letter");
  });

  it("signs own claims named like a prototype as claims", () => {
    const claims = JSON.parse('{"iss":"localhost","sub":"a","__proto__":{"x":1},"constructor":2}');
    const token = signer.sign(claims, { now });
    assert.match(parts(token).payload, /"__proto__":\{"x":1\},"constructor":2/, "as they are");
    const verified = verifyToken(token, { publicKey, now });
    assert.ok(Object.hasOwn(verified.claims, "__proto__"), "and gives them back as claims");
    assert.equal(verified.claims.x, undefined, "nothing is inherited");
  });

  it("applies no policy of its own", () => {
    const claims = { iss: "http://localhost", sub: "a@b.example", act: 1, exp: now + 10 ** 9 };
    const verified = verifyToken(signer.sign(claims, { now }), { publicKey, now });
    assert.deepEqual(verified.claims, { ...claims, iat: now }, "as they stand");
  });

  it("refuses what no server takes", () => {
    const attempt = (claims) => () => signer.sign(claims, { now });
    keysError(attempt({ sub: "a" }), "ERR_CLAIM_MISSING", "no iss");
    keysError(attempt({ iss: "a" }), "ERR_CLAIM_MISSING", "no sub");
    for (const bad of ["", "x".repeat(129), "ü".repeat(65), 5, null, ["a"]]) {
      const context = JSON.stringify(bad).slice(0, 20);
      keysError(attempt({ ...plain, sub: bad }), "ERR_CLAIM_INVALID", `sub ${context}`);
      keysError(attempt({ ...plain, iss: bad }), "ERR_CLAIM_INVALID", `iss ${context}`);
    }
    assert.ok(attempt({ iss: "i".repeat(128), sub: "ü".repeat(64) })(), "128 bytes are good");
    for (const bad of [1.5, "1800000000", {}, true, 1e300]) {
      const context = JSON.stringify(bad);
      keysError(attempt({ ...plain, exp: bad }), "ERR_CLAIM_INVALID", `exp ${context}`);
      keysError(attempt({ ...plain, iat: bad }), "ERR_CLAIM_INVALID", `iat ${context}`);
    }
    keysError(attempt({ ...plain, aud: null }), "ERR_CLAIM_INVALID", "aud null");
    keysError(attempt({ ...plain, aud: [1] }), "ERR_CLAIM_INVALID", "aud with a number");
    keysError(attempt({ ...plain, x: "\ud800" }), "ERR_TOKEN_JSON", "half a character");
    const deep = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`);
    keysError(attempt({ ...plain, deep }), "ERR_TOKEN_JSON", "deep nesting");
  });

  it("makes another signature each time, or the same: both verify", () => {
    const tokens = [signer.sign(plain, { now }), signer.sign(plain, { now })];
    for (const token of tokens) {
      assert.deepEqual(verifyToken(token, { publicKey, now }).claims.sub, "a", "it verifies");
    }
  });
});
