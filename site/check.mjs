// Checks the built site: `node site/check.mjs FOLDER`. No link is dead, each page of docs/ is in the list of contents and
// in the search, and each picture is there. The checks themselves are tried first, on what is wrong.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { check, finish } from "../spacetime-keys-node/test/real-server/support/checks.mjs";
import { deadLinks } from "./links.mjs";
import { REPOSITORY, forTheSite } from "./pages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = process.argv[2];
assert.ok(site, "usage: node site/check.mjs FOLDER");

const markdown = readdirSync(join(root, "docs"), { recursive: true })
  .filter((name) => name.endsWith(".md") && name !== "SUMMARY.md")
  .sort();
const html = (name) => readFileSync(join(site, name.replace(/\.md$/, ".html")), "utf8");

await check("a dead link is seen", () => {
  const folder = mkdtempSync(join(tmpdir(), "spacetime-keys-site-"));
  mkdirSync(join(folder, "sub"));
  const page = (name, ...targets) =>
    writeFileSync(
      join(folder, name),
      `<h1 id="top">x</h1>${targets.map((target) => `<a class="x" href="${target}">y</a>`)}`,
    );
  page(
    "a.html",
    "sub/b.html#top",
    "#top",
    "https://example.com/x",
    `${REPOSITORY}/blob/main/README.md`,
  );
  page(
    "sub/b.html",
    "../a.html",
    "../no.html",
    "../a.html#no",
    `${REPOSITORY}/blob/main/no.md`,
    "#no",
  );
  const { dead, followed } = deadLinks(folder, root);
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    dead.map((one) => one.replace(REPOSITORY, "")),
    ["../no.html", "../a.html#no", "/blob/main/no.md", "#no"].map(
      (target) => `sub/b.html: ${target}`,
    ),
  );
  assert.equal(followed, 8);
});

await check("links that leave docs/ lead to the repository, and others stay", () => {
  const text =
    "[a](../tests/run) [b](x.md#y) [c](https://example.com) [d](../tests)\n```sh\n[e](../no)\n```\n";
  assert.equal(
    forTheSite(text, "docs", root),
    `[a](${REPOSITORY}/blob/main/tests/run) [b](x.md#y) [c](https://example.com) ` +
      `[d](${REPOSITORY}/tree/main/tests)\n\`\`\`sh\n[e](../no)\n\`\`\`\n`,
  );
  assert.throws(() => forTheSite("[a](../no-such-file)", "docs", root), /no-such-file/);
  assert.equal(forTheSite("[a](../design.md)", "docs/internals", root), "[a](../design.md)");
});

await check("a picture is for the script", () => {
  const text = 'a\n```mermaid\nA --> B["x<br>y"]\n```\nb\n';
  const page = forTheSite(text, "docs", root);
  assert.equal(page, 'a\n<pre class="mermaid">\nA --&gt; B["x&lt;br&gt;y"]\n</pre>\nb\n');
});

await check("no link is dead", () => {
  const { dead, followed } = deadLinks(site, root);
  assert.deepEqual(dead, []);
  assert.ok(followed > 1_500, `${followed} links`);
  console.log(`${followed} links followed`);
});

await check("no heading has the name of what scripts look for", () => {
  // An element with this id is a global variable of the page, and scripts take it for Node's.
  for (const name of markdown)
    assert.doesNotMatch(html(name), /\sid="(?:exports|module|define)"/, name);
});

await check("each page is in the list of contents, and built", () => {
  const summary = readFileSync(join(root, "docs/SUMMARY.md"), "utf8");
  for (const name of markdown) {
    assert.ok(summary.includes(`(${name})`), `docs/SUMMARY.md does not name ${name}`);
    assert.match(html(name), /<main>/);
  }
});

await check("each picture of a page is in it", () => {
  let pictures = 0;
  for (const name of markdown) {
    const wanted = readFileSync(join(root, "docs", name), "utf8").match(/^```mermaid$/gm) ?? [];
    const there = html(name).match(/<pre class="mermaid">/g) ?? [];
    assert.equal(there.length, wanted.length, name);
    pictures += wanted.length;
  }
  assert.ok(pictures >= 5, `${pictures} pictures`);
});

await check("each page can be searched for", () => {
  const [index] = readdirSync(site).filter((name) => /^searchindex.*\.js$/.test(name));
  const text = readFileSync(join(site, index), "utf8");
  for (const name of markdown) assert.ok(text.includes(name.replace(/\.md$/, ".html")), name);
});

await check("nothing of the site comes from another place", () => {
  for (const name of readdirSync(site).filter((one) => one.endsWith(".html"))) {
    const loaded = readFileSync(join(site, name), "utf8").match(
      /<(?:script|img|link)\b[^>]*(?:src|href)="https?:[^"]*"/g,
    );
    assert.deepEqual(loaded ?? [], [], name);
  }
});

finish(9);
