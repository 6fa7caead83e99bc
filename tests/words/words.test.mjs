// The word list's own tests: `node --test tests/words/words.test.mjs`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { measure, sentences, syllables } from "./measure.mjs";
import { found, textsOf, wordList } from "./texts.mjs";

const list = wordList(readFileSync(new URL("list.txt", import.meta.url), "utf8"));

/** The words found in a file of this name, with their lines. */
function uses(path, source) {
  return textsOf(path, source)
    .flatMap((text) => found(text, list))
    .map(({ line, word }) => `${line} ${word}`);
}

test("a word is found in each kind of page, across lines and in any case", () => {
  const page =
    "# Anew\n\nText `that\ngoes` on unless\ntold.\n\n- mended\n- fine\n\n| a | void |\n|---|---|\n> heed\n";
  assert.deepEqual(uses("docs/a.md", page), [
    "1 Anew",
    "4 unless told",
    "7 mended",
    "10 void",
    "12 heed",
  ]);
});

test("code, links' addresses and comments of a page are not read", () => {
  const page =
    "```sh\nsign anew\n```\n\n~~~text\nanew\n~~~\n\n`anew`, ``a ` anew``, [x](anew.md) <!-- anew -->\n[a]: anew\n";
  assert.deepEqual(uses("docs/a.md", page), []);
  assert.deepEqual(uses("docs/a.md", "````md\n```\nanew\n````\nanew\n"), ["5 anew"]);
  assert.deepEqual(uses("docs/a.md", "[sign anew](x)"), ["1 anew"]);
});

test("a part of a word is none", () => {
  assert.deepEqual(uses("docs/a.md", "avoid the renewal, recommend and standalone, re-mend"), []);
});

test("what is left alone stays, alone for only does not", () => {
  assert.deepEqual(uses("docs/a.md", "Files are left alone; leave it alone. By name alone."), [
    "1 alone",
  ]);
});

test("Rust: comments and messages are read, code is not", () => {
  const source = [
    "//! Made anew.", // 1
    "/// Long: it is", // 2
    "/// void.", // 3
    "fn mend<'a>(anew: &'a str) -> char { '\"' }", // 4
    'let a = "sign \\', // 5
    '    it anew"; // whoever', // 6
    'let b = r#"a "raw" word, void"#; let c = b"anew";', // 7
    "/* heed */ let d = '\\''; let e = \"void\";", // 8
    "#[cfg(test)]",
    "mod tests {",
    '    const BAD: &str = "sign it anew";',
    "}",
  ].join("\n");
  const expected = ["1 anew", "3 void", "5 anew", "6 whoever", "7 void", "8 heed"];
  assert.deepEqual(uses("a/src/lib.rs", source), expected);
});

test("JavaScript: comments and messages are read, code and patterns are not", () => {
  const source = [
    "const a = /[\"'/]anew /; // anew",
    "const b = c / 2; const d = `sign $" + "{x} anew`;",
    "void mend('anew', \"is it void\");",
    "/** Made\n * anew. @param {() => void} stop Ends. */",
  ].join("\n");
  assert.deepEqual(uses("a/lib/x.js", source), ["1 anew", "2 anew", "3 void", "5 anew"]);
});

test("a test's comments are read, its strings are not", () => {
  assert.deepEqual(uses("a/tests/suite/x.rs", '// void\nlet a = "made anew";'), ["1 void"]);
  assert.deepEqual(uses("a/test/x.test.mjs", '// void\nlet a = "made anew";'), ["1 void"]);
});

test("shell, YAML and TOML: comments are read, by name or by the first line", () => {
  assert.deepEqual(uses("a.toml", "# anew\nanew = 1\n"), ["1 anew"]);
  assert.deepEqual(uses("tests/x", "#!/bin/sh\n# anew\necho anew\n"), ["2 anew"]);
  assert.deepEqual(uses("data", "# anew\n"), []);
});

test("each word of the list says what to write instead", () => {
  assert.ok(list.length > 10);
  for (const { pattern, instead } of list) assert.ok(instead.length > 0, String(pattern));
});

test("sentences end at a point before a blank, not within a name, a number or a short form", () => {
  const text = "Read a.b.c of 1.5, e.g. as it is. Is it so? Yes, it surely is! Done.";
  assert.deepEqual(
    sentences(text).map((words) => words.length),
    [8, 4],
  );
});

test("the figures are those of the formula", () => {
  assert.deepEqual(
    ["cat", "keys", "signed", "table", "identity", "server"].map(syllables),
    [1, 1, 1, 2, 4, 2],
  );
  const {
    median,
    grade,
    sentences: count,
    words,
  } = measure(["The cat sat on the mat.", "It is not at all so."]);
  assert.deepEqual([count, words, median], [2, 12, 6]);
  // 0.39 × 6 + 11.8 × 1 − 15.59
  assert.equal(grade.toFixed(2), "-1.45");
});
