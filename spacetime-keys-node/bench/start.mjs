// The first calls of a fresh process, in milliseconds: how long a caller waits for the start.

import { performance } from "node:perf_hooks";
import { makeClaims, makeKeys } from "./workload.mjs";

const keys = makeKeys();
const claims = makeClaims(Math.floor(Date.now() / 1000));
const result = {};

/** Keeps the time of a call, and gives what it gave. */
async function timed(name, call) {
  const before = process.cpuUsage();
  const start = performance.now();
  const value = await call();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  result[name] = { wall, cpu: (user + system) / 1000 };
  return value;
}

const { Signer, Verifier } = await timed("import", () => import("spacetime-keys"));
const signer = await timed("new Signer", () => new Signer(keys.privateKey));
const token = await timed("the first sign", () => signer.sign(claims));
await timed("the second sign", () => signer.sign(claims));
const verifier = await timed("new Verifier", () => new Verifier(keys.publicKey));
await timed("the first verify", () => verifier.verify(token));
process.stdout.write(`${JSON.stringify(result)}\n`);
