// Which texts of this repository people read, and the list of words that they do without.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hash, rust, script } from "./source.mjs";
import { markdown, plain } from "./markdown.mjs";

const READERS = [
  { files: /\.md$/, read: markdown },
  { files: /\.rs$/, read: rust },
  { files: /\.(?:js|mjs|ts|mts)$/, read: script },
  { files: /\.(?:sh|py|ya?ml|toml|just)$|(?:^|\/)(?:justfile|Dockerfile|Caddyfile)$/, read: hash },
];
// Data of others, lock files, what a tool writes, and this list's own tests.
const LEFT_OUT =
  /(?:^|\/)(?:fixtures|regressions|vectors|seeds|cases|bindings|keys-of-tools\/kept)\/(?!README)|^tests\/words\/.*test|Cargo\.lock/;
// A test's strings are what it types and what it expects, often the words of others.
const TEST = /(?:^|\/)(?:tests?|benches)\//;
const HELP = /^spacetime-keys-cli\/src\/args\//;

/** The texts of one file: `kind`, `line`, `text`. */
export function textsOf(path, source) {
  const read =
    READERS.find(({ files }) => files.test(path))?.read ??
    (source.startsWith("#!") ? hash : undefined);
  return (read?.(source) ?? [])
    .filter(({ kind, text }) => kind !== "message" || (!TEST.test(path) && isProse(text)))
    .map((text) => ({ ...text, path, help: HELP.test(path) && text.mark === "///" }));
}

// A name, a path, a pattern or a format is none. Two words in a row are.
function isProse(text) {
  return /\p{L}{2,}[,;:)]? [\p{L}{]/u.test(text);
}

/** All files that Git knows, or does not know yet. */
export function files(root) {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", list, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\0")
    .filter((path) => path && !LEFT_OUT.test(path));
}

export function allTexts(root) {
  return files(root).flatMap((path) => {
    let source;
    try {
      source = readFileSync(`${root}/${path}`, "utf8");
    } catch {
      return []; // Deleted, or a link to a folder.
    }
    return textsOf(path, source);
  });
}

/** The list: a pattern of whole words, and what to write instead. */
export function wordList(source) {
  return source
    .split("\n")
    .filter((line) => line.trim() && !line.startsWith("#"))
    .map((line) => {
      const cut = line.lastIndexOf(" | ");
      const pattern = line.slice(0, cut).trim().replaceAll(" ", "\\s+");
      return {
        pattern: new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "gi"),
        instead: line.slice(cut + 3).trim(),
      };
    });
}

/** Every use of a word of the list in a text: its line, the word, and what to write instead. */
export function found(text, list) {
  const bare = plain(text.text);
  return list.flatMap(({ pattern, instead }) =>
    [...bare.matchAll(pattern)].map((match) => ({
      path: text.path,
      line: text.line + bare.slice(0, match.index).split("\n").length - 1,
      word: match[0].replace(/\s+/g, " "),
      instead,
    })),
  );
}
