// Runs the suite on Node and on bun: the same files, and as many tests on each.
//
//   node test/run.mjs [FILE …]
//
// SPACETIME_KEYS_BIN names the program, the second opinion. BUN names bun, if it is not the one in
// node_modules.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** A little under the true number: fewer means that some were not found. */
const MINIMUM = 650;
const folder = import.meta.dirname;
const chosen = process.argv.slice(2).map((file) => resolve(file));
const all = ["", "gateway"].flatMap((inside) =>
  readdirSync(join(folder, inside))
    .filter((name) => name.endsWith(".test.mjs"))
    .map((name) => join(inside, name)),
);
const files = chosen.length ? chosen : all.sort().map((name) => join(folder, name));

const opinion = process.env.SPACETIME_KEYS_BIN;

const runtimes = [
  {
    name: "node",
    command: [process.execPath, "--test", "--test-reporter=spec"],
    /** Of the lines at the end. */
    count: (output, word) =>
      Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, "m"))?.[1] ?? NaN),
    complaints: (output) => output.slice(Math.max(0, output.indexOf("failing tests:"))),
    words: { passed: ["pass"], failed: ["fail", "cancelled", "skipped", "todo"] },
  },
  {
    name: "bun",
    command: [
      process.env.BUN ?? join(folder, "../node_modules/.bin/bun"),
      "test",
      // A test may take minutes on a machine that is busy: what hangs, the one who waits will see.
      "--timeout",
      "600000",
    ],
    /** Of the lines at the end; a word that is not there stands for none. */
    count: (output, word) =>
      Number(output.match(new RegExp(`^ *(\\d+) ${word}s?$`, "m"))?.[1] ?? 0),
    complaints: (output) => output.replaceAll(/^\(pass\).*\n/gm, ""),
    words: { passed: ["pass"], failed: ["fail", "skip", "todo", "error"] },
  },
];

function run({ name, command, complaints, count, words }) {
  const [program, ...args] = command;
  const { error, status, signal, stdout, stderr } = spawnSync(program, [...args, ...files], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    cwd: join(folder, ".."),
    env: { ...process.env, ...(opinion && { SPACETIME_KEYS_BIN: resolve(opinion) }) },
  });
  if (error) throw error;
  const output = `${stdout}\n${stderr}`;
  const sum = (list) => list.reduce((total, word) => total + count(output, word), 0);
  const passed = sum(words.passed);
  // Skipped is not passed.
  const failed = sum(words.failed);
  const ok = status === 0 && failed === 0 && passed > 0;
  if (!ok) console.log(complaints(output), signal ?? "");
  console.log(`${name}: ${passed} passed, ${failed} failed`);
  if (ok) console.log(`test result: ok. ${passed} passed; 0 failed`);
  return { name, passed, ok };
}

const results = runtimes.map(run);
const problems = results.filter(({ ok }) => !ok).map(({ name }) => `${name}: failed`);
for (const { name, passed } of results) {
  if (!chosen.length && passed < MINIMUM) problems.push(`${name}: fewer than ${MINIMUM} tests`);
}
if (new Set(results.map(({ passed }) => passed)).size !== 1) {
  problems.push("Node and bun did not run as many tests");
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
