// Before anything is timed: does everybody give the right answer? A library that skipped a check,
// or that returned something else, would win for nothing.

import assert from "node:assert/strict";
import { verify as verifySignature } from "node:crypto";
import { AUDIENCE, ISSUER, makeClaims } from "./workload.mjs";

const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

/** A token of these claims, signed by the key, looked at with nothing but `node:crypto`. */
function checkToken(name, token, claims, publicKey, kid) {
  const [header, payload, signature] = token.split(".");
  const { alg, typ, kid: named } = decode(header);
  assert.deepEqual({ alg, typ, kid: named }, { alg: "ES256", typ: "JWT", kid }, `${name}: header`);
  assert.deepEqual(decode(payload), claims, `${name}: claims`);
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" };
  const signed = Buffer.from(`${header}.${payload}`);
  const ok = verifySignature("sha256", signed, key, Buffer.from(signature, "base64url"));
  assert.ok(ok, `${name}: signature`);
}

const refuses = (name, what, call) =>
  assert.rejects(async () => call(), undefined, `${name} took a token with ${what}`);

/** @param sign Makes the tokens: one signer for all. */
async function checkVerify({ name, verify }, sign) {
  const now = Math.floor(Date.now() / 1000);
  const claims = makeClaims(now);
  const token = await sign(claims);
  assert.deepEqual({ ...(await verify(token)) }, claims, `${name}: verified claims`);

  const [header, payload, signature] = token.split(".");
  const other = (await sign(makeClaims(now))).split(".");
  await refuses(name, "another's signature", () => verify(`${header}.${payload}.${other[2]}`));
  await refuses(name, "other claims", () => verify(`${header}.${other[1]}.${signature}`));
  const wrong = {
    "another issuer": { iss: `${ISSUER}/` },
    "another audience": { aud: [`${AUDIENCE}-2`] },
    "an exp long ago": { iat: now - 7200, exp: now - 3600 },
  };
  for (const [what, change] of Object.entries(wrong)) {
    const bad = await sign({ ...claims, ...change });
    await refuses(name, what, () => verify(bad));
  }
}

/** @param contestants With `name`, `sign`, `verify`; at choice `signAsync` and `verifyAsync`. */
export async function checkAll(contestants, reference, publicKey, kid) {
  for (const contestant of contestants) {
    const { name, sign, verify, signAsync, verifyAsync } = contestant;
    for (const one of [sign, signAsync]) {
      const claims = makeClaims(Math.floor(Date.now() / 1000));
      if (one) checkToken(name, await one(claims), claims, publicKey, kid);
    }
    for (const one of [verify, verifyAsync]) {
      if (one) await checkVerify({ name, verify: one }, reference);
    }
  }
}

/** Bulk calls against single ones. */
export async function checkBulk(signer, verifier, claims, publicKey) {
  for (const tokens of [signer.signMany(claims), await signer.signManyAsync(claims)]) {
    assert.equal(tokens.length, claims.length);
    for (const [i, token] of tokens.entries()) {
      checkToken("signMany", token, claims[i], publicKey, signer.kid);
    }
    for (const many of [verifier.verifyMany(tokens), await verifier.verifyManyAsync(tokens)]) {
      assert.deepEqual(
        many.map(({ value }) => value?.claims),
        claims,
        "verifyMany",
      );
    }
    const broken = [tokens[0], tokens[1].slice(0, -8) + tokens[0].slice(-8)];
    assert.deepEqual(
      verifier.verifyMany(broken).map(({ ok }) => ok),
      [true, false],
    );
  }
}
