#!/usr/bin/env node
// Times `scan` and `token recover` on the same files as `rg -a` (Debian's ripgrep) with a pattern for
// one UUID, in one run, one after the other.
//
//   node tests/bench/search.mjs [FOLDER]      default: files that are made for it, 1 GB

import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROUNDS = 7;
const GOAL = 2;
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
// Nobody's.
const IDENTITY = "c20038f8ee4225907aa93647132aac50593f685e0824e2902cc4b81ed2ff9efd";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const cargo = (...args) => execFileSync("cargo", args, { cwd: root, encoding: "utf8" });
/** The program of this build, or that which SPACETIME_KEYS_PROGRAM names. */
function built() {
  cargo("build", "--release", "--quiet", "-p", "spacetime-keys-cli");
  const metadata = cargo("metadata", "--no-deps", "--format-version", "1");
  return join(JSON.parse(metadata).target_directory, "release", "spacetime-keys");
}
const program = process.env.SPACETIME_KEYS_PROGRAM ?? built();
if (spawnSync("rg", ["--version"]).error)
  throw new Error("this needs ripgrep (apt install ripgrep)");

const host = mkdtempSync(join(tmpdir(), "spacetime-keys-bench-"));

/** Log lines with a UUID now and then, binary rows, and base64: 256 MB of each kind. */
function make(folder) {
  mkdirSync(folder, { recursive: true });
  const lines = [];
  for (let line = 0; line < 40_000; line++) {
    const id =
      line % 50
        ? `client ${line}`
        : `0000${(line + 4096).toString(16)}-0000-4000-8000-000000000000`.slice(-36);
    lines.push(
      `2026-11-30T09:00:00.${line} INFO subscribe database=app ${id} GET /v1/database/app 200 issued token key\n`,
    );
  }
  const pieces = {
    log: Buffer.from(lines.join("")),
    rows: Buffer.concat([
      randomBytes(2 << 20),
      Buffer.alloc(1 << 20),
      Buffer.from("player score ".repeat(80_000)),
    ]),
    base64: Buffer.from(
      randomBytes(3 << 20)
        .toString("base64")
        .replace(/(.{76})/g, "$1\n"),
    ),
    random: randomBytes(4 << 20),
  };
  for (const [name, piece] of Object.entries(pieces)) {
    for (let size = 0; size < 256e6; size += piece.length)
      appendFileSync(join(folder, name), piece);
  }
}

try {
  const given = process.argv[2];
  const folder = given ?? join(host, "files");
  if (!given) make(folder);
  const time = (command, args, statuses) => {
    const started = process.hrtime.bigint();
    const { status, stderr } = spawnSync(command, args, {
      cwd: host,
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    if (!statuses.includes(status))
      throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
    return ms;
  };
  const works = {
    "rg -a, one pattern, one thread": () =>
      time("rg", ["-a", "-c", "-j1", "-uuu", UUID, folder], [0, 1]),
    "rg -a, one pattern": () => time("rg", ["-a", "-c", "-uuu", UUID, folder], [0, 1]),
    scan: () => time(program, ["scan", "-q", folder], [0, 1]),
    "token recover": () =>
      time(program, ["token", "recover", "-q", "--identity", IDENTITY, folder], [1]),
  };
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  // The first round warms the page cache. Then one after the other, so that a slow moment hits all.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) {
      const ms = work();
      if (round > 0) times[name].push(ms);
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const [one, all] = Object.keys(works).map((name) => median(times[name]));
  for (const name of Object.keys(works)) {
    const ms = median(times[name]);
    const ratio = ms / all;
    const verdict = name.startsWith("rg")
      ? ""
      : `; goal ${GOAL} ${ratio <= GOAL ? "met" : "MISSED"}`;
    console.log(
      `${name}: ${ms.toFixed(0)} ms, × rg ${ratio.toFixed(2)}, × one thread of it ${(ms / one).toFixed(2)}${verdict}`,
    );
  }
} finally {
  rmSync(host, { recursive: true, force: true });
}
