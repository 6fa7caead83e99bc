#!/usr/bin/env node
// The package beside other libraries, on Node and on bun, as ratios with the design's goals.
//
//   npm run bench
//   node bench/run.mjs [--runtime node|bun] [--only sign,verify] [--rounds 200] [--json FILE]
//
// A missed goal is no error; a wrong answer of anybody is.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { addons } from "./addon.mjs";
import { report, reportProcessors, reportSize, reportStart } from "./report.mjs";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: ["node", "bun"] },
    only: { type: "string" },
    rounds: { type: "string" },
    json: { type: "string" },
  },
});

const runtimes = {
  node: process.execPath,
  bun: fileURLToPath(new URL("../node_modules/.bin/bun", import.meta.url)),
};
const STARTS = 7;

/** Runs a file of this folder on a runtime; it prints JSON. */
function run(runtime, name, options = []) {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const { status, stdout, error } = spawnSync(runtimes[runtime], [file, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) process.exit(1);
  return JSON.parse(stdout);
}

const options = ["only", "rounds"].flatMap((name) => {
  return values[name] ? [`--${name}`, values[name]] : [];
});
const results = [];
for (const runtime of values.runtime) {
  const result = run(runtime, "suite.mjs", options);
  result.processors = run(runtime, "processors.mjs");
  result.starts = Array.from({ length: STARTS }, () => run(runtime, "start.mjs"));
  results.push(result);
  console.log(`${report(result)}\n\n${reportStart(result)}\n`);
  console.log(`${reportProcessors(result)}\n`);
}
for (const addon of addons(new URL("../", import.meta.url))) console.log(reportSize(addon));
if (values.json) writeFileSync(values.json, JSON.stringify(results));
