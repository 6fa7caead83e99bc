// What is measured, section by section. Each returns nanoseconds per item: one figure a round, on
// the wall and on the processors.

import assert from "node:assert/strict";
import {
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  fingerprint,
  normalizePem,
  thumbprint,
  Verifier,
} from "spacetime-keys";
import { BULK, FLOOR, FLOOR_ON_ALL } from "./floor.mjs";
import { deriveIdentityInJavaScript } from "./identity.mjs";
import { batches, each, eachAwaited, interleave, together } from "./measure.mjs";
import { fastJwtVerifier } from "./peers.mjs";
import { AUDIENCE, ISSUER, makeSubjects } from "./workload.mjs";

/** How many promises of an asynchronous peer are under way at a time, where that is said. */
const WIDTH = 64;

const single = ({ name, asynchronous }, pool, call) =>
  (asynchronous ? eachAwaited : each)(name, pool, call);

const sign = ({ us, peers, claims, floor, rounds }) =>
  interleave(
    [
      ...[us, ...peers].map((one) => single(one, claims, one.sign)),
      each(FLOOR, floor.pool, floor.sign),
    ],
    { rounds },
  );

const verify = ({ us, peers, tokens, floor, rounds }) =>
  interleave(
    [
      ...[us, ...peers].map((one) => single(one, tokens, one.verify)),
      each(FLOOR, floor.pool, floor.verify),
    ],
    { rounds },
  );

/** The same items in batches of a size: as many batches as the pool gives, but at least two. */
function cut(pool, size) {
  const count = Math.max(2, Math.floor(pool.length / size));
  const item = (place) => pool[place % pool.length];
  return Array.from({ length: count }, (_, batch) =>
    Array.from({ length: size }, (_, i) => item(batch * size + i)),
  );
}

/** Peers one at a time, and those that are asynchronous also with many under way. */
function peersForBulk(peers, pool, operation) {
  return peers.flatMap((peer) => {
    const asynchronous = peer[`${operation}Async`] ?? (peer.asynchronous && peer[operation]);
    const alone = single(peer, pool, peer[operation]);
    if (!asynchronous) return [alone];
    return [alone, together(`${peer.name}, ${WIDTH} at once`, pool, WIDTH, asynchronous)];
  });
}

/** @param onAll The same work with bytes on all threads, `BULK` items at a time. */
function bulk(pool, peers, operation, many, manyAsync, onAll, rounds) {
  const ours = [1000, 10_000].flatMap((size) => [
    batches(`${operation}Many, ${size}`, cut(pool, size), many),
    batches(`${operation}ManyAsync, ${size}`, cut(pool, size), manyAsync),
  ]);
  const floor = { name: FLOOR_ON_ALL, per: BULK, count: 1, run: onAll };
  const all = [...ours, ...peersForBulk(peers, pool, operation), floor];
  return interleave(all, { rounds: Math.ceil(rounds / 4), turnMs: 8 });
}

function signMany({ signer, peers, claims, floor, rounds }) {
  const now = (list) => signer.signMany(list);
  const later = (list) => signer.signManyAsync(list);
  return bulk(claims, peers, "sign", now, later, floor.signOnAll, rounds);
}

function verifyMany({ verifier, peers, tokens, floor, rounds }) {
  const now = (list) => verifier.verifyMany(list);
  const later = (list) => verifier.verifyManyAsync(list);
  return bulk(tokens, peers, "verify", now, later, floor.verifyOnAll, rounds);
}

/**
 * The same tokens again, with caches of 1,000. A gateway reads each from a socket, so that it is
 * the same text, but never the same string: that is measured, too, with the making of the string.
 */
async function cached({ keys, tokens, rounds }) {
  const contestants = [];
  for (const size of [1, 500]) {
    const pool = tokens.slice(0, size);
    const bytes = pool.map((token) => Buffer.from(token));
    for (const [name, makeVerify] of Object.entries(cachingVerifiers(keys))) {
      const check = makeVerify();
      for (const token of pool) assert.deepEqual(check(token), check(token));
      contestants.push(each(`${name}, ${size}`, pool, check));
      contestants.push(each(`${name}, ${size} from bytes`, bytes, (b) => check(b.latin1Slice())));
    }
    contestants.push(each(`string from bytes, ${size}`, bytes, (b) => b.latin1Slice()));
  }
  return interleave(contestants, { rounds, turnMs: 2 });
}

const cachingVerifiers = ({ publicKey }) => ({
  "spacetime-keys": () => {
    const verifier = new Verifier(publicKey, { issuer: ISSUER, audience: AUDIENCE, cache: 1000 });
    return (token) => verifier.verify(token).claims;
  },
  "fast-jwt": () => fastJwtVerifier(publicKey, { cache: 1000 }),
  // Its default is to hash each token; its documentation lets one choose the token itself.
  "fast-jwt, token as key": () =>
    fastJwtVerifier(publicKey, { cache: 1000, cacheKeyBuilder: (token) => token }),
});

async function identities({ rounds }) {
  const subjects = makeSubjects(100_000);
  const inJavaScript = (list) => list.map((subject) => deriveIdentityInJavaScript(ISSUER, subject));
  const expected = inJavaScript(subjects);
  assert.deepEqual(deriveIdentities(ISSUER, subjects), expected);
  assert.deepEqual(await deriveIdentitiesAsync(ISSUER, subjects), expected);
  return interleave(
    [
      batches("deriveIdentities", [subjects], (list) => deriveIdentities(ISSUER, list)),
      batches("deriveIdentitiesAsync", [subjects], (list) => deriveIdentitiesAsync(ISSUER, list)),
      each("deriveIdentity", subjects, (subject) => deriveIdentity(ISSUER, subject)),
      batches("@noble/hashes", [subjects], inJavaScript),
    ],
    { rounds: Math.ceil(rounds / 16) },
  );
}

/** Absolute times of small calls. Of those into the addon `deriveIdentity("", "")` does least. */
async function calls({ keys, signer, rounds }) {
  const { privateKey, publicKey } = keys;
  const one = (name, call) => each(name, [0], call);
  return interleave(
    [
      one("an empty function", () => 0),
      one("deriveIdentity, empty strings", () => deriveIdentity("", "")),
      one("deriveIdentity", () => deriveIdentity(ISSUER, "37f0c23f-a152-43b9-8728-c04a94a51ed9")),
      one("fingerprint, public key", () => fingerprint(publicKey)),
      one("fingerprint, private key", () => fingerprint(privateKey)),
      one("thumbprint, public key", () => thumbprint(publicKey)),
      one("normalizePem, public key", () => normalizePem(publicKey)),
      one("normalizePem, private key", () => normalizePem(privateKey)),
      one("Signer.kid", () => signer.kid),
    ],
    { rounds, turnMs: 2 },
  );
}

export const sections = { sign, verify, signMany, verifyMany, cached, identities, calls };
