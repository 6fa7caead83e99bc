// The words of this project's texts: none of the list (list.txt), and how well they read.
//
//   node tests/words/run.mjs              checks; this is what tests/lint runs
//   node tests/words/run.mjs --files      and each file's words and median
//   node tests/words/run.mjs --long PATH  the sentences of a file or folder that have more than 25 words
//   … --root FOLDER                       of another tree, such as an older state

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { plain } from "./markdown.mjs";
import { measure, sentences } from "./measure.mjs";
import { allTexts, found, wordList } from "./texts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const root = resolve(option("--root") ?? `${here}/../..`);
/** The longest median sentence, in words. */
const LIMIT = 15;

const list = wordList(readFileSync(`${here}/list.txt`, "utf8"));
const texts = allTexts(root);
const failures = [];

const of = (kind) => texts.filter((text) => text.kind === kind);
const groups = {
  "messages and help": texts.filter((text) => text.kind === "message" || text.help),
  pages: of("page").filter(({ path }) => !/^tests\//.test(path)),
};

const long = option("--long");
if (long) {
  for (const text of texts.filter(
    ({ path, kind }) => path.startsWith(long) && kind !== "comment",
  )) {
    for (const words of sentences(plain(text.text))) {
      if (words.length > 25)
        console.log(`${text.path}:${text.line}: ${words.length}: ${words.join(" ")}`);
    }
  }
  process.exit();
}

const uses = texts.flatMap((text) => found(text, list));
for (const { path, line, word, instead } of uses) {
  failures.push(`${path}:${line}: "${word}": ${instead}`);
}

const kinds = ["message", "comment", "page"]
  .map((kind) => `${of(kind).length} ${kind}s`)
  .join(", ");
console.log(
  `${texts.length} texts (${kinds}), ${list.length} words of the list, ${uses.length} uses`,
);
for (const [name, group] of Object.entries(groups)) {
  const {
    sentences: count,
    median,
    grade,
    long: over,
  } = measure(group.map(({ text }) => plain(text)));
  console.log(
    `${name}: ${count} sentences, median ${median} words, ${over} over 25, Flesch-Kincaid grade ${grade.toFixed(1)}`,
  );
  if (count === 0) failures.push(`${name}: no sentence was read`);
  if (median > LIMIT)
    failures.push(`${name}: the median sentence has ${median} words, more than ${LIMIT}`);
}

if (process.argv.includes("--files")) {
  const paths = [...new Set(texts.map(({ path }) => path))];
  for (const path of paths) {
    const own = texts.filter(
      (text) => text.path === path && (text.kind !== "comment" || text.help),
    );
    const { median, long: over, sentences: count } = measure(own.map(({ text }) => plain(text)));
    const words = uses.filter((use) => use.path === path).length;
    if (count > 0 || words > 0)
      console.log(`${path}: ${words} uses, ${count} sentences, median ${median}, ${over} over 25`);
  }
}

for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
