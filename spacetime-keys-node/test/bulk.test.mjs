// …Many and …Async: what single calls give, in their order.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  Signer,
  Verifier,
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  jwks,
} from "spacetime-keys";

import { checkKeysError, keysError, keysRejection } from "./support/errors.mjs";
import { measuredVerdicts } from "./support/files.mjs";
import { ec, other, sharedRsa } from "./support/keys.mjs";
import { sampleSize } from "./support/sample.mjs";
import { claimsOf, parts, tamper } from "./support/tokens.mjs";

const now = 1_800_000_000;
const issuer = "https://app.example.com";
const signer = new Signer(ec.privateKey);
const verifier = new Verifier(ec.publicKey);
const claimsFor = (index) => ({ iss: "localhost", sub: `u${index}`, n: index });
const count = sampleSize(1000, 10_000);
const many = Array.from({ length: count }, (_, index) => claimsFor(index));

/** The form of a VerifyResult that single calls make. */
function single(of, token, options) {
  try {
    return { ok: true, value: of.verify(token, options) };
  } catch ({ code, message, hint }) {
    return { ok: false, error: { code, message, hint } };
  }
}

describe("signMany and its twin", () => {
  it("sign many in their order", async () => {
    const options = { now, ttl: 60 };
    const runs = [signer.signMany(many, options), await signer.signManyAsync(many, options)];
    for (const tokens of runs) {
      assert.equal(tokens.length, count, "one each");
      for (const [index, token] of tokens.entries()) {
        const expected = JSON.stringify({ ...claimsFor(index), iat: now, exp: now + 60 });
        assert.equal(parts(token).payload, expected, `token ${index}`);
      }
      const results = verifier.verifyMany(tokens, { now });
      assert.ok(
        results.every(({ ok }) => ok),
        "each verifies",
      );
    }
    assert.deepEqual(parts(runs[0][0]).header, parts(signer.sign(many[0])).header, "the header");
  });

  it("give nothing for nothing", async () => {
    assert.deepEqual(signer.signMany([]), [], "at once");
    assert.deepEqual(await signer.signManyAsync([]), [], "off the thread");
  });

  it("sign with RSA, too", async () => {
    const rsa = new Signer(sharedRsa().privateKey);
    const check = new Verifier(sharedRsa().publicKey);
    const tokens = [
      ...rsa.signMany(many.slice(0, 20)),
      ...(await rsa.signManyAsync(many.slice(0, 20))),
    ];
    assert.ok(
      check.verifyMany(tokens).every(({ ok }) => ok),
      "each verifies",
    );
  });

  it("fail as a whole, and say which one it is", async () => {
    const bad = many.slice(0, 100);
    bad[57] = { iss: "localhost" };
    const expected = keysError(() => signer.sign(bad[57]), "ERR_CLAIM_MISSING", "alone");
    const errors = [
      keysError(() => signer.signMany(bad), "ERR_CLAIM_MISSING", "at once"),
      await keysRejection(signer.signManyAsync(bad), "ERR_CLAIM_MISSING", "off the thread"),
    ];
    for (const error of errors) {
      assert.equal(error.index, 57, "the place");
      assert.equal(error.message, expected.message, "the words");
      assert.equal(error.hint, expected.hint, "the hint");
    }
    bad[3] = { sub: "a" };
    const { index } = keysError(() => signer.signMany(bad), "ERR_CLAIM_MISSING", "two bad ones");
    assert.equal(index, 3, "the first of them");
    assert.equal(expected.index, undefined, "a single call has no index");
  });

  it("read the clock where now is absent", async () => {
    const before = Math.floor(Date.now() / 1000);
    for (const tokens of [
      signer.signMany(many.slice(0, 2)),
      await signer.signManyAsync(many.slice(0, 2)),
    ]) {
      const { iat, exp } = claimsOf(tokens[1]);
      assert.ok(iat >= before && iat <= Date.now() / 1000, "now");
      assert.equal(exp, iat + 900, "15 minutes");
    }
  });
});

