// Threads, processes and the garbage collector: the addon is loaded and left in every way.

import assert from "node:assert/strict";
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { Signer, Verifier, deriveIdentity } from "spacetime-keys";

import { ec } from "./support/keys.mjs";
import { settledRss } from "./support/memory.mjs";
import { sampleSize } from "./support/sample.mjs";

const worker = new URL("./support/worker.mjs", import.meta.url);
const script = (name) => fileURLToPath(new URL(`./support/${name}.mjs`, import.meta.url));
const env = { ...process.env, TEST_KEY: ec.privateKey };
const start = (task) => new Worker(worker, { workerData: { task, privateKey: ec.privateKey } });

describe("worker threads", () => {
  it("use the addon at once, each its own", async () => {
    const workers = Array.from({ length: 8 }, () => start("work"));
    const messages = await Promise.all(workers.map((each) => once(each, "message")));
    for (const [index, [tokens]] of messages.entries()) {
      const results = new Verifier(ec.publicKey).verifyMany(tokens);
      assert.ok(results.length === 200 && results.every(({ ok }) => ok), `worker ${index}`);
    }
    await Promise.all(workers.map((each) => each.terminate()));
    assert.match(deriveIdentity("a", "b"), /^c200/, "the main thread works on");
  });

  it("may come and go again and again", async () => {
    for (let round = 0; round < sampleSize(10, 50); round += 1) {
      const each = start("once");
      const [[identity], [code]] = await Promise.all([once(each, "message"), once(each, "exit")]);
      assert.equal(identity, deriveIdentity("localhost", "a"), `round ${round}`);
      assert.equal(code, 0, `round ${round}: it ends by itself`);
    }
  });

  it("may be ended in the midst of a call", async () => {
    for (let round = 0; round < sampleSize(4, 10); round += 1) {
      const each = start("loop");
      await once(each, "message");
      await each.terminate();
    }
    assert.ok(new Signer(ec.privateKey).sign({ iss: "a", sub: "b" }), "the main thread works on");
  });

  it("may be ended while work goes on off their thread", async () => {
    for (let round = 0; round < sampleSize(4, 10); round += 1) {
      const each = start("async");
      await once(each, "message");
      await each.terminate();
    }
    const tokens = await new Signer(ec.privateKey).signManyAsync([{ iss: "a", sub: "b" }]);
    assert.equal(tokens.length, 1, "the main thread's pool works on");
  });
});

describe("processes", () => {
  const run = (name, ...args) =>
    spawnSync(process.execPath, [script(name), ...args], { env, encoding: "utf8" });

  it("may end in the midst of work off the thread", () => {
    for (let round = 0; round < 5; round += 1) {
      const { status, signal, stderr } = run("process", "exit");
      assert.deepEqual([status, signal], [7, null], `round ${round}: ${stderr}`);
    }
  });

  it("wait for work off the thread, and end by themselves then", () => {
    const { status, signal, stdout, stderr } = run("process", "wait");
    assert.deepEqual([status, signal], [0, null], stderr);
    assert.equal(stdout.trim(), "5000", "the work was done");
  });

  it("fail with a stack, and no key in it, where an error is not caught", () => {
    const { status, stderr } = run("process", "uncaught");
    assert.equal(status, 1, "an uncaught error");
    assert.match(stderr, /ERR_CLAIM_MISSING/, "is shown with its code");
    assert.doesNotMatch(stderr, /BEGIN|PRIVATE|privateKey/, "and nothing else");
  });

  it("may be forked", async () => {
    const child = fork(script("process"), ["fork"], { env });
    const ended = once(child, "exit");
    child.send({ iss: "localhost", sub: "a" });
    // One that ends early has no message, and should not be waited for.
    const early = ended.then((how) => assert.fail(`it ends before it answers: ${how}`));
    const [token] = await Promise.race([once(child, "message"), early]);
    assert.ok(new Verifier(ec.publicKey).verify(token), "a token of the child's");
    child.disconnect();
    const [code, signal] = await ended;
    assert.deepEqual([code, signal], [0, null], "it ends by itself");
  });
});

describe("the garbage collector", () => {
  it("frees keys that nobody holds any more", async () => {
    const make = (count) => {
      for (let index = 0; index < count; index += 1) {
        new Signer(ec.privateKey);
        new Verifier(ec.publicKey, { cache: 10 });
      }
    };
    make(2000);
    const before = await settledRss();
    for (let round = 0; round < 5; round += 1) {
      make(2000);
      await settledRss();
    }
    const growth = (await settledRss()) - before;
    // 10,000 of each, kept, are over 60 MB.
    assert.ok(growth < 25, `10,000 keys more: ${growth.toFixed(1)} MB`);
  });

  it("keeps a key as long as work off the thread needs it", async () => {
    const promises = [];
    for (let round = 0; round < 20; round += 1) {
      const claims = Array.from({ length: 50 }, (_, index) => ({ iss: "a", sub: `${index}` }));
      promises.push(new Signer(ec.privateKey).signManyAsync(claims));
    }
    await settledRss();
    const verifier = new Verifier(ec.publicKey);
    for (const tokens of await Promise.all(promises)) {
      assert.ok(
        verifier.verifyMany(tokens).every(({ ok }) => ok),
        "each token is good",
      );
    }
  });
});
