// The same signatures and verifications through the same addon, with bytes in and out and nothing else:
// no claims, no JSON, no base64. `node scripts/build.mjs --bench` builds what is loaded here.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { candidates } = require("../lib/targets.js");

export const FLOOR = "bytes through the addon";
const THREADS = availableParallelism();
export const FLOOR_ON_ALL = `${FLOOR}, ${THREADS} threads`;
/** Items of a bulk call, all threads together. */
export const BULK = 1000;

function load() {
  const paths = candidates().map((name) =>
    join(import.meta.dirname, `spacetime-keys.${name}.node`),
  );
  const path = paths.find((one) => existsSync(one));
  if (!path) throw new Error("build it first: node scripts/build.mjs --bench");
  return require(path);
}

/** Each token as what is signed of it, and the signature. */
function takenApart(token) {
  const end = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  return { message: Buffer.from(token.slice(0, end)), signature };
}

/** @param tokens Signed with the key. */
export function makeFloor(privateKey, tokens) {
  const floor = new (load().Floor)(privateKey);
  const pool = tokens.map(takenApart);
  const [{ message, signature }] = pool;
  const on = [THREADS, Math.ceil(BULK / THREADS), message];
  const room = Buffer.alloc(64);
  floor.sign(message, room);
  assert.ok(floor.verify(message, room), "the floor signs");
  assert.ok(!floor.verify(message, pool[1].signature), "the floor verifies");
  return {
    pool,
    sign: (item) => floor.sign(item.message, room),
    verify: (item) => floor.verify(item.message, item.signature),
    signOnAll: () => floor.signOn(...on),
    verifyOnAll: () => floor.verifyOn(...on, signature),
  };
}
