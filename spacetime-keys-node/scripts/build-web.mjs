// Builds the package's WebAssembly into `web/dist`:
//
//   node scripts/build-web.mjs [--built FILE]
//
// FILE: the module, where something else than `cargo build` has made it.
//
// `lib/` is the addon's, as it is: its files are put into one ES module, with other ones in the place of
// those that need Node. How the module is found differs between hosts: each has an entry.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { built: { type: "string" } } });
const root = join(import.meta.dirname, "..");
const web = join(root, "web");
const dist = join(web, "dist");
const NAME = "spacetime-keys.wasm";
const LIBRARY = "library.mjs";

const url = `new URL("./${NAME}", import.meta.url)`;
/** Of each host: how it gets the compiled module. */
const ENTRIES = {
  // Deno, too: it fetches files.
  browser: `const bytes = await (await fetch(${url})).arrayBuffer();
const wasm = await WebAssembly.compile(bytes);`,
  // Nothing else compiles there.
  workerd: `import wasm from "./${NAME}";`,
  "edge-light": `import wasm from "./${NAME}?module";`,
  node: `import { readFileSync } from "node:fs";
const wasm = new WebAssembly.Module(readFileSync(${url}));`,
};

function build() {
  const target = "wasm32-unknown-unknown";
  execFileSync("cargo", ["build", "--locked", "--release", "--target", target], {
    cwd: web,
    stdio: "inherit",
  });
  const folder = process.env.CARGO_TARGET_DIR ?? join(web, "target");
  return join(folder, target, "release/spacetime_keys_web.wasm");
}

/** The library's files by name: web/js has the last word. */
function sources() {
  const own = readdirSync(join(web, "js"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const found = new Map([["version.js", `module.exports = ${JSON.stringify({ version })};\n`]]);
  const waiting = ["index.js"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!found.has(name)) {
      const folder = own.includes(name) ? join(web, "js") : join(root, "lib");
      found.set(name, readFileSync(join(folder, name), "utf8"));
    }
    for (const [, wanted] of found.get(name).matchAll(/require\("\.\/([\w-]+\.js)"\)/g)) {
      if (!found.has(wanted) && wanted !== "module.js") waiting.push(wanted);
    }
  }
  return found;
}

/** One function that makes the library of a compiled module. */
function library(found) {
  const files = [...found].map(([name, text]) => `"./${name}"(module, require) {\n${text}},\n`);
  return `// Made by scripts/build-web.mjs of lib/ and web/js.
const files = {
${files.join("")}};

export function create(wasm) {
  const made = { "./module.js": wasm };
  const require = (name) => {
    if (!(name in made)) {
      const module = {};
      files[name](module, require);
      made[name] = module.exports;
    }
    return made[name];
  };
  return require("./index.js");
}
`;
}

/** What it exports. */
async function names() {
  const { create } = await import(join(dist, LIBRARY));
  const wasm = new WebAssembly.Module(readFileSync(join(dist, NAME)));
  return Object.keys(create(wasm)).sort();
}

const built = values.built ?? build();
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, NAME), readFileSync(built));
writeFileSync(join(dist, LIBRARY), library(sources()));
const exported = await names();
for (const [host, get] of Object.entries(ENTRIES)) {
  writeFileSync(
    join(dist, `${host}.mjs`),
    `import { create } from "./${LIBRARY}";
${get}
export const {
  ${exported.join(",\n  ")},
} = create(wasm);
`,
  );
}
console.log(`built ${join(dist, NAME)}`);
