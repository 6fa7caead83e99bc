// The engine: what it does to a host, what it tells meanwhile, how it is stopped or killed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import {
  generateKeyPair,
  lockHost,
  mendAndRotate,
  resignCliTomlFile,
  restoreToken,
  resume,
  rollback,
  rotate,
  sync,
  verifyFleet,
} from "spacetime-keys";

import { cli } from "./support/cli.mjs";
import { Host, IDENTITY } from "./support/engine.mjs";
import { sampleOf } from "./support/sample.mjs";

const local = { environments: ["local"], host: "local" };
const group = { environments: ["dev", "local"], likelyHost: "local" };

/** The error that a promise is rejected with. */
async function failure(promise, code) {
  const error = await promise.then(
    () => assert.fail(`it should fail with ${code}`),
    (thrown) => thrown,
  );
  assert.equal(error.code, code, error.message);
  assert.ok(error.hint.length > 0, "with a way out");
  return error;
}

async function isWell(host) {
  const report = await verifyFleet(host.fleet, group);
  assert.deepEqual(report.problems, []);
  assert.deepEqual(report.failures, []);
  assert.equal(report.publisher.identity, IDENTITY);
  assert.equal(report.publisher.verifiedWith, host.mounted());
}

describe("rotate", () => {
  it("honours what the pair before has signed, or revokes it", async () => {
    const host = new Host();
    const fleet = { ...host.fleet, honorOldTokens: 60 };
    const list = () => {
      const file = join(fleet.mountedKeysDir, "retired-keys.json");
      return JSON.parse(readFileSync(file, "utf8")).keys;
    };
    const first = host.mounted();
    const done = await rotate(fleet, local);
    assert.ok(done.plan.steps.some(({ action }) => action === "mount-retired-keys"));
    assert.equal(list()[0].fingerprint, first);
    assert.equal(list()[0].honored_until - list()[0].retired_at, 60);
    const second = host.mounted();
    await rotate(fleet, { ...local, honorOldTokens: 3600 });
    const of = (pair) => list().find(({ fingerprint }) => fingerprint === pair);
    assert.equal(of(second).honored_until - of(second).retired_at, 3600);
    const third = host.mounted();
    await rotate(fleet, { ...local, compromised: true, honorOldTokens: 0 });
    assert.deepEqual([of(third).revoked, of(second).revoked], [true, false]);
    assert.ok(of(second).honored_until <= Date.now() / 1000 + 1);
    await failure(rollback(fleet, { environment: "local", host: "local" }), "ERR_PAIR_REVOKED");
    const both = { ...local, compromised: true, honorOldTokens: 1 };
    await assert.rejects(rotate(fleet, both), TypeError);
    await isWell(host);
  });

  it("plans, carries out, proves, and tells all of it", async () => {
    const host = new Host();
    const planned = await rotate(host.fleet, { ...local, dryRun: true });
    assert.equal(planned.status, "planned");
    assert.deepEqual(host.pairsIn("kv-local"), [], "nothing is changed");

    const events = [];
    const done = await rotate(host.fleet, { ...local, onEvent: (event) => events.push(event) });
    assert.equal(done.status, "done");
    assert.deepEqual(done.plan, planned.plan);
    assert.deepEqual(host.pairsIn("kv-dev"), [host.firstPair, host.mounted()]);
    assert.deepEqual(
      done.pairs.map(({ environments, before, now }) => [environments, before, now]),
      [[["dev", "local"], host.firstPair, host.mounted()]],
    );
    assert.equal(done.mounted, host.firstPair);
    assert.deepEqual([done.resigned.identity, done.continued], [IDENTITY, false]);
    assert.equal(done.versions.length, done.plan.steps.length);
    await isWell(host);

    const types = events.map(({ type }) => type);
    assert.deepEqual([types[0], ...types.slice(-2)], ["begins", "proven", "ends"]);
    const steps = events.filter(({ type }) => type === "step");
    assert.deepEqual(
      steps.map(({ type: _, ...step }) => step),
      done.plan.steps,
    );
    const written = events.filter(({ type }) => type === "wrote").map((event) => event.fingerprint);
    assert.deepEqual(new Set(written), new Set([host.firstPair, host.mounted()]));
    const text = JSON.stringify(events);
    assert.ok(!text.includes("PRIVATE KEY") && !text.includes("eyJ"), "and no secret");
  });

  it("leaves the main thread alone", async () => {
    const host = new Host();
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    await rotate(host.fleet, local);
    clearInterval(timer);
    assert.ok(ticks > 0);
  });

  it("is understood by the program, and understands it", async () => {
    const host = new Host();
    await rotate(host.fleet, local);
    assert.equal(cli(["verify", "--env", "local"], { folder: host.folder }).exit, 0);
    assert.equal(cli(["rotate", "--env", "local", "--yes"], { folder: host.folder }).exit, 0);
    await isWell(host);
    assert.equal(host.pairsIn("kv-local").length, 3);
  });

  it("is refused while somebody else is at work, and says so", async () => {
    const host = new Host();
    const { mountedKeysDir, cliToml } = host.fleet;
    const lock = lockHost({ mountedKeysDir, cliToml }, "my-script");
    const error = await failure(rotate(host.fleet, local), "ERR_LOCKED");
    assert.match(error.message, /my-script/);
    assert.equal(error.resumable, false);
    lock.release();
    await rotate(host.fleet, local);
  });

  it("says which vault, and what is the matter with it", async () => {
    const host = new Host();
    await rotate(host.fleet, local);
    const vault = join(host.folder, ".spacetime-keys/kv-dev");
    rmSync(vault, { recursive: true });
    writeFileSync(vault, "in the way");
    const error = await failure(rotate(host.fleet, local), "ERR_IO");
    assert.match(error.message, /kv-dev/);
    const report = await verifyFleet(host.fleet, group);
    assert.equal(report.ok, false);
    assert.deepEqual(
      report.failures.map(({ environment, code }) => [environment, code]),
      [["dev", "ERR_IO"]],
    );
  });
});

