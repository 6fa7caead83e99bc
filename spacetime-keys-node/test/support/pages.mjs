// The blocks of code in a page of docs/.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "./files.mjs";

/** The blocks that begin with ```` ```LANGUAGE NAME ````, by their names. */
export function namedBlocks(page, language) {
  const text = readFileSync(join(repository, "docs", page), "utf8");
  const fenced = new RegExp(`^\`\`\`${language} (?<name>\\S+)\\n(?<code>.*?)^\`\`\`$`, "gms");
  return Object.fromEntries(
    [...text.matchAll(fenced)].map(({ groups: { name, code } }) => [name, code]),
  );
}
