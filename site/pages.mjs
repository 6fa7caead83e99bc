// What the site needs of a page that GitHub does by itself.

import { existsSync, statSync } from "node:fs";
import { join, normalize } from "node:path";

import { escaped } from "./markup.mjs";

export const REPOSITORY = "https://github.com/spacetime-keys/spacetime-keys";

const FENCED = /^```(?<info>[^\n]*)\n(?<content>.*?)^```$/gms;
/** A link's or a picture's target in Markdown, but no address with a scheme and no anchor of its own page. */
const LINK = /(?<before>\]\()(?<target>(?![a-z]+:|#)[^)\s]+)(?<after>\))/g;

/** A picture for the script, and text without its `br`, which HTML would take. */
function picture(content) {
  return `<pre class="mermaid">\n${escaped(content)}</pre>`;
}

/**
 * A link of a page that leaves docs/ leads to the repository. What it leads to must be there.
 *
 * @param folder The page's folder, from the repository's root.
 */
function rewritten(target, folder, root) {
  const [path, anchor] = target.split("#");
  const place = normalize(join(folder, path));
  if (place.startsWith("docs/")) return target;
  const file = join(root, place);
  if (!existsSync(file)) throw new Error(`${folder}: nothing is at ${target}`);
  const kind = statSync(file).isDirectory() ? "tree" : "blob";
  return `${REPOSITORY}/${kind}/main/${place}${anchor ? `#${anchor}` : ""}`;
}

/** A page's text for mdBook. */
export function forTheSite(text, folder, root) {
  const parts = [];
  let end = 0;
  const outside = (part) =>
    part.replace(LINK, (_whole, before, target, after) => {
      return `${before}${rewritten(target, folder, root)}${after}`;
    });
  for (const match of text.matchAll(FENCED)) {
    const { info, content } = match.groups;
    parts.push(outside(text.slice(end, match.index)));
    parts.push(info === "mermaid" ? picture(content) : match[0]);
    end = match.index + match[0].length;
  }
  parts.push(outside(text.slice(end)));
  return parts.join("");
}
