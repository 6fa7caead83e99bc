// RemoteVerifier beside jose's remote set, before places of sets with which something is wrong: how often each
// asks, and what it answers. Where the two differ, a comment says why.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FAULTS, VERIFIERS, meet } from "./support/set-faults.mjs";

/** Requests and answers, by both where there is one row. A list: so many at least, and at most. */
const EXPECTED = {
  "nothing is wrong, 50 at once": [1, "50 taken"],
  "slow: 300 ms, 50 at once": [1, "50 taken"],
  "silent: 20 at once, then 20 more": [2, "40 refused"],
  // jose reads until its time is over, and keeps what it has read.
  endless: [1, "1 refused"],
  "cut in the middle, then good": [2, "1 refused, 1 taken"],
  "a login page": [1, "1 refused"],
  "a good set that calls itself text/plain": [1, "1 taken"],
  // Servers follow redirects, and so do we, where it is safe.
  "a redirect to a good set": { ours: [2, "1 taken"], jose: [1, "1 refused"] },
  "a redirect to itself": { ours: [6, "1 refused"], jose: [1, "1 refused"] },
  "500 once, then good": [2, "1 refused, 1 taken"],
  // jose asks for each token.
  "500 for good, 100 one by one": { ours: [[2, 10], "100 refused"], jose: [100, "100 refused"] },
  // jose forgets the last set.
  "the issuer goes away, 100 one by one": {
    ours: [[2, 10], "100 taken"],
    jose: [100, "1 taken, 99 refused"],
  },
  "the issuer falls silent, 5 one by one": {
    ours: [[2, 3], "5 taken"],
    jose: [5, "1 taken, 4 refused"],
  },
  "rotated, after the cool-down": [2, "3 taken"],
  "rotated, within the cool-down": [1, "1 taken, 1 refused, 1 taken"],
  "1,000 unknown kids one by one": [1, "1 taken, 1000 refused, 1 taken"],
  "1,000 unknown kids at once, cool-down over": [2, "1 taken, 1000 refused"],
  "without use and alg": [1, "1 taken"],
  // Each key of that name is tried; jose refuses what is not one key.
  "one kid twice, and the token's key is the first": {
    ours: [1, "1 taken"],
    jose: [1, "1 refused"],
  },
  "one kid twice, and the token's key is the second": {
    ours: [1, "1 taken"],
    jose: [1, "1 refused"],
  },
  "no kid in the token, one key": [1, "1 taken"],
  "no kid in the token, two keys": { ours: [1, "1 taken"], jose: [1, "1 refused"] },
  "beside an entry that is no key": [1, "1 taken"],
  "beside keys of other kinds": [1, "1 taken"],
  "an RSA key of 2,048 bits": [1, "1 taken"],
  "a set of 200 keys": [1, "1 taken"],
  // More bytes than a set may have.
  "a set of 100,000 keys": { ours: [1, "1 refused"], jose: [1, "1 taken"] },
};

describe("RemoteVerifier and jose's remote set", () => {
  it("meet every fault that there is", () => {
    assert.deepEqual(Object.keys(FAULTS), Object.keys(EXPECTED));
  });

  for (const [name, expected] of Object.entries(EXPECTED)) {
    it(name, async () => {
      for (const [who, make] of Object.entries(VERIFIERS)) {
        const [requests, answers] = Array.isArray(expected) ? expected : expected[who];
        const met = await meet(make, FAULTS[name]);
        const [least, most] = [requests].flat();
        const said = `${who}: ${met.requests} requests, ${met.answers}`;
        assert.equal(met.answers, answers, said);
        assert.ok(least <= met.requests && met.requests <= (most ?? least), said);
      }
    });
  }
});
