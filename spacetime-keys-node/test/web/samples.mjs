// Tokens for `checkToken`, as `check` vectors.

import { execFileSync } from "node:child_process";

import { measuredVerdicts } from "../support/files.mjs";

const COUNT = 10_000;

/** What was measured on servers, asked of all of them. */
export function measured() {
  const { samples, publicKey } = measuredVerdicts();
  const verdicts = { 1.2: null, 2.8: null, 2.14: null };
  return samples.map(({ case: name, token, now }) => ({ name, token, now, publicKey, verdicts }));
}

/** Tokens of the oracle's generator. `program`: its `samples`. */
export function generated(program) {
  const seed = process.env.SPACETIME_KEYS_TEST_SEED ?? "1";
  console.log(`${COUNT} tokens, SPACETIME_KEYS_TEST_SEED=${seed}`);
  const maxBuffer = 1 << 30;
  const lines = execFileSync(program, [seed, String(COUNT)], { encoding: "utf8", maxBuffer });
  return lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
