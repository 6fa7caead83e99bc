// Writes what goes to the registry into a folder: the main package without any addon, and a package
// for each target whose addon lies here.
//
//   node scripts/pack.mjs FOLDER [--all]
//
// --all: fail unless there is an addon for every target, as a release must have.
// The main package names all platform packages as optional dependencies; each says for which
// machine it is, so that npm installs just one of them, and no compiler is needed.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const { TARGETS } = createRequire(import.meta.url)("../lib/targets.js");
const root = resolve(import.meta.dirname, "..");
const [folder, all] = process.argv.slice(2);
if (!folder || (all !== undefined && all !== "--all")) {
  console.error("usage: node scripts/pack.mjs FOLDER [--all]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const staging = mkdtempSync(join(tmpdir(), "spacetime-keys-pack-"));
try {
  packMain();
  const packed = Object.keys(TARGETS).filter(packPlatform);
  if (packed.length === 0) throw new Error("no addon lies here: node scripts/build.mjs makes one");
  const missing = Object.keys(TARGETS).filter((name) => !packed.includes(name));
  if (all && missing.length) throw new Error(`there is no addon for ${missing.join(", ")}`);
} finally {
  rmSync(staging, { recursive: true });
}

function packMain() {
  const { devDependencies, scripts, ...published } = manifest;
  published.files = published.files.filter((name) => !name.endsWith(".node"));
  published.optionalDependencies = Object.fromEntries(
    Object.keys(TARGETS).map((name) => [packageName(name), manifest.version]),
  );
  const main = join(staging, "main");
  for (const file of [...published.files, "README.md"].flatMap(expand)) {
    cpSync(join(root, file), join(main, file), { recursive: true });
  }
  pack(main, published);
}

/** Whether its addon lies here. */
function packPlatform(name) {
  const addon = `spacetime-keys.${name}.node`;
  if (!existsSync(join(root, addon))) return false;
  const [os, cpu, libc] = name.split("-");
  const platform = join(staging, name);
  mkdirSync(platform);
  cpSync(join(root, addon), join(platform, addon));
  for (const file of expand("LICENSE-*")) cpSync(join(root, file), join(platform, file));
  pack(platform, {
    name: packageName(name),
    version: manifest.version,
    description: `The addon of spacetime-keys for ${name}`,
    license: manifest.license,
    homepage: manifest.homepage,
    // npm's provenance compares it with where the package was made.
    repository: manifest.repository,
    type: "commonjs",
    main: addon,
    files: [addon, "LICENSE-*"],
    os: [os],
    cpu: [cpu],
    ...(os === "linux" && { libc: [libc === "gnu" ? "glibc" : libc] }),
    engines: manifest.engines,
  });
  return true;
}

function pack(source, published) {
  writeFileSync(join(source, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(folder)], {
    cwd: source,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

function packageName(name) {
  return `@spacetime-keys/${name}`;
}

function expand(pattern) {
  if (pattern === "LICENSE-*") return ["LICENSE-APACHE", "LICENSE-MIT"];
  return [pattern.replace(/\/$/, "")];
}
