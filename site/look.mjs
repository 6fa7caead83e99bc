// Looks at the built site in a headless Chromium: `node site/look.mjs FOLDER [--pictures FOLDER]`. Each page at the width of
// a desk and of a telephone: nothing is wider than the window, the pictures are drawn, the search finds. No address
// but the folder can be reached: the server here is the browser's proxy.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";

import { check, finish } from "../spacetime-keys-node/test/real-server/support/checks.mjs";
import { Chromium } from "../spacetime-keys-node/test/support/chromium.mjs";
import { pagesOf } from "./links.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: "string" } },
});
const site = positionals[0];
assert.ok(site, "usage: node site/look.mjs FOLDER [--pictures FOLDER]");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
TYPES[".svg"] = "image/svg+xml";
const missing = [];
const server = createServer(({ url }, response) => {
  const { hostname, pathname } = new URL(url, "http://site.invalid");
  const file = join(site, decodeURIComponent(pathname));
  // The browser asks its maker for updates: that is no page's doing.
  const isOurs = hostname === "site.invalid";
  if (!isOurs || !existsSync(file)) {
    if (isOurs) missing.push(url);
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
  response.end(readFileSync(file));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const proxy = `http://127.0.0.1:${server.address().port}`;

const pages = pagesOf(site).filter((name) => !["404.html", "print.html"].includes(name));
if (values.pictures) mkdirSync(values.pictures, { recursive: true });

/** Whether all is loaded, and each picture drawn. */
const READY = `document.readyState === "complete" &&
  [...document.querySelectorAll("pre.mermaid")].every((picture) => picture.querySelector("svg"))`;
/** What a reader would have to scroll to the side for, with the whole page. */
const TOO_WIDE = `[...document.querySelectorAll("main *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .filter((element) => !element.closest("pre, .table-wrapper"))
  .map((element) => element.outerHTML.slice(0, 80))`;

async function look(width, height) {
  const chromium = await Chromium.start({ proxy, width, height });
  const open = async (name) => {
    await chromium.open(`http://site.invalid/${name}`);
    await chromium.until(`location.pathname === "/${name.split("?")[0]}" && ${READY}`);
  };
  const picture = async (name) => {
    if (!values.pictures) return;
    writeFileSync(join(values.pictures, `${name}-${width}.png`), await chromium.picture());
  };

  await check(
    `${width} pixels: no page is wider than the window, and pictures are drawn`,
    async () => {
      for (const name of pages) {
        await open(name);
        assert.deepEqual(await chromium.evaluate(TOO_WIDE), [], name);
        const scrolled = "document.documentElement.scrollWidth - innerWidth";
        assert.ok((await chromium.evaluate(scrolled)) <= 0, `${name} scrolls to the side`);
        await picture(name.replace(/\.html$/, "").replace("/", "-"));
      }
      assert.ok(pages.length >= 40, `${pages.length} pages`);
    },
  );

  await check(`${width} pixels: a search finds a page`, async () => {
    await open("index.html?search=escrow");
    const found = "document.querySelector('#mdbook-searchresults')?.innerText ?? ''";
    await chromium.until(`(${found}).includes("escrow")`);
    assert.match(await chromium.evaluate(found), /Ten words/);
    await picture("search");
    await open("index.html?search=nosuchwordanywhere");
    await chromium.until("/[Nn]o search results/.test(document.body.innerText)");
  });

  await check(`${width} pixels: the list of contents leads to the other pages`, async () => {
    await open("index.html");
    await chromium.until("document.querySelectorAll('#mdbook-sidebar a').length > 0");
    const targets = await chromium.evaluate(
      "[...document.querySelectorAll('#mdbook-sidebar a')].map((link) => new URL(link.href).pathname.slice(1))",
    );
    for (const name of pages) {
      if (name !== "index.html") assert.ok(targets.includes(name), name);
    }
  });

  await check(`${width} pixels: nothing is missing, and no script fails`, () => {
    assert.deepEqual(missing, []);
    assert.deepEqual(chromium.complaints, []);
  });
  await chromium.stop();
}

await look(1280, 900);
await look(390, 844);
server.close();
finish(8);
