// What a Verifier's cache spares, counted at the addon's border, and in which order it forgets.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, it } from "node:test";

import { Signer, Verifier } from "spacetime-keys";

import { keysError } from "./support/errors.mjs";
import { ec } from "./support/keys.mjs";
import { tamper } from "./support/tokens.mjs";

// The border itself: not exported, so by its path.
const native = createRequire(import.meta.url)("../lib/native.js");
const { verify } = native.Verifier.prototype;
const now = 1_800_000_000;
const signer = new Signer(ec.privateKey);
const [a, b, c, d] = ["a", "b", "c", "d"].map((sub) => signer.sign({ iss: "i", sub }, { now }));

describe("Verifier's cache", () => {
  let calls = 0;

  beforeEach(() => {
    calls = 0;
    native.Verifier.prototype.verify = function counted(...args) {
      calls += 1;
      return verify.apply(this, args);
    };
  });

  afterEach(() => {
    native.Verifier.prototype.verify = verify;
  });

  /** How many of these tokens had to be verified by the addon. */
  function verified(verifier, ...tokens) {
    const before = calls;
    for (const token of tokens) verifier.verify(token, { now });
    return calls - before;
  }

  it("spares the addon the same token again", () => {
    const verifier = new Verifier(ec.publicKey, { cache: 10 });
    assert.equal(verified(verifier, a), 1, "the first time");
    assert.equal(verified(verifier, a, a, a), 0, "then never again");
    assert.equal(verified(verifier, b, a, b), 1, "another one once");
  });

  it("is off unless asked for", () => {
    for (const options of [undefined, {}, { cache: undefined }, { cache: 0 }]) {
      assert.equal(verified(new Verifier(ec.publicKey, options), a, a, a), 3, "each time");
    }
  });

  it("is not filled by a few large tokens", () => {
    const large = (sub) => signer.sign({ iss: "i", sub, fill: "x".repeat(20_000) }, { now });
    const [one, two, three] = ["1", "2", "3"].map(large);
    // Room for eighty thousand characters, of which each takes almost fifty thousand.
    const verifier = new Verifier(ec.publicKey, { cache: 20 });
    assert.equal(verified(verifier, one, one), 1, "one is remembered");
    assert.equal(verified(verifier, two, two), 1, "the other takes its place");
    assert.equal(verified(verifier, one), 1, "it was forgotten");
    assert.equal(verified(verifier, a, b, a, b), 2, "small ones fit beside it");
    assert.equal(verified(verifier, one), 0);
    const small = new Verifier(ec.publicKey, { cache: 1 });
    assert.equal(verified(small, three, three), 2, "too large to be remembered");
    assert.equal(verified(small, a, a), 1, "and nothing is lost by it");
  });

  it("forgets the least recently used first", () => {
    const verifier = new Verifier(ec.publicKey, { cache: 2 });
    assert.equal(verified(verifier, a, b), 2, "two are remembered");
    assert.equal(verified(verifier, a), 0, "a is used again");
    assert.equal(verified(verifier, c), 1, "c takes the place of b");
    assert.equal(verified(verifier, a, c), 0, "a and c are there");
    assert.equal(verified(verifier, b), 1, "b is not");
    assert.equal(verified(verifier, c, b), 0, "c and b are there");
    assert.equal(verified(verifier, a), 1, "and a is not");
  });

  it("holds no more than its bound", () => {
    for (const bound of [1, 3]) {
      const verifier = new Verifier(ec.publicKey, { cache: bound });
      const all = [a, b, c, d];
      verified(verifier, ...all);
      const kept = all.slice(-bound).reverse();
      assert.equal(verified(verifier, ...kept), 0, `the last ${bound} are there`);
      assert.equal(verified(verifier, ...all.slice(0, -bound)), 4 - bound, "the others are not");
    }
  });

  it("remembers as many as it is told", () => {
    const verifier = new Verifier(ec.publicKey, { cache: 100_000 });
    const many = signer.signMany(
      Array.from({ length: 2000 }, (_, index) => ({ iss: "i", sub: `u${index}` })),
      { now },
    );
    assert.equal(verified(verifier, ...many), 2000, "each once");
    assert.equal(verified(verifier, ...many), 0, "and all are remembered");
  });

  it("never remembers what did not hold", () => {
    const verifier = new Verifier(ec.publicKey, { cache: 10 });
    const bad = tamper(a, 2);
    for (let round = 1; round <= 3; round += 1) {
      keysError(() => verifier.verify(bad, { now }), undefined, "refused");
      assert.equal(calls, round, "by the addon each time");
    }
    keysError(() => verifier.verify(a, { now: now + 10_000 }), "ERR_TOKEN_EXPIRED", "too late");
    assert.equal(verified(verifier, a), 1, "a late one is not remembered either");
  });

  it("asks the addon when the times are over", () => {
    const verifier = new Verifier(ec.publicKey, { cache: 10 });
    verified(verifier, a);
    calls = 0;
    keysError(() => verifier.verify(a, { now: now + 10_000 }), "ERR_TOKEN_EXPIRED", "too late");
    assert.equal(calls, 1, "the addon says so");
    assert.ok(verifier.verify(a, { now }), "and in time it holds again");
  });

  it("belongs to one verifier", () => {
    const [first, second] = [1, 2].map(() => new Verifier(ec.publicKey, { cache: 10 }));
    verified(first, a);
    assert.equal(verified(second, a), 1, "another one has its own");
  });
});