describe("resume, rollback, sync, restoreToken, resignCliTomlFile", () => {
  it("lead from one sound state to another", async () => {
    const host = new Host();
    assert.deepEqual(await resume(host.fleet), { status: "nothing-to-resume" });
    await rotate(host.fleet, local);
    const second = host.mounted();
    await rotate(host.fleet, local);
    await rollback(host.fleet, { environment: "local", host: "local" });
    assert.equal(host.mounted(), second);
    await isWell(host);

    rmSync(host.fleet.mountedKeysDir, { recursive: true });
    assert.equal((await sync(host.fleet, { environment: "local" })).status, "done");
    assert.equal(host.mounted(), second);
    await isWell(host);

    rmSync(host.cliToml);
    const restored = await restoreToken(host.fleet, { environment: "local" });
    assert.deepEqual(
      [restored.identity, restored.issuer, restored.signedBy, restored.replaced],
      [IDENTITY, "localhost", second, null],
    );
    await isWell(host);

    const before = readFileSync(host.cliToml, "utf8");
    const privateKey = readFileSync(host.privateKey, "utf8");
    const previousPublicKey = readFileSync(host.publicKey, "utf8");
    const resigned = await resignCliTomlFile(host.cliToml, { privateKey, previousPublicKey });
    assert.deepEqual([resigned.identity, resigned.signedBy], [IDENTITY, second]);
    assert.ok(!("text" in resigned), "the file has it");
    assert.notEqual(readFileSync(host.cliToml, "utf8"), before);
    await isWell(host);
  });

  it("mend what is unsound", async () => {
    const host = new Host();
    await rotate(host.fleet, local);
    const pair = host.mounted();
    writeFileSync(host.publicKey, generateKeyPair().publicKey);
    await failure(rotate(host.fleet, local), "ERR_MOUNTED_UNSOUND");
    const { runs: planned, afterwards } = await mendAndRotate(host.fleet, {
      ...local,
      dryRun: true,
    });
    assert.deepEqual(
      [planned.map(({ operation }) => operation), afterwards],
      [["resume"], ["local"]],
    );
    const { runs } = await mendAndRotate(host.fleet, local);
    assert.deepEqual(
      runs.map(({ operation, status }) => [operation, status]),
      [
        ["resume", "done"],
        ["rotate", "done"],
      ],
    );
    assert.notEqual(host.mounted(), pair);
    await isWell(host);
  });
});

