// Runs every `js` block of docs/node.md, one after the other as one program, on the runtime that
// this file is started on, and compares what they print with the `text` block behind each.
// `node test/docs/node.mjs`, `bun test/docs/node.mjs`.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { check, finish } from "../real-server/support/checks.mjs";
import { run, temporaryFolder } from "../real-server/support/processes.mjs";
import { signByHand } from "../support/tokens.mjs";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const REPOSITORY = join(PACKAGE, "..");

const text = readFileSync(join(REPOSITORY, "docs/node.md"), "utf8");
const fenced = /^```js\n(?<code>.*?)^```\n(?:```text\n(?<printed>.*?)^```$)?/gms;
const blocks = [...text.matchAll(fenced)].map((match) => ({
  line: text.slice(0, match.index).split("\n").length,
  ...match.groups,
}));

// What the page's reader has: the package, and the files of a host (throwaway ones).
const folder = temporaryFolder("spacetime-keys-docs-");
mkdirSync(join(folder, "node_modules"));
symlinkSync(PACKAGE, join(folder, "node_modules/spacetime-keys"), "dir");
cpSync(join(REPOSITORY, "tests/fixtures/real-host"), folder, { recursive: true });

const now = Math.floor(Date.now() / 1000);
// Of the pair that the page's rotation retires.
const pair = readFileSync(join(folder, ".generated/spacetimedb-keys/id_ecdsa"), "utf8");
const player = { iss: "localhost", sub: "a-player", iat: now - 600 };
writeFileSync(join(folder, "token-of-a-player"), signByHand(pair, player));
// A server that has the mounted key, as far as an exchange asks it.
writeFileSync(
  join(folder, "stand-in.mjs"),
  `import { readFileSync } from "node:fs";
   import { createServer } from "node:http";
   const server = createServer(({ url }, response) =>
     response.end(
       url.endsWith("/databases")
         ? '{"identities":[]}'
         : readFileSync(".generated/spacetimedb-keys/id_ecdsa.pub"),
     ),
   );
   await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
   server.unref();
   process.env.SPACETIMEDB_URL = \`http://127.0.0.1:\${server.address().port}\`;`,
);

const DIVIDER = "---- end of block";
const program = blocks.map(({ code }) => `${code}console.log("${DIVIDER}");\n`);
writeFileSync(join(folder, "page.mjs"), `import "./stand-in.mjs";\n${program.join("")}`);
const env = { PATH: process.env.PATH, HOME: folder };
const ended = run([process.execPath, join(folder, "page.mjs")], { cwd: folder, env });
const printed = ended.stdout.split(`${DIVIDER}\n`);

/** `[..]` stands for anything within a line. */
function pattern(expected) {
  const quoted = expected.split("[..]").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${quoted.join(".*")}$`);
}

for (const [index, block] of blocks.entries()) {
  await check(`docs/node.md:${block.line}`, () => {
    assert.ok(index + 1 < printed.length, ended.stderr);
    assert.match(printed[index], pattern(block.printed ?? ""));
  });
}

await check("the page's program ends well", () => {
  assert.ok(ended.success, ended.stderr);
  assert.equal(ended.stderr, "");
});

finish(15);
