// Builds the addon and puts it where `lib/native.js` looks first:
//
//   node scripts/build.mjs [--as NAME] [--target RUST-TARGET | --built] [--bench]
//
// NAME is a target's as in `lib/targets.js`, this machine's by default. --built: cargo has been run
// already, by the command below. --bench: with what the benchmark compares with, and into `bench/`, where
// nothing but the benchmark finds it.
import { execFileSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { candidates } = createRequire(import.meta.url)("../lib/targets.js");
const { values } = parseArgs({
  options: {
    as: { type: "string" },
    target: { type: "string" },
    built: { type: "boolean", default: false },
    bench: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dirname, "../..");
const name = values.as ?? here();
// What nothing here uses and the linker cannot tell: 700 kB of AES with AVX-512, and tables for
// unwinding through C, which never throws.
const C_FLAGS = ["-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX"];
// The time goes into assembly. By cargo's `opt-level = "s"` AWS-LC would leave that out: four times slower.
if (!name.startsWith("win32")) C_FLAGS.push("-Os", "-fno-asynchronous-unwind-tables");
const LIBRARIES = {
  darwin: "libspacetime_keys_node.dylib",
  linux: "libspacetime_keys_node.so",
  win32: "spacetime_keys_node.dll",
};

if (!values.built) {
  const cargo = ["build", "--locked", "--profile", "addon", "--package", "spacetime-keys-node"];
  if (values.target) cargo.push("--target", values.target);
  if (values.bench) cargo.push("--features", "bench");
  const environment = {
    ...process.env,
    AWS_LC_SYS_CFLAGS: C_FLAGS.join(" "),
  };
  // With musl, Rust makes no dynamic library by default.
  if (name.endsWith("musl")) environment.RUSTFLAGS = "-C target-feature=-crt-static";
  execFileSync("cargo", cargo, { cwd: root, stdio: "inherit", env: environment });
}
const targetFolder = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const library = LIBRARIES[name.split("-")[0]];
const built = join(targetFolder, values.target ?? "", "addon", library);
const folder = join(import.meta.dirname, values.bench ? "../bench" : "..");
const addon = join(folder, `spacetime-keys.${name}.node`);
// By renaming: a process that has the old one loaded keeps it whole.
copyFileSync(built, `${addon}.new`);
renameSync(`${addon}.new`, addon);
console.log(`built spacetime-keys.${name}.node`);

/** This machine's name. Node tells which glibc it runs with; if none, it is musl. */
function here() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl";
  const names = candidates();
  return names.length > 1 ? names.find((name) => name.endsWith(libc)) : names[0];
}
