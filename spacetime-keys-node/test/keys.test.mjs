// Pairs, fingerprints and thumbprints: beside node:crypto, jose and the program.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";

import * as jose from "jose";
import {
  checkKeyPair,
  fingerprint,
  generateKeyPair,
  mintToken,
  normalizePem,
  thumbprint,
  verifyToken,
} from "spacetime-keys";

import { cli } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { pemFolder, pemText, secretFile, temporaryFolder } from "./support/files.mjs";
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

const jwkThumbprint = (publicKey) => jose.calculateJwkThumbprint(jwkOf(publicKey));

describe("fingerprint and thumbprint", () => {
  it("are what node:crypto and jose compute, of either half", async () => {
    for (const pair of [ec, other, sharedRsa(), { privateKey: hostPrivate, publicKey: hostPublic }]) {
      const { privateKey, publicKey } = pair;
      assert.equal(fingerprint(publicKey), fingerprintOf(publicKey), "of the public key");
      assert.equal(fingerprint(privateKey), fingerprintOf(publicKey), "of the private key");
      assert.equal(thumbprint(publicKey), await jwkThumbprint(publicKey), "jose's thumbprint");
      assert.equal(thumbprint(privateKey), thumbprintOf(publicKey), "by hand");
    }
  });

  it("are known for the throwaway host", () => {
    assert.equal(
      fingerprint(hostPrivate),
      "9822f3cb6c7602af10fc3224c8f5b9f5ece0ded5eb8e6728bdfc8bdacf126c5a",
      "the host's fingerprint",
    );
    assert.equal(
      thumbprint(hostPublic),
      "qlLtncFMEY7-SpuEZdyiyf3wdn5WirX9AwbzlztEBlM",
      "the host's kid",
    );
  });

  it("are the program's", () => {
    const names = ["private-sec1.pem", "public-yaml-block.pem", "rsa-pkcs1.pem", "rsa-public.pem"];
    for (const name of names) {
      const { exit, out } = cli(["key", "fingerprint", join(pemFolder, name)]);
      assert.equal(exit, 0, `${name}: the program reads it`);
      assert.equal(fingerprint(pemText(name)), out.fingerprint, `${name}: fingerprint`);
      assert.equal(thumbprint(pemText(name)), out.kid, `${name}: kid`);
    }
  });

  it("refuse what is no key, by the program's codes", () => {
    for (const name of ["p384-private.pem", "two-keys.pem", "no-pem.pem", "encrypted-pkcs8.pem"]) {
      const { out } = cli(["key", "fingerprint", join(pemFolder, name)]);
      keysError(() => fingerprint(pemText(name)), out.error.code, `fingerprint of ${name}`);
      keysError(() => thumbprint(pemText(name)), out.error.code, `thumbprint of ${name}`);
    }
    keysError(() => fingerprint(""), "ERR_PEM_EMPTY", "fingerprint of nothing");
  });
});

describe("checkKeyPair", () => {
  /** The program's answer. */
  function byTheProgram({ privateKey, publicKey }) {
    const folder = temporaryFolder();
    const files = [secretFile(folder, "a", privateKey), secretFile(folder, "b", publicKey)];
    return cli(["key", "check", ...files]);
  }

  it("says yes to a pair, however it is written", () => {
    const pairs = [
      ec,
      sharedRsa(),
      { privateKey: pemText("private-sec1.pem"), publicKey: pemText("public-one-line.pem") },
    ];
    for (const pair of pairs) {
      const found = checkKeyPair(pair.privateKey, pair.publicKey);
      const expected = fingerprint(pair.publicKey);
      assert.deepEqual(
        found,
        { match: true, privateFingerprint: expected, publicFingerprint: expected },
        "a pair",
      );
    }
    assert.equal(byTheProgram(ec).out.match, true, "the program agrees");
  });

  it("says no, with the fingerprint of each, to halves of two pairs", () => {
    const pair = { privateKey: ec.privateKey, publicKey: other.publicKey };
    const found = checkKeyPair(pair.privateKey, pair.publicKey);
    const { exit, out } = byTheProgram(pair);
    assert.equal(exit, 1, "the program says no");
    assert.deepEqual(
      found,
      {
        match: false,
        privateFingerprint: out.private_fingerprint,
        publicFingerprint: out.public_fingerprint,
      },
      "no pair",
    );
    assert.equal(checkKeyPair(ec.privateKey, sharedRsa().publicKey).match, false, "P-256 and RSA");
  });

  it("throws at swapped halves and at what is no key", () => {
    keysError(() => checkKeyPair(ec.publicKey, ec.privateKey), "ERR_KEY_IS_PUBLIC", "swapped");
    keysError(() => checkKeyPair(ec.privateKey, ec.privateKey), "ERR_KEY_IS_PRIVATE", "twice");
    keysError(() => checkKeyPair(ec.privateKey, "x"), "ERR_PEM_MISSING", "no key");
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
      assert.equal(normalizePem(pair.privateKey), pair.privateKey, "canonical private key");
      assert.equal(normalizePem(pair.publicKey), pair.publicKey, "canonical public key");
    }
  });

  it("makes an RSA pair of 2048 bits for RS256", () => {
    const pair = generateKeyPair({ algorithm: "RS256" });
    const key = createPrivateKey(pair.privateKey);
    assert.equal(key.asymmetricKeyType, "rsa", "RSA");
    assert.equal(key.asymmetricKeyDetails.modulusLength, 2048, "2048 bits");
    assert.equal(pair.fingerprint, fingerprintOf(pair.publicKey), "fingerprint");
    assert.equal(pair.kid, thumbprintOf(pair.publicKey), "kid");
    const { token } = mintToken({
      privateKey: pair.privateKey,
      issuer: "https://app.example.com",
      subject: "u1",
    });
    assert.equal(verifyToken(token, { publicKey: pair.publicKey }).algorithm, "RS256", "it works");
  });

  it("takes undefined for no options", () => {
    const pair = generateKeyPair(undefined);
    assert.equal(checkKeyPair(pair.privateKey, pair.publicKey).match, true, "a pair");
    const again = generateKeyPair({ algorithm: undefined });
    assert.equal(createPublicKey(again.publicKey).asymmetricKeyType, "ec", "the default");
  });
});
