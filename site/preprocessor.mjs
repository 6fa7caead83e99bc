// mdBook's preprocessor: a book as JSON in, and out. `supports RENDERER` is asked first.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

if (process.argv[2] === "supports") process.exit(process.argv[3] === "html" ? 0 : 1);

const root = process.env.SPACETIME_KEYS_ROOT;
const { forTheSite } = await import(pathToFileURL(join(root, "site/pages.mjs")).href);

function change(items) {
  for (const { Chapter: chapter } of items) {
    if (!chapter) continue;
    const folder = join("docs", dirname(chapter.path));
    chapter.content = forTheSite(chapter.content, folder, root);
    change(chapter.sub_items);
  }
}

const [, book] = JSON.parse(readFileSync(0, "utf8"));
change(book.items);
process.stdout.write(JSON.stringify(book));