describe("verifyMany and its twin", () => {
  it("verify many in their order", async () => {
    const tokens = signer.signMany(many, { now });
    for (const results of [
      verifier.verifyMany(tokens, { now }),
      await verifier.verifyManyAsync(tokens, { now }),
    ]) {
      assert.equal(results.length, count, "one each");
      for (const [index, { ok, value }] of results.entries()) {
        assert.ok(ok, `token ${index}`);
        assert.equal(value.claims.n, index, `token ${index} in its place`);
      }
      assert.deepEqual(results[99], single(verifier, tokens[99], { now }), "as a single call");
    }
  });

  it("give nothing for nothing", async () => {
    assert.deepEqual(verifier.verifyMany([]), [], "at once");
    assert.deepEqual(await verifier.verifyManyAsync([]), [], "off the thread");
  });

  it("leave the others alone when one does not hold", async () => {
    const tokens = signer.signMany(many.slice(0, 50), { now });
    tokens[7] = tamper(tokens[7], 2);
    tokens[20] = "";
    tokens[21] = "opaque";
    tokens[30] = new Signer(other.privateKey).sign(claimsFor(30), { now });
    tokens[31] = signer.sign({ ...claimsFor(31), exp: now - 1000 }, { now });
    const options = { now };
    const expected = tokens.map((token) => single(verifier, token, options));
    const bad = expected.flatMap(({ ok }, index) => (ok ? [] : [index]));
    assert.deepEqual(bad, [7, 20, 21, 30, 31], "these five");
    const caching = new Verifier(ec.publicKey, { cache: 20 });
    for (const of of [verifier, caching, caching]) {
      assert.deepEqual(of.verifyMany(tokens, options), expected, "at once");
      assert.deepEqual(await of.verifyManyAsync(tokens, options), expected, "off the thread");
    }
    for (const { ok, error } of expected) {
      if (!ok) checkKeysError(Object.assign(new Error(error.message), error), undefined, "result");
    }
  });

  it("give what single calls give on every measured token", async () => {
    const { samples, publicKey } = measuredVerdicts();
    const tokens = samples.map((sample) => sample.token);
    const options = { now: samples[0].now };
    const ofSet = Verifier.fromJwks(jwks([other.publicKey, publicKey]), {
      issuer: null,
      audience: null,
    });
    const sets = [new Verifier(publicKey), ofSet];
    for (const of of [...sets, new Verifier(publicKey, { issuer: "localhost", cache: 9 })]) {
      const expected = tokens.map((token) => single(of, token, options));
      assert.deepEqual(of.verifyMany(tokens, options), expected, "at once");
      assert.deepEqual(await of.verifyManyAsync(tokens, options), expected, "off the thread");
    }
  });

  it("read the clock where now is absent", async () => {
    const present = Math.floor(Date.now() / 1000);
    const tokens = [signer.sign(claimsFor(0)), signer.sign(claimsFor(1), { now: present - 3600 })];
    for (const results of [verifier.verifyMany(tokens), await verifier.verifyManyAsync(tokens)]) {
      assert.deepEqual(
        results.map(({ ok }) => ok),
        [true, false],
        "alive, dead",
      );
    }
  });
});

describe("deriveIdentities and its twin", () => {
  it("give what single calls give, in their order", async () => {
    const subjects = Array.from({ length: count }, (_, index) => `u${(index * 7919) % 10_007}`);
    const expected = subjects.map((subject) => deriveIdentity(issuer, subject));
    assert.deepEqual(deriveIdentities(issuer, subjects), expected, "at once");
    assert.deepEqual(await deriveIdentitiesAsync(issuer, subjects), expected, "off the thread");
  });

  it("give nothing for nothing", async () => {
    assert.deepEqual(deriveIdentities(issuer, []), [], "at once");
    assert.deepEqual(await deriveIdentitiesAsync(issuer, []), [], "off the thread");
  });

  it("give the same twice for a subject that is there twice", () => {
    const [first, second, third] = deriveIdentities(issuer, ["a", "b", "a"]);
    assert.equal(first, third, "the same subject");
    assert.notEqual(first, second, "another subject");
  });

  it("keep their answers apart when many run at once", async () => {
    const runs = Array.from({ length: 20 }, (_, run) => {
      const subjects = Array.from({ length: 500 }, (_, index) => `${run}-${index}`);
      return deriveIdentitiesAsync(`https://${run}.example.com`, subjects);
    });
    for (const [run, identities] of (await Promise.all(runs)).entries()) {
      assert.equal(identities.length, 500, `run ${run} is whole`);
      for (const index of [0, 1, 250, 499]) {
        assert.equal(
          identities[index],
          deriveIdentity(`https://${run}.example.com`, `${run}-${index}`),
          `run ${run}, subject ${index}`,
        );
      }
    }
  });

  it("do not see what is changed after the call", async () => {
    const subjects = ["a", "b"];
    const promise = deriveIdentitiesAsync(issuer, subjects);
    subjects[0] = "changed";
    subjects.length = 1;
    const expected = [deriveIdentity(issuer, "a"), deriveIdentity(issuer, "b")];
    assert.deepEqual(await promise, expected, "as they were when it was called");
  });
});

describe("many calls at once", () => {
  it("keep their answers apart", async () => {
    const runs = Array.from({ length: 16 }, async (_, run) => {
      const claims = Array.from({ length: 100 }, (_, index) => ({ ...claimsFor(index), run }));
      const tokens = await signer.signManyAsync(claims, { now: now + run });
      const results = await verifier.verifyManyAsync(tokens, { now: now + run });
      return results.map(({ value }) => [value.claims.run, value.claims.n, value.issuedAt]);
    });
    for (const [run, found] of (await Promise.all(runs)).entries()) {
      const expected = Array.from({ length: 100 }, (_, index) => [run, index, now + run]);
      assert.deepEqual(found, expected, `run ${run}`);
    }
  });

  it("do not see what is changed after the call", async () => {
    const claims = [claimsFor(1), claimsFor(2)];
    const signing = signer.signManyAsync(claims, { now });
    claims[0].n = "changed";
    claims.length = 1;
    const tokens = await signing;
    assert.deepEqual(
      tokens.map((token) => claimsOf(token).n),
      [1, 2],
      "as they were",
    );
    const verifying = verifier.verifyManyAsync(tokens, { now });
    tokens[0] = "changed";
    assert.deepEqual(
      (await verifying).map(({ ok }) => ok),
      [true, true],
      "as they were",
    );
  });

  it("work while the main thread works, and leave it free", async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const signing = signer.signManyAsync(many, { now });
    assert.ok(signing instanceof Promise, "a promise at once");
    assert.equal(signer.sign(claimsFor(0), { now }).split(".").length, 3, "a call meanwhile");
    const tokens = await signing;
    clearInterval(timer);
    assert.equal(tokens.length, count, "all of them");
    assert.ok(ticks > 0, "timers ran meanwhile");
    assert.equal(deriveIdentities("a", ["b"]).length, 1, "and calls work afterwards");
  });
});
