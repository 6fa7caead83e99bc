#!/usr/bin/env node
// Times `spacetime-keys verify` of four pairs, as a process, against the OpenSSL commands that a
// shell script would run for the same (the self-hosting guide's "verification commands"), in one run.
//
//   node tests/bench/verify.mjs

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROUNDS = 40;
const GOAL = 25;
const ENVIRONMENTS = ["prod", "test", "dev", "local"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const cargo = (...args) => execFileSync("cargo", args, { cwd: root, encoding: "utf8" });
cargo("build", "--release", "--quiet", "-p", "spacetime-keys-cli");
const target = JSON.parse(cargo("metadata", "--no-deps", "--format-version", "1")).target_directory;
const program = join(target, "release", "spacetime-keys");

const host = mkdtempSync(join(tmpdir(), "spacetime-keys-bench-"));
const run = (command, args) => {
  const result = spawnSync(command, args, { cwd: host, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr}`);
  return result;
};

try {
  run(program, ["rotate", "--env", "all", "--yes"]);
  // The guide's three checks of a pair, command for command: structure, parity, fingerprint.
  const script = ENVIRONMENTS.map((environment) => {
    const value = (secret) =>
      `.spacetime-keys/kv-${environment}/spacetimedb-jwt-${secret}-key/00000001/value`;
    return `
      openssl pkey -in ${value("private")} -noout
      openssl pkey -pubin -in ${value("public")} -noout
      openssl pkey -in ${value("private")} -pubout -out derived.pub
      openssl pkey -pubin -in ${value("public")} -outform PEM > a
      openssl pkey -pubin -in derived.pub -outform PEM > b
      cmp -s a b
      openssl pkey -pubin -in ${value("public")} -outform DER | openssl dgst -sha256 > fingerprint`;
  }).join("\n");
  writeFileSync(join(host, "verify.sh"), `set -e\n${script}\n`);

  const time = (command, args) => {
    const started = process.hrtime.bigint();
    run(command, args);
    return Number(process.hrtime.bigint() - started) / 1e6;
  };
  const ours = [];
  const theirs = [];
  // One after the other, so that a slow moment of the machine hits both.
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(time(program, ["verify", "--json"]));
    theirs.push(time("sh", ["verify.sh"]));
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const [us, them] = [median(ours), median(theirs)];
  const ratio = them / us;
  console.log(`verify of four pairs: ${us.toFixed(2)} ms; by openssl: ${them.toFixed(2)} ms`);
  console.log(`  ${ratio.toFixed(1)} × faster; goal ${GOAL} ${ratio >= GOAL ? "met" : "MISSED"}`);

  const memory = spawnSync("/usr/bin/time", ["-f", "%M", program, "verify", "--json"], {
    cwd: host,
    encoding: "utf8",
  });
  const kib = Number(memory.stderr?.trim());
  console.log(
    `peak memory: ${kib ? `${(kib / 1024).toFixed(1)} MiB` : "unknown (no /usr/bin/time)"}`,
  );
  console.log(`binary: ${(statSync(program).size / 1e6).toFixed(1)} MB`);
} finally {
  rmSync(host, { recursive: true, force: true });
}
