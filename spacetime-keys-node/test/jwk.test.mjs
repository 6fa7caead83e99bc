// JWKs in and out, with jose as the second opinion; and the class of errors.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, it } from "node:test";

import * as jose from "jose";
import {
  KeysError,
  Signer,
  exportJwk,
  fingerprint,
  generateKeyPair,
  importJwk,
  thumbprint,
} from "spacetime-keys";

import { keysError } from "./support/errors.mjs";
import { ec, sharedRsa } from "./support/keys.mjs";

describe("JWKs", () => {
  it("go out as jose and Node write them, without a secret unless that is asked for", async () => {
    for (const { privateKey, publicKey } of [ec, generateKeyPair(), sharedRsa()]) {
      const kid = thumbprint(publicKey);
      const expected = createPublicKey(publicKey).export({ format: "jwk" });
      const { kid: named, use, alg, ...members } = exportJwk(publicKey);
      assert.deepEqual({ ...members }, { ...expected });
      assert.deepEqual([named, use], [kid, "sig"]);
      assert.equal(await jose.calculateJwkThumbprint(expected), kid);
      assert.ok(await jose.importJWK(exportJwk(publicKey), alg));
      // Of a private key, the public half.
      assert.deepEqual(exportJwk(privateKey), exportJwk(publicKey));
      assert.equal(exportJwk(privateKey, { private: false }).d, undefined);
    }
    // Scalars keep their full length: one in 256 begins with a zero.
    for (let count = 0; count < 600; count += 1) {
      const { privateKey } = generateKeyPair();
      const { kid, use, alg, ...members } = exportJwk(privateKey, { private: true });
      assert.deepEqual(
        { ...members },
        { ...createPrivateKey(privateKey).export({ format: "jwk" }) },
      );
      assert.equal(members.d.length, 43);
    }
    for (const [key, code] of [
      [ec.publicKey, "ERR_KEY_IS_PUBLIC"],
      [sharedRsa().privateKey, "ERR_KEY_UNSUPPORTED"],
    ]) {
      keysError(() => exportJwk(key, { private: true }), code);
    }
  });

  it("come in as text and object, public and private, and go round", async () => {
    const { privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await jose.exportJWK(privateKey)), kid: "of another" };
    for (const given of [jwk, JSON.stringify(jwk), JSON.stringify(jwk, null, 2)]) {
      const key = importJwk(given);
      assert.equal(key.algorithm, "ES256");
      assert.equal(key.fingerprint, fingerprint(key.privateKey));
      assert.equal(key.kid, thumbprint(key.publicKey), "whatever kid it had");
      const token = new Signer(key.privateKey).sign({ iss: "a", sub: "b" });
      assert.ok(
        await jose.jwtVerify(token, await jose.importJWK({ ...jwk, d: undefined }, "ES256")),
      );
      assert.deepEqual(importJwk(exportJwk(key.privateKey, { private: true })), key);
      assert.deepEqual(importJwk(exportJwk(key.publicKey)), { ...key, privateKey: null });
    }
    const rsa = createPrivateKey(sharedRsa().privateKey).export({ format: "jwk" });
    const { privateKey: pem, algorithm, fingerprint: found } = importJwk(rsa);
    assert.deepEqual([algorithm, found], ["RS256", fingerprint(sharedRsa().publicKey)]);
    assert.equal(fingerprint(pem), found);
    assert.equal(
      importJwk(createPublicKey(sharedRsa().publicKey).export({ format: "jwk" })).privateKey,
      null,
    );
  });

  it("that are none say why, and nothing of themselves", () => {
    const { d, ...own } = exportJwk(ec.privateKey, { private: true });
    const cases = [
      [{ ...own, d: "canary!" }, "ERR_JWK_MALFORMED"],
      [{ kty: "oct", k: "canary" }, "ERR_KEY_UNSUPPORTED"],
      [{ kty: "EC", crv: "P-384", x: "AA", y: "AA" }, "ERR_KEY_UNSUPPORTED"],
      [
        { ...own, d: exportJwk(generateKeyPair().privateKey, { private: true }).d },
        "ERR_KEY_EMBEDDED_MISMATCH",
      ],
    ];
    for (const [jwk, code] of cases) {
      const { message, hint } = keysError(() => importJwk(jwk), code);
      assert.ok(!`${message} ${hint}`.includes("canary"));
    }
    assert.ok(d);
  });
});

describe("KeysError", () => {
  it("is a class, and the package's errors are of it", () => {
    assert.throws(
      () => new Signer("no key"),
      (error) => error instanceof KeysError && error instanceof Error && error.name === "KeysError",
    );
    assert.throws(
      () => new Signer(1),
      (error) => error instanceof TypeError && !(error instanceof KeysError),
    );
    // What is thrown later, off the main thread, too.
    const signer = new Signer(ec.privateKey);
    return assert.rejects(
      signer.signManyAsync([{ iss: "", sub: "a" }]),
      (error) => error instanceof KeysError,
    );
  });
});
