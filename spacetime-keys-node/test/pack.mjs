// The package as a user gets it: packed, installed into an empty folder on a machine without a
// compiler, used from Node and bun, from JavaScript and TypeScript. Two ways: the work tree as it
// lies here, with its addon inside; and a release, whose addons are packages of their own.
//
//   node test/pack.mjs

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { packageFolder, temporaryFolder } from "./support/files.mjs";
import { lints, typeFaults } from "./support/published.mjs";
import { Sandbox } from "./support/sandbox.mjs";

const require = createRequire(import.meta.url);
const { version } = require("../package.json");
const { TARGETS, candidates } = require("../lib/targets.js");

const names = (...list) => list.map((name) => `package/${name}`);
const libraries = [
  ...[
    "body",
    "cache",
    "check",
    "create-exchange",
    "create-issuer",
    "doctor",
    "engine",
    "errors",
    "exchange",
    "exchange-keys",
    "fleet",
  ],
  ...["identities", "keys", "lock", "native", "node-handler", "questions", "remote-verifier"],
  "report",
  ...["sets", "signer", "signing", "targets", "tokens", "verifier", "version"],
];
const tooling = readdirSync(join(packageFolder, "tooling")).filter((name) => name.endsWith(".ts"));
const web = ["browser", "edge-light", "library", "node", "workerd"].map((name) => `${name}.mjs`);
const licenses = names("LICENSE-APACHE", "LICENSE-MIT", "package.json");
const mainFiles = [
  ...licenses,
  ...names("README.md", "index.js", "index.mjs", "index.d.ts", "index.d.mts"),
  ...libraries.map((name) => `package/lib/${name}.js`),
  ...tooling.map((name) => `package/tooling/${name}`),
  ...names("web/index.d.mts", "web/dist/spacetime-keys.wasm"),
  ...web.map((name) => `package/web/dist/${name}`),
];
const here = candidates().find((name) =>
  readdirSync(packageFolder).includes(`spacetime-keys.${name}.node`),
);

const use = `
  const { privateKey, publicKey } = keys.generateKeyPair();
  const token = new keys.Signer(privateKey).sign({ iss: "localhost", sub: "someone" });
  const { identity } = new keys.Verifier(publicKey).verify(token);
  console.log(identity === keys.deriveIdentity("localhost", "someone") && keys.version);`;
const programs = {
  "import.mjs": `import * as keys from "spacetime-keys";${use}`,
  "require.cjs": `const keys = require("spacetime-keys");${use}`,
  "web.mjs": `import * as keys from "spacetime-keys/web";${use}`,
};
const typed = `
  import { type Algorithm, type KeyPair, Signer, Verifier, generateKeyPair } from "spacetime-keys";
  const pair: KeyPair = generateKeyPair();
  const signer: Signer = new Signer(pair.privateKey);
  const algorithm: Algorithm = signer.algorithm;
  const results = new Verifier(pair.publicKey).verifyMany([signer.sign({ iss: "a", sub: algorithm })]);
  // @ts-expect-error a result may be an error
  export const kid: string = results[0].value.kid;`;

const listed = (tarball) =>
  execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trim().split("\n").sort();
const npmPack = (folder, cwd = packageFolder) =>
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd,
    encoding: "utf8",
  }).trim();

/** Import and require, on both runtimes. */
function works(sandbox, app) {
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(app, name), text);
    for (const runtime of ["node", "bun"]) {
      const { status, stdout, stderr } = sandbox.run(app, runtime, name);
      assert.equal(status, 0, `${runtime} ${name}: ${stderr}`);
      assert.equal(
        stdout.trim(),
        version,
        `${runtime} ${name}: signs, verifies, and has its version`,
      );
    }
  }
}

