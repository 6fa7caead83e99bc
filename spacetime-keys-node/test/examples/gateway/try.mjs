// The example's one command, as somebody runs it who has just cloned: `node test/examples/gateway/try.mjs node` (or
// `… bun`).

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { check, finish } from "../../real-server/support/checks.mjs";
import { run, start, stop, temporaryFolder } from "../../real-server/support/processes.mjs";
import { EXAMPLE } from "./world.mjs";

const runtime = process.argv[2];
const command = [join(EXAMPLE, "try"), runtime];
// Where it puts its own folder, and nothing else does.
const folder = temporaryFolder("spacetime-keys-try-");
const options = { cwd: "/", env: { ...process.env, TMPDIR: folder } };

await check("it says what it wants", () => {
  for (const args of [[], ["deno"], [runtime, "--other"], [runtime, "--stay", "more"]]) {
    const { status, stderr } = run([command[0], ...args], options);
    assert.deepEqual([status, stderr], [2, "usage: ./try node|bun [--stay]\n"]);
  }
});

await check("it ends with a smoke client that is content, and leaves nothing behind", () => {
  const { status, stdout, output } = run(command, options);
  assert.equal(status, 0, output);
  assert.equal(stdout.trim().split("\n").at(-1), "all is well");
  assert.doesNotMatch(output, /eyJ|sk_importer|PRIVATE KEY/);
  assert.deepEqual(readdirSync(folder), []);
});

await check("with --stay there is a page to look at, until it is stopped", async () => {
  const stdio = ["ignore", "pipe", "inherit"];
  const started = start([...command, "--stay"], { ...options, stdio });
  let url;
  for await (const line of createInterface({ input: started.child.stdout })) {
    url = line.match(/^The page: (\S+\/) /)?.[1];
    if (url) break;
  }
  const page = await (await fetch(url)).text();
  assert.match(page, /<title>Documents<\/title>/);
  await stop(started, "SIGTERM");
  assert.equal(started.child.exitCode, 130);
  await assert.rejects(fetch(url), "the gateway has gone");
  assert.deepEqual(readdirSync(folder), []);
});

finish(3);
