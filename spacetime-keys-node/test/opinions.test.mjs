// Second opinions: node:crypto and jose on keys, tokens and sets that are made here and now.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, it } from "node:test";

import * as jose from "jose";
import {
  checkKeyPair,
  checkToken,
  fingerprint,
  generateKeyPair,
  jwks,
  mintToken,
  normalizePem,
  resignToken,
  thumbprint,
  verifyToken,
} from "spacetime-keys";

import {
  ec,
  fingerprintOf,
  hostPrivate,
  hostPublic,
  jwkOf,
  other,
  sharedRsa,
  thumbprintOf,
} from "./support/keys.mjs";
import { claimsOf, signByHand } from "./support/tokens.mjs";

const now = 1_800_000_000;
const currentDate = new Date(now * 1000);
const issuer = "https://app.example.com";
const pairs = () => [ec, other, sharedRsa(), { privateKey: hostPrivate, publicKey: hostPublic }];

describe("keys", () => {
  it("have the names that node:crypto and jose compute, of either half", async () => {
    for (const { privateKey, publicKey } of pairs()) {
      assert.equal(fingerprint(publicKey), fingerprintOf(publicKey), "of the public key");
      assert.equal(fingerprint(privateKey), fingerprintOf(publicKey), "of the private key");
      const byJose = await jose.calculateJwkThumbprint(jwkOf(publicKey));
      assert.equal(thumbprint(publicKey), byJose, "jose's thumbprint");
      assert.equal(thumbprint(privateKey), thumbprintOf(publicKey), "by hand");
    }
  });

  it("are canonical as node:crypto writes them", () => {
    for (const { privateKey, publicKey } of [ec, other]) {
      assert.equal(normalizePem(privateKey), privateKey, "a private key");
      assert.equal(normalizePem(publicKey), publicKey, "a public key");
    }
  });

  it("are in a set as node:crypto has their numbers", () => {
    const keys = pairs().map(({ publicKey }) => publicKey);
    const expected = keys.map((key) => {
      const jwk = jwkOf(key);
      return {
        ...jwk,
        kid: thumbprintOf(key),
        use: "sig",
        alg: jwk.kty === "RSA" ? "RS256" : "ES256",
      };
    });
    assert.deepEqual(jwks(keys), { keys: expected }, "no private member, ever");
  });
});

describe("generateKeyPair", () => {
  it("makes a new canonical P-256 pair each time", () => {
    const [first, second] = [generateKeyPair(), generateKeyPair({ algorithm: "ES256" })];
    assert.notEqual(first.privateKey, second.privateKey, "two calls, two keys");
    for (const pair of [first, second]) {
      const key = createPrivateKey(pair.privateKey);
      assert.equal(key.asymmetricKeyDetails.namedCurve, "prime256v1", "P-256");
      const exported = {
        privateKey: key.export({ type: "pkcs8", format: "pem" }),
        publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }),
        fingerprint: fingerprintOf(pair.publicKey),
        kid: thumbprintOf(pair.publicKey),
      };
      assert.deepEqual(pair, exported, "to the byte what node:crypto writes");
    }
  });

  it("makes an RSA pair of 2048 bits for RS256", async () => {
    const pair = generateKeyPair({ algorithm: "RS256" });
    const key = createPrivateKey(pair.privateKey);
    assert.equal(key.asymmetricKeyType, "rsa", "RSA");
    assert.equal(key.asymmetricKeyDetails.modulusLength, 2048, "2048 bits");
    assert.equal(pair.fingerprint, fingerprintOf(pair.publicKey), "fingerprint");
    assert.equal(pair.kid, thumbprintOf(pair.publicKey), "kid");
    const { token } = mintToken({ privateKey: pair.privateKey, issuer, subject: "u1" });
    assert.equal(verifyToken(token, { publicKey: pair.publicKey }).algorithm, "RS256", "it works");
  });

  it("takes undefined for no options", () => {
    for (const options of [undefined, { algorithm: undefined }]) {
      const { privateKey, publicKey } = generateKeyPair(options);
      assert.equal(checkKeyPair(privateKey, publicKey).match, true, "a pair");
      assert.equal(createPublicKey(publicKey).asymmetricKeyType, "ec", "the default");
    }
  });
});

describe("tokens", () => {
  it("that are minted are verified by jose, by key and by our set", async () => {
    const set = jose.createLocalJWKSet(jwks([ec.publicKey, sharedRsa().publicKey]));
    for (const pair of [ec, sharedRsa()]) {
      const { token, algorithm, kid } = mintToken({
        privateKey: pair.privateKey,
        issuer,
        subject: "u1",
        now,
      });
      const expected = { issuer, subject: "u1", audience: "spacetimedb", currentDate };
      for (const keys of [createPublicKey(pair.publicKey), set]) {
        const { payload, protectedHeader } = await jose.jwtVerify(token, keys, expected);
        assert.deepEqual(
          [protectedHeader.alg, protectedHeader.kid],
          [algorithm, kid],
          "its header",
        );
        assert.equal(payload.exp - payload.iat, 900, "15 minutes");
      }
    }
  });

  it("that jose signs are verified, by key and by set", async () => {
    for (const [algorithm, pair] of [
      ["ES256", ec],
      ["RS256", sharedRsa()],
    ]) {
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

  it("that are signed anew are jose's and the servers' with the new key alone", async () => {
    const old = signByHand(ec.privateKey, { iss: "localhost", sub: "a", aud: ["x"], iat: 1 });
    const options = { privateKey: other.privateKey, previousPublicKey: ec.publicKey, now };
    const { token, identity } = resignToken(old, options);
    await jose.jwtVerify(token, createPublicKey(other.publicKey), { currentDate });
    const byTheOldKey = jose.jwtVerify(token, createPublicKey(ec.publicKey), { currentDate });
    await assert.rejects(byTheOldKey, { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
    for (const server of ["1.2", "2.8", "2.14"]) {
      const verdict = checkToken(token, { publicKey: other.publicKey, server, now });
      assert.deepEqual([verdict.accepted, verdict.identity], [true, identity], server);
    }
  });
});
