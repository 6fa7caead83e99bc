// Makes docs/internals/figures.md from what a run printed:
//
//   ./tests/run --real-server | tee log; node tests/figures.mjs log [log of suites that were run again]
//
// Figures of test runs stand on that page and on no other, so none is out of date without being seen.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const PAGE = new URL("../docs/internals/figures.md", import.meta.url);

/** What one run printed: its suites, and its last lines. */
function read(log) {
  const [, table] = /^--- suites\n([\s\S]*)/m.exec(log) ?? [];
  const rows = [...(table ?? "").matchAll(/^ *(\d+) s +(\d+) tests {2}([\w-]+)$/gm)];
  const [, sample, seed] =
    /^\d+ s; sample: (\w+), SPACETIME_KEYS_TEST_SEED=(\d+)$/m.exec(log) ?? [];
  if (rows.length === 0 || seed === undefined || !/^total: /m.test(log)) {
    throw new Error("this is not what ./tests/run prints to its end");
  }
  return { rows, sample, seed };
}

/**
 * @param {string[]} logs The first is of a whole run; in the others are suites that were run again after it.
 * @param {string} commit @returns {string} The page. @throws Where a suite passed in none of them.
 */
export function page(logs, commit) {
  const runs = logs.map(read);
  const suites = new Map(runs.flatMap(({ rows }) => rows.map((row) => [row[3], row])));
  const failed = [...suites].filter(([, [, , tests]]) => tests === "0").map(([name]) => name);
  if (failed.length > 0) throw new Error(`failed: ${failed.join(", ")}`);
  const rows = [...suites.values()];
  const total = rows.reduce((sum, [, , tests]) => sum + Number(tests), 0);
  const again = runs.slice(1).flatMap((run) => run.rows.map((row) => `\`${row[3]}\``));
  const note = again.length > 0 ? ` After a failure there, run again: ${again.join(", ")}.` : "";
  return `# Figures of a test run

Written by \`tests/figures.mjs\` from what \`./tests/run\` printed at commit \`${commit}\`: ${total} tests in
${rows.length} suites, sample \`${runs[0].sample}\`, seed ${runs[0].seed}.${note} The seconds are those of one machine, and two
suites run at a time.

| suite | tests | seconds |
|---|---|---|
${rows.map(([, time, tests, name]) => `| ${name} | ${tests} | ${time} |`).join("\n")}
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const commit = execFileSync("git", ["rev-parse", "--short=7", "HEAD"], { encoding: "utf8" });
  writeFileSync(
    PAGE,
    page(
      process.argv.slice(2).map((log) => readFileSync(log, "utf8")),
      commit.trim(),
    ),
  );
}
