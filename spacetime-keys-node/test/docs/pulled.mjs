// Code in the pages that is a file's: a block that names a file has that file's text.
//
//   node test/docs/pulled.mjs            compares
//   node test/docs/pulled.mjs --write    writes the items into the pages again
//
// ```rust file=PATH item=NAME,NAME     these items of the file, with what is written above them
// ```rust file=PATH                    lines of it, as they follow one another; never written
//
// PATH begins at the repository. An item begins in the first column, and so does its end.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { check, finish } from "../real-server/support/checks.mjs";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDERS = ["docs", "spacetime-keys-node/examples"];
const BLOCK =
  /^```(?<language>\w+) file=(?<file>\S+)(?: item=(?<items>\S+))?\n(?<code>.*?)^```$/gms;

const WORDS = "pub|pub\\(crate\\)|export|default|async|unsafe";
const KINDS = "fn|struct|enum|trait|type|const|static|mod|function\\*?|class|let|interface";
/** What may stand above an item and belong to it: comments and attributes. */
const ABOVE = /^(\/\/|#\[|@|\/\*\*| \*)/;
/** An item's last line. */
const END = /^[)\]}]+[;,]?$|^\S.*;$|^\S.*\{\}$/;

function read(path) {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

/** An item's text, with its last line's end. */
export function item(text, name) {
  const lines = text.split("\n");
  const quoted = name.replace(/[$]/g, "\\$&");
  const begins = new RegExp(`^(?:(?:${WORDS}) )*(?:${KINDS}) ${quoted}\\b`);
  const at = lines.findIndex((line) => begins.test(line));
  assert.ok(at >= 0, `no item is named ${name}`);
  let first = at;
  while (first > 0 && ABOVE.test(lines[first - 1])) first -= 1;
  const last = lines.findIndex((line, number) => number >= at && END.test(line));
  assert.ok(last >= 0, `${name} has no end`);
  return `${lines.slice(first, last + 1).join("\n")}\n`;
}

/** What a block must have, by what it has: the same, or an error that says why not. */
export function pulled({ file, items, code }, text) {
  if (items !== undefined)
    return items
      .split(",")
      .map((name) => item(text, name))
      .join("\n");
  assert.ok(`\n${text}`.includes(`\n${code}`), `${file} has no such lines`);
  return code;
}

function pages(folder) {
  return readdirSync(join(REPOSITORY, folder), { recursive: true })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join(folder, name));
}

function write(page) {
  const text = read(page);
  const written = text.replaceAll(BLOCK, (block, ...rest) => {
    const groups = rest.at(-1);
    const head = block.slice(0, block.indexOf("\n") + 1);
    return `${head}${pulled(groups, read(groups.file))}\`\`\``;
  });
  if (written === text) return;
  writeFileSync(join(REPOSITORY, page), written);
  console.log(`written: ${page}`);
}

async function compare(page) {
  const text = read(page);
  for (const { index, groups } of text.matchAll(BLOCK)) {
    const line = text.slice(0, index).split("\n").length;
    await check(`${relative(".", page)}:${line}`, () => {
      assert.equal(groups.code, pulled(groups, read(groups.file)));
    });
  }
}

const all = FOLDERS.flatMap(pages);
if (process.argv[2] === "--write") {
  all.forEach(write);
} else {
  await check("a block that differs is found", () => {
    const file = "use a;\n\n/// Doc.\n#[x]\npub fn one() {\n    1\n}\n\nconst TWO: u8 = 2;\n";
    const block = (code, items) => ({ file: "f", code, items });
    assert.equal(pulled(block("", "one"), file), "/// Doc.\n#[x]\npub fn one() {\n    1\n}\n");
    assert.equal(pulled(block("", "TWO,one"), file).split("\n")[0], "const TWO: u8 = 2;");
    assert.equal(pulled(block("pub fn one() {\n    1\n"), file), "pub fn one() {\n    1\n");
    assert.throws(() => pulled(block("pub fn one() {\n    2\n"), file), /no such lines/);
    assert.throws(() => pulled(block("fn one() {\n"), file), /no such lines/);
    assert.throws(() => pulled(block("", "three"), file), /no item/);
  });
  for (const page of all) await compare(page);
  finish(8);
}
