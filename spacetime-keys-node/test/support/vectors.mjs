// The vectors in tests/vectors, as this package runs them.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { checkKeysError } from "./errors.mjs";
import { repository } from "./files.mjs";

const folder = join(repository, "tests/vectors");

export const vectorFiles = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => name.slice(0, -".jsonl".length))
    .sort();

const linesOf = (path) => readFileSync(path, "utf8").trimEnd().split("\n");

/** The vectors of a file that this package runs. */
export const linesOfVectors = (file) =>
  linesOf(join(folder, `${file}.jsonl`))
    .map((line) => JSON.parse(line))
    .filter(({ faces }) => !faces || faces.includes("node"));

/** Runs each vector of a file. `run` gives the members that the vector must have, or throws. */
export function eachVector(file, run) {
  const lines = linesOf(join(folder, `${file}.jsonl`));
  let ran = 0;
  for (const line of lines) {
    const vector = JSON.parse(line);
    if (vector.faces && !vector.faces.includes("node")) continue;
    const context = `${file}: ${vector.name}`;
    check(vector, run, context);
    ran += 1;
  }
  const others = lines.filter((line) => line.includes('"faces":') && !line.includes('"node"'));
  assert.ok(ran > 0, `${file}: no vector ran`);
  assert.equal(ran, lines.length - others.length, `${file}: vectors that ran`);
}

function check(vector, run, context) {
  let found;
  try {
    found = run(vector);
  } catch (error) {
    if (error.code === "ERR_ASSERTION") throw error;
    checkKeysError(error, vector.error, context);
    assert.ok(vector.error, `${context}: is not refused: ${error.code}`);
    assert.ok(error.message.includes(vector.says ?? ""), `${context}: ${error.message}`);
    return;
  }
  assert.equal(vector.error, undefined, `${context}: is refused`);
  for (const [name, value] of Object.entries(found)) {
    assert.deepEqual(value, vector[name], `${context}: ${name}`);
  }
}

/** The fields of a vector that are options of a call. */
export const options = (vector, ...names) =>
  Object.fromEntries(names.filter((name) => name in vector).map((name) => [name, vector[name]]));

/** As they stand in a token, by name. */
export function both(token) {
  const [header, payload] = token
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString());
  return { header, payload };
}