/** A strict TypeScript program, as an ES module and as CommonJS. */
function compiles(app) {
  const tsc = require.resolve("typescript/bin/tsc");
  const files = ["consumer.mts", "consumer.cts"].map((name) => join(app, name));
  for (const file of files) writeFileSync(file, typed);
  const options = ["--strict", "--noEmit", "--target", "es2022"];
  const args = [tsc, ...options, "--module", "nodenext", ...files];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: app, encoding: "utf8" });
  assert.equal(status, 0, `tsc: ${stdout}`);
}

/** The guide's script: a copy of it, and the one line that imports it. */
function hasTheScript(sandbox, app) {
  const name = "spacetimedb-tooling.ts";
  copyFileSync(join(app, "node_modules/spacetime-keys/tooling", name), join(app, "copy.ts"));
  writeFileSync(join(app, "line.ts"), `import "spacetime-keys/tooling/${name}";\n`);
  writeFileSync(join(app, "inner.ts"), `import "spacetime-keys/tooling/az.ts";\n`);
  for (const file of ["copy.ts", "line.ts"]) {
    const { status, stdout, stderr } = sandbox.run(app, "bun", file, "--help");
    assert.equal(status, 0, `${file}: ${stderr}`);
    assert.match(stdout, /--preserve-publisher-token-env/, `${file}: tells its flags`);
  }
  const { status, stderr } = sandbox.run(app, "bun", "inner.ts");
  assert.notEqual(status, 0, "what it is made of is not for others");
  assert.match(stderr, /Cannot find module/, "and cannot be imported");
}

/** What loading it says, where it cannot be loaded. */
function refuses(sandbox, app, code, platform) {
  for (const [name, load] of Object.entries({
    "import.mjs": `import("spacetime-keys").catch(show)`,
    "require.cjs": `try { require("spacetime-keys"); } catch (error) { show(error); }`,
  })) {
    const show =
      "function show({ code, message, hint }) { console.log(JSON.stringify([code, message, hint])) }";
    writeFileSync(join(app, name), `${load};\n${show}`);
    for (const runtime of ["node", "bun"]) {
      const { stdout, stderr } = sandbox.run(app, runtime, name);
      assert.notEqual(stdout, "", `${runtime} ${name}: is refused: ${stderr}`);
      const [found, message, hint] = JSON.parse(stdout);
      assert.equal(found, code, `${runtime} ${name}: the code`);
      assert.match(message, /spacetime-keys/, `${runtime} ${name}: the message names the package`);
      assert.ok(hint.includes(platform), `${runtime} ${name}: the hint names ${platform}: ${hint}`);
    }
  }
}