describe("a run that is stopped", () => {
  it("by a signal that was there before does nothing", async () => {
    const host = new Host();
    const error = await failure(
      rotate(host.fleet, { ...local, signal: AbortSignal.abort() }),
      "ERR_STOPPED",
    );
    assert.equal(error.resumable, false);
    assert.deepEqual(host.pairsIn("kv-local"), []);
  });

  it("by what onEvent throws fails with that", async () => {
    const host = new Host();
    const mine = new Error("mine");
    const onEvent = () => {
      throw mine;
    };
    await assert.rejects(rotate(host.fleet, { ...local, onEvent }), mine);
    await mendAndRotate(host.fleet, local);
    await isWell(host);
  });

  it("at any event is finished by the same call", async () => {
    for (const at of sampleOf(
      Array.from({ length: 20 }, (_, place) => place),
      6,
      () => "event",
    )) {
      const host = new Host();
      const stop = new AbortController();
      let events = 0;
      const onEvent = () => {
        if (events === at) stop.abort();
        events += 1;
      };
      const ended = await rotate(host.fleet, { ...local, onEvent, signal: stop.signal }).catch(
        (error) => error,
      );
      // Its last steps may have been done before it heard of it.
      if (ended.status !== "done") assert.equal(ended.code, "ERR_STOPPED");
      if (ended.resumable) await rotate(host.fleet, local);
      if (host.pairsIn("kv-local").length > 0) await isWell(host);
      assert.ok(host.reachable().has(host.firstPair));
    }
  });
});

describe("a process that is killed", () => {
  const child = join(import.meta.dirname, "support/engine-child.mjs");
  const run = (folder, at) =>
    spawnSync(process.execPath, [child, folder, `${at}`], { encoding: "utf8" });

  it("at any event is followed by one that finishes it", async () => {
    const whole = run(new Host().folder, -1);
    assert.equal(whole.status, 0, whole.stderr);
    const events = Number(whole.stdout);
    assert.ok(events > 20);
    for (const at of sampleOf(
      Array.from({ length: events }, (_, place) => place),
      8,
      () => "event",
    )) {
      const host = new Host();
      const killed = run(host.folder, at);
      assert.equal(killed.signal, "SIGKILL", killed.stderr);
      const between = host.reachable();
      await mendAndRotate(host.fleet, local);
      await isWell(host);
      for (const key of [...between, host.firstPair]) {
        assert.ok(host.reachable().has(key), `a key is lost after event ${at}`);
      }
    }
  });
});

describe("arguments", () => {
  it("are refused by type before anything is done", async () => {
    const { fleet } = new Host();
    for (const wrong of [
      () => rotate(),
      () => rotate({}, local),
      () => rotate({ ...fleet, store: { kind: "s3" } }, local),
      () => rotate(fleet, {}),
      () => rotate(fleet, { environments: [] }),
      () => rotate(fleet, { ...local, typo: 1 }),
      () => rotate(fleet, { ...local, onEvent: 1 }),
      () => rotate(fleet, { ...local, signal: {} }),
      () => sync(fleet, {}),
      () => rollback(fleet),
      () => restoreToken(fleet, {}),
      () => resignCliTomlFile(1, {}),
      () => resignCliTomlFile("a", {}),
      () => verifyFleet({ ...fleet, environments: [] }),
    ]) {
      await assert.rejects(wrong, TypeError);
    }
    for (const [names, code] of [
      [{ environments: { "a b": "kv-a" } }, "ERR_ENVIRONMENT_NAME"],
      [{ environments: { a: "../a" } }, "ERR_CONFIG"],
      [{ groups: [["a"]] }, "ERR_POLICY_GROUPS"],
      [{ secrets: { privateKey: "same", publicKey: "same" } }, "ERR_CONFIG"],
    ]) {
      await failure(verifyFleet({ ...fleet, ...names }), code);
    }
    await failure(rotate(fleet, { environments: ["stage"] }), "ERR_ENVIRONMENT_UNKNOWN");
    await failure(
      rotate({ ...fleet, store: { kind: "az", program: "/no/az" } }, local),
      "ERR_STORE_LOGIN",
    );
  });
});
