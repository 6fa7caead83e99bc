// Runs the tests of the bun script, each file in a process of its own: `node test/tooling/run.mjs`.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A little under the true number: fewer means that some were not found. */
const MINIMUM = 80;

const folder = import.meta.dirname;
const root = join(folder, "../..");
const bun = join(root, "node_modules/.bin/bun");
const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
let passed = 0;
const failed = [];
for (const file of files) {
  const { status, stderr } = spawnSync(bun, ["test", join(folder, file)], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  process.stdout.write(stderr);
  const count = Number(/^ *(\d+) pass$/m.exec(stderr)?.[1] ?? 0);
  if (status !== 0 || count === 0) failed.push(file);
  passed += count;
}
if (failed.length > 0) {
  console.error(`failed, or no test ran: ${failed.join(", ")}`);
  process.exit(1);
}
if (passed < MINIMUM) {
  console.error(`only ${passed} tests ran, at least ${MINIMUM} should`);
  process.exit(1);
}
console.log(`test result: ok. ${passed} passed; 0 failed`);
