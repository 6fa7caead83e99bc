#!/usr/bin/env node
// Minting, verifying and checking tokens beside other JWT libraries, as ratios. `jsonwebtoken` takes
// one of its backends a process, so there are two runs; each has our own figure of the same run.
//
//   node tests/bench/peers.mjs [options of criterion, such as --measurement-time 3]

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const US = "spacetime-keys";
const home = join(dirname(fileURLToPath(import.meta.url)), "peers");
const cargo = (args, options) =>
  execFileSync("cargo", args, { cwd: home, maxBuffer: 1 << 28, encoding: "utf8", ...options });

const metadata = cargo(["metadata", "--no-deps", "--format-version", "1"]);
const results = join(JSON.parse(metadata).target_directory, "criterion");

/** The median of one benchmark's last run, in nanoseconds. */
function median(group, name) {
  const file = join(results, group, name, "new", "estimates.json");
  return JSON.parse(readFileSync(file, "utf8")).median.point_estimate;
}

for (const backend of ["aws_lc_rs", "rust_crypto"]) {
  const options = ["bench", "--locked", "--bench", "peers", "--", ...process.argv.slice(2)];
  cargo(options, { stdio: "inherit", env: { ...process.env, BACKEND: backend } });
  for (const group of ["mint", "verify-token", "check"]) {
    const ours = median(group, US);
    console.log(`${group}: ${(ours / 1000).toFixed(1)} µs`);
    for (const name of readdirSync(join(results, group))) {
      const ofThisRun = name === "jwt-simple" || name === `jsonwebtoken-${backend}`;
      if (!ofThisRun) continue;
      const peer = median(group, name);
      console.log(
        `  ${(ours / peer).toFixed(2).padStart(6)} × ${name.padEnd(26)} ${(peer / 1000).toFixed(1)} µs`,
      );
    }
  }
}
