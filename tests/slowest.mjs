// Names the slowest tests of a run: `node tests/slowest.mjs LOG…`, each log named suite-NAME.log.
//
// A test that takes more than ten seconds needs a reason: a comment `Slow: …` in the lines above it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const SHOWN = 10;
const LONG = 10;

// Rust's harness, Node's spec reporter, bun's.
const FORMS = [
  { line: /^test (.+?) \.\.\. ok <([\d.]+)s>$/, unit: 1 },
  { line: /^\s*✔ (.+) \(([\d.]+)ms\)$/, unit: 1e-3 },
  { line: /^\(pass\) (.+) \[([\d.]+)ms\]$/, unit: 1e-3 },
];

/** The tests of a log, with their seconds. */
function testsOf(log) {
  const suite = basename(log, ".log").replace(/^suite-/, "");
  return readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) =>
      FORMS.flatMap((form) => {
        const [, name, number] = form.line.exec(line) ?? [];
        return name ? [{ suite, name, seconds: Number(number) * form.unit }] : [];
      }),
    );
}

/** The reason that stands beside a Rust test, if there is one. */
function reason(name) {
  const short = name.split("::").at(-1);
  try {
    const found = execFileSync("git", ["grep", "-h", "-B8", `fn ${short}(`, "--", "*.rs"], {
      encoding: "utf8",
    });
    return /Slow: (.*)/.exec(found)?.[1];
  } catch {
    return undefined;
  }
}

const tests = process.argv.slice(2).flatMap(testsOf);
tests.sort((a, b) => b.seconds - a.seconds);
console.log(`--- the slowest of ${tests.length} tests whose time is known`);
for (const { suite, name, seconds } of tests.slice(0, SHOWN)) {
  const why = seconds > LONG ? (reason(name) ?? "no reason is given") : "";
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${suite}: ${name}${why && `  (${why})`}`);
}
