// The links of a built site: where they are, and which of them lead nowhere.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { REPOSITORY } from "./pages.mjs";

const decoded = (text) =>
  decodeURIComponent(
    text
      .replace(/&amp;/g, "&")
      .replace(/&quot;/g, '"')
      .replace(/&#39;/g, "'"),
  );

/** What a page of HTML links to, and the anchors that it has. */
export function linksOf(html) {
  const tags = html.replace(/<script[^>]*>.*?<\/script>/gs, "").match(/<[a-zA-Z][^>]*>/g) ?? [];
  const attribute = (tag, names) =>
    new RegExp(`\\s(?:${names})="(?<value>[^"]*)"`).exec(tag)?.groups.value;
  const values = (names) =>
    tags.map((tag) => attribute(tag, names)).filter((value) => value !== undefined);
  return { targets: values("href|src").map(decoded), anchors: new Set(values("id|name")) };
}

/** All pages of a folder. */
export function pagesOf(site) {
  return readdirSync(site, { recursive: true })
    .filter((name) => name.endsWith(".html") && !["toc.html"].includes(name))
    .sort();
}

/**
 * The dead links of a built site, each with its page, and how many links were followed. What leads to the repository is
 * looked for in the working tree. Other addresses are not asked.
 */
export function deadLinks(site, root) {
  const pages = new Map(
    pagesOf(site).map((name) => [name, linksOf(readFileSync(join(site, name), "utf8"))]),
  );
  const dead = [];
  let followed = 0;
  for (const [name, { targets }] of pages) {
    for (const target of targets) {
      if (/^(?:data|mailto):/.test(target)) continue;
      const file = repositoryFile(target);
      if (file !== undefined) {
        followed += 1;
        if (!existsSync(join(root, file))) dead.push(`${name}: ${target}`);
        continue;
      }
      if (/^[a-z]+:/.test(target)) continue;
      followed += 1;
      const [path, anchor] = target.split("#");
      // 404.html is for any address: its links begin at the site.
      const folder = name === "404.html" || path.startsWith("/") ? site : join(site, dirname(name));
      const place = path === "" ? join(site, name) : resolve(folder, path.replace(/^\//, ""));
      const known = pages.get(relative(site, place));
      const isThere = known !== undefined || existsSync(place);
      if (!isThere || (anchor && !known?.anchors.has(anchor))) dead.push(`${name}: ${target}`);
    }
  }
  return { dead, followed };
}

/** The file of a link to the repository, if it is one. */
function repositoryFile(target) {
  const match = /^\/(?:blob|tree)\/main\/(?<file>[^#]*)/.exec(
    target.startsWith(REPOSITORY) ? target.slice(REPOSITORY.length) : "",
  );
  return match?.groups.file;
}
