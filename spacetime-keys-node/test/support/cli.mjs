// The program as the second opinion.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { temporaryFolder } from "./files.mjs";

const program = process.env.SPACETIME_KEYS_BIN;
let emptyFolder;

/**
 * Runs the program. What is secret goes through `input` or a file, never through `args`.
 *
 * @returns Its exit code and what it wrote: the JSON document, or the text with `json: false`.
 */
export function cli(args, { input = "", json = true, folder } = {}) {
  assert.ok(program, "SPACETIME_KEYS_BIN must name the program: it is the second opinion");
  emptyFolder ??= temporaryFolder();
  const run = spawnSync(program, json ? [...args, "--json"] : args, {
    cwd: folder ?? emptyFolder,
    encoding: "utf8",
    input,
    maxBuffer: 64 << 20,
  });
  // A program that refuses before it has read all of its input has run all the same: Node tells of
  // the broken pipe beside the exit code (bun does not).
  const hasEnded = run.error?.code === "EPIPE" && run.status !== null;
  assert.ok(!run.error || hasEnded, `the program starts and ends: ${args.join(" ")}: ${run.error}`);
  assert.ok(run.status <= 4, `the program ends as documented: ${run.stderr}`);
  const out = json ? JSON.parse(run.stdout) : run.stdout;
  assert.notEqual(out.error?.code, "ERR_USAGE", `its usage is met: ${args.join(" ")}`);
  return { exit: run.status, out };
}

/** The program's `snake_case` fields as the package's `camelCase`, at every depth. */
export function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  const name = (field) => field.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [name(key), camel(item)]));
}

/** Only the fields of `shape`: the program may say more. */
export const pick = (value, ...fields) =>
  Object.fromEntries(fields.map((field) => [field, value[field]]));
