// A run fails, or is killed, at every call of az in turn; then the same command again. A thin run
// (support/sample.mjs) tries 20 of the points, with each kind of fault among them.

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { fingerprint } from "spacetime-keys";
import { sampleOf } from "../support/sample.mjs";
import {
  IDENTITY,
  KEYS,
  PAIR_0,
  type Start,
  type TestHost,
  callsOf,
  finishHosts,
  hostAt,
} from "./test-host.ts";
import { type Call, type FaultKind, PRIVATE } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

function fingerprintsIn(texts: string[]): Set<string> {
  return new Set(texts.map((text) => fingerprint(text)));
}

/** Every private key that may be in use: mounted, or the latest of a vault. */
function keysInUse(host: TestHost): string[] {
  return [host.read(KEYS, "id_ecdsa"), ...host.store.everyVersion(PRIVATE)];
}

async function interruptAt(
  start: Start,
  args: string[],
  call: number,
  kind: FaultKind,
): Promise<void> {
  const host = hostAt(start);
  const scope = args.includes("--all-environments") ? undefined : ["dev", "local"];
  const before = keysInUse(host);
  host.store.fail({ kind, call });
  const first = await host.tooling(...args);
  const where = `${kind} at call ${call} of ${start}`;
  if (first.code === 0) {
    // It was a vault that the run is not about, or one that another try has reached.
    expect([where, host.audit(scope).ok]).toEqual([where, true]);
  }
  const between = keysInUse(host);
  host.store.fail();
  const second = await host.tooling(...args);
  expect([where, second.code, second.code === 0 ? "" : second.stderr]).toEqual([where, 0, ""]);
  const audit = host.audit(scope);
  expect([where, audit.problems]).toEqual([where, []]);
  const { privateKey, publicKey } = host.mounted();
  expect([where, publicKey]).toEqual([where, privateKey]);
  expect([where, audit.publisher?.identity]).toEqual([where, IDENTITY]);
  expect([where, audit.publisher?.verifiedWith]).toEqual([where, privateKey]);
  expect([where, privateKey === PAIR_0]).toEqual([where, false]);
  const reachable = fingerprintsIn(keysInUse(host));
  for (const key of fingerprintsIn([...before, ...between])) {
    expect([where, reachable.has(key)]).toEqual([where, true]);
  }
  expect([where, host.leftovers()]).toEqual([where, []]);
}

interface Point {
  call: number;
  kind: FaultKind;
}

/** Two processors, two at a time. Of a thin run so `few`. */
async function interruptAtEach(
  start: Start,
  args: string[],
  points: Point[],
  few: number,
): Promise<void> {
  const queue = [...sampleOf(points, few, ({ kind }: Point) => kind)];
  const kinds = (list: Point[]) => new Set(list.map(({ kind }) => kind)).size;
  expect(kinds(queue)).toBe(kinds(points));
  const worker = async () => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      await interruptAt(start, args, point.call, point.kind);
    }
  };
  // Both to their end: the hosts are removed after the test, and nobody may be at work in one then.
  const ended = await Promise.allSettled([worker(), worker()]);
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}

/** Before the call has done anything; where it writes, also after that. */
function pointsOf(calls: Call[], kinds: FaultKind[]): Point[] {
  return calls.flatMap(({ number, action }) =>
    kinds
      .filter((kind) => action === "set" || !kind.includes("after"))
      .map((kind) => ({ call: number, kind })),
  );
}

/** One after the other, for what is tried in all ways elsewhere. */
function alternately(calls: Call[], kinds: [FaultKind, FaultKind]): Point[] {
  return calls.map(({ number }, place) => ({ call: number, kind: kinds[place % 2]! }));
}

test("a rotation, at every call", async () => {
  const args = ["--yes"];
  const calls = await callsOf("established of two", args);
  expect(calls.length).toBeGreaterThan(40);
  const points = pointsOf(calls, ["crash", "after", "kill", "kill-after"]);
  await interruptAtEach("established of two", args, points, 12);
});

test("a host met for the first time, at every upload", async () => {
  const args = ["--yes"];
  const calls = await callsOf("first met", args);
  const uploads = calls.filter(({ action }) => action === "set");
  expect(uploads.length).toBe(9);
  const points = alternately(uploads, ["after", "kill"]);
  await interruptAtEach("first met", args, points, 4);
});

test("--all-environments, at every upload", async () => {
  const args = ["--yes", "--all-environments"];
  const calls = await callsOf("established", args);
  const uploads = calls.filter(({ action }) => action === "set");
  expect(uploads.length).toBe(9);
  const points = alternately(uploads, ["kill-after", "crash"]);
  await interruptAtEach("established", args, points, 4);
});