const sandbox = new Sandbox();
const folder = temporaryFolder();
const state = {};
const steps = {
  "the sandbox has no compiler"() {
    assert.deepEqual(sandbox.compilers(), [], "none of them");
    assert.ok(here, "the addon was built here");
  },
  "the work tree's tarball has its files, and no others"() {
    state.workTree = join(folder, npmPack(folder));
    const addons = readdirSync(packageFolder).filter((name) => name.endsWith(".node"));
    assert.deepEqual(
      listed(state.workTree),
      [...mainFiles, ...names(...addons)].sort(),
      "its files",
    );
  },
  "the work tree's tarball works"() {
    const app = sandbox.install(state.workTree);
    works(sandbox, app);
    compiles(app);
  },
  "a release's tarballs have their files, and no others"() {
    const release = temporaryFolder();
    execFileSync(process.execPath, [join(packageFolder, "scripts/pack.mjs"), release]);
    const tarballs = readdirSync(release);
    const find = (part) =>
      join(
        release,
        tarballs.find((name) => name.includes(part)),
      );
    state.main = find(`spacetime-keys-${version}`);
    state.platform = find(here);
    assert.deepEqual(listed(state.main), [...mainFiles].sort(), "the main package's");
    const addon = names(`spacetime-keys.${here}.node`);
    assert.deepEqual(listed(state.platform), [...licenses, ...addon].sort(), "the platform's");
  },
  "a release works"() {
    const app = sandbox.install(state.main, state.platform);
    works(sandbox, app);
    compiles(app);
    hasTheScript(sandbox, app);
    const read = (name) =>
      JSON.parse(readFileSync(join(app, "node_modules", name, "package.json"), "utf8"));
    const main = read("spacetime-keys");
    const platforms = Object.keys(TARGETS).map((name) => [`@spacetime-keys/${name}`, version]);
    assert.deepEqual(main.optionalDependencies, Object.fromEntries(platforms), "one a platform");
    assert.deepEqual([main.dependencies, main.scripts], [undefined, undefined], "and no more");
    const platform = read(`@spacetime-keys/${here}`);
    assert.equal(platform.version, version, "of the same version");
    assert.deepEqual(platform.repository, main.repository, "of the same repository");
    assert.deepEqual([platform.os, platform.cpu], [[process.platform], [process.arch]], "for this");
  },
  "a bundle of what tokens need has nothing of the rest, and works"() {
    const app = sandbox.install(state.main, state.platform);
    const marks = ["tokenLifetime", "maxStale", "well-known", "mountedKeysDir"];
    const bundled = (program) => {
      writeFileSync(join(app, "entry.mjs"), program);
      const args = ["build", "entry.mjs", "--target", "node", "--outfile", "bundle.mjs"];
      const { status, stderr } = sandbox.run(app, "bun", ...args);
      assert.equal(status, 0, stderr);
      const text = readFileSync(join(app, "bundle.mjs"), "utf8");
      return marks.filter((mark) => text.includes(mark));
    };
    assert.deepEqual(bundled(`import * as all from "spacetime-keys"; console.log(all);`), marks);
    const program = use.replaceAll("keys.", "").replace(/ && version/, " && 'taken'");
    const names = "{ Signer, Verifier, deriveIdentity, generateKeyPair }";
    assert.deepEqual(bundled(`import ${names} from "spacetime-keys";${program}`), []);
    for (const runtime of ["node", "bun"]) {
      const { stdout, stderr } = sandbox.run(app, runtime, "bundle.mjs");
      assert.equal(stdout.trim(), "taken", `${runtime}: ${stderr}`);
    }
  },
  async "publint and are-the-types-wrong find nothing in the tarballs"() {
    for (const tarball of [state.workTree, state.main, state.platform]) {
      assert.deepEqual(await lints(tarball), [], tarball);
    }
    for (const tarball of [state.workTree, state.main]) {
      assert.deepEqual(await typeFaults(tarball), [], tarball);
    }
    // Both must be able to find something.
    const broken = temporaryFolder();
    execFileSync("tar", ["xzf", state.main, "-C", broken]);
    const inside = join(broken, "package");
    const { exports: exported, ...rest } = JSON.parse(
      readFileSync(join(inside, "package.json"), "utf8"),
    );
    exported["."].import.types = "./index.d.ts";
    exported["."].require.default = "./missing.js";
    writeFileSync(
      join(inside, "package.json"),
      JSON.stringify({ ...rest, exports: exported, scripts: {} }),
    );
    const faulty = join(broken, npmPack(broken, inside));
    assert.notDeepEqual(await lints(faulty), []);
    assert.notDeepEqual(await typeFaults(faulty), []);
  },
  "without its addon, the package says what is missing"() {
    const app = sandbox.install(state.main);
    refuses(sandbox, app, "ERR_ADDON_MISSING", `@spacetime-keys/${here}`);
    compiles(app);
  },
  "with a damaged addon, the package says so"() {
    const app = sandbox.install(state.main, state.platform);
    const place = `node_modules/@spacetime-keys/${here}/spacetime-keys.${here}.node`;
    copyFileSync(join(packageFolder, "package.json"), join(app, place));
    refuses(sandbox, app, "ERR_ADDON_UNUSABLE", `@spacetime-keys/${here}`);
  },
};

let passed = 0;
for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(`ok: ${name}`);
  passed += 1;
}
console.log(`test result: ok. ${passed} passed; 0 failed`);
