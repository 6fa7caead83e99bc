// Makes docs/internals/figures.md from what a run printed:
//
//   ./tests/run --real-server | tee log; node tests/figures.mjs log
//
// Figures of test runs stand on that page and on no other, so none is out of date without being seen.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const PAGE = new URL("../docs/internals/figures.md", import.meta.url);

/** @param {string} log @returns {string} The page. @throws Where the run is not whole, or a suite failed. */
export function page(log, commit) {
  const [, table] = /^--- suites\n([\s\S]*)/m.exec(log) ?? [];
  const rows = [...(table ?? "").matchAll(/^ *(\d+) s +(\d+) tests {2}([\w-]+)$/gm)];
  const [, seconds, sample, seed] =
    /^(\d+) s; sample: (\w+), SPACETIME_KEYS_TEST_SEED=(\d+)$/m.exec(log) ?? [];
  const [, passed, failed] = /^total: (\d+) passed, (\d+) failed$/m.exec(log) ?? [];
  if (rows.length === 0 || seed === undefined || passed === undefined) {
    throw new Error("this is not what a whole run of ./tests/run prints");
  }
  if (failed !== "0") throw new Error(`${failed} suites failed`);
  return `# Figures of a test run

Written by \`tests/figures.mjs\` from what \`./tests/run\` printed at commit \`${commit}\`: ${passed} tests in
${rows.length} suites, ${seconds} seconds, sample \`${sample}\`, seed ${seed}. The seconds are those of one machine, and two suites run
at a time.

| suite | tests | seconds |
|---|---|---|
${rows.map(([, time, tests, name]) => `| ${name} | ${tests} | ${time} |`).join("\n")}
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const commit = execFileSync("git", ["rev-parse", "--short=7", "HEAD"], { encoding: "utf8" });
  writeFileSync(PAGE, page(readFileSync(process.argv[2], "utf8"), commit.trim()));
}
