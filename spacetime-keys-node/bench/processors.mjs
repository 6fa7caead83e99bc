// What all processors together give here, against one: the most that bulk calls could gain. Two
// virtual processors may be one core, and others may be using them.

import { generateKeyPairSync, sign, verify } from "node:crypto";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const TURN_MS = 50;
const TURNS = 31;

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const message = Buffer.alloc(512);
const signature = sign("sha256", message, privateKey);

/** Verifications a millisecond, for a while, with nothing but `node:crypto`. */
function work() {
  const start = performance.now();
  let count = 0;
  while (performance.now() < start + TURN_MS) {
    for (let i = 0; i < 10; i += 1) verify("sha256", message, publicKey, signature);
    count += 10;
  }
  return count / (performance.now() - start);
}

/** One turn of another thread. */
async function ask(worker) {
  worker.postMessage(null);
  const [rate] = await once(worker, "message");
  return rate;
}

async function measure() {
  const threads = availableParallelism();
  const others = Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(others.map(ask));
  work();
  const gains = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const alone = work();
    const rest = others.map(ask);
    const together = [work(), ...(await Promise.all(rest))];
    gains.push(together.reduce((total, rate) => total + rate) / alone);
  }
  await Promise.all(others.map((worker) => worker.terminate()));
  process.stdout.write(`${JSON.stringify({ threads, gains })}\n`);
}

if (isMainThread) await measure();
else parentPort.on("message", () => parentPort.postMessage(work()));
