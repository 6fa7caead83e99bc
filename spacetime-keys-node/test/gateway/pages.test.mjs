// What the pages show of the example's files is in these files, to the letter; and every file of it is named.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { packageFolder, read } from "../support/files.mjs";

const example = join(packageFolder, "examples/gateway");
const pages = {
  "docs/gateway.md": join(packageFolder, "../docs/gateway.md"),
  "the README": join(example, "README.md"),
};

/** Fenced blocks that name a file behind their language. */
function blocks(text) {
  return [...text.matchAll(/^```js (?<file>\S+)\n(?<code>.*?)^```$/gms)].map(
    ({ groups }) => groups,
  );
}

describe("pages of the gateway", () => {
  for (const [name, path] of Object.entries(pages)) {
    it(`show what stands in the files: ${name}`, () => {
      const shown = blocks(read(path));
      assert.ok(shown.length >= 4, `${shown.length} blocks`);
      for (const { file, code } of shown) {
        assert.ok(read(join(example, file)).includes(code), `${name}: ${file}\n${code}`);
      }
    });
  }

  it("name every file of the example", () => {
    const text = read(pages["the README"]);
    // What the bundling writes is no file of ours.
    const files = readdirSync(example).filter((file) => file !== "bindings.mjs");
    for (const file of files) assert.ok(text.includes(file), file);
    for (const file of readdirSync(join(example, "adapters"))) {
      assert.ok(text.includes(`adapters/${file}`), file);
    }
  });

  it("can be wrong", () => {
    const [block] = blocks("```js a.mjs\nwrong\n```\n");
    assert.deepEqual({ ...block }, { file: "a.mjs", code: "wrong\n" });
    assert.deepEqual(blocks("```js\nno file\n```\n"), []);
  });
});
