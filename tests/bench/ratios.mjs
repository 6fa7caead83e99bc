#!/usr/bin/env node
// Runs the library's benchmarks and prints each of our operations as a multiple of the same bare
// work by the libraries below it. Ratios hold from one machine to the next; microseconds do not.
//
//   node tests/bench/ratios.mjs [options of criterion, such as --measurement-time 3]
//   node tests/bench/ratios.mjs --no-run      prints the figures of the last run

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const US = "spacetime-keys";
// docs/internals/design.md, "Speed": at most so many times the bare work.
const GOALS = {
  sign: ["aws-lc-rs", 1.05],
  verify: ["aws-lc-rs", 1.02],
  identity: ["blake3", 1.05],
  // With AVX2 or more; 0.6 with SSE2.
  identities: ["blake3", 0.35],
};

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const options = process.argv.slice(2);
const cargo = (args, stdio) =>
  execFileSync("cargo", args, { cwd: root, stdio, maxBuffer: 1 << 28, encoding: "utf8" });

if (!options.includes("--no-run")) {
  cargo(["bench", "-p", "spacetime-keys-core", "--bench", "core", "--", ...options], "inherit");
}
const metadata = cargo(["metadata", "--no-deps", "--format-version", "1"], "pipe");
const results = join(JSON.parse(metadata).target_directory, "criterion");

/** The median of one benchmark's last run, in nanoseconds. */
function median(group, name) {
  const file = join(results, group, name, "new", "estimates.json");
  return JSON.parse(readFileSync(file, "utf8")).median.point_estimate;
}

for (const group of [
  "sign",
  "verify",
  "parse",
  "fingerprint",
  "identity",
  "identities",
  "resign",
]) {
  const names = readdirSync(join(results, group)).filter((name) => name !== "report");
  const ours = median(group, US);
  console.log(`${group}: ${(ours / 1000).toFixed(3)} µs`);
  for (const name of names.filter((name) => name !== US)) {
    const bare = median(group, name);
    const [goalName, goal] = GOALS[group] ?? [];
    const verdict =
      name === goalName ? `  goal ${goal} ${ours / bare <= goal ? "met" : "MISSED"}` : "";
    const ratio = (ours / bare).toFixed(3).padStart(8);
    console.log(`  ${ratio} × ${name.padEnd(16)} ${(bare / 1000).toFixed(3)} µs${verdict}`);
  }
}
