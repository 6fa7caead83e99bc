// A machine with Node, npm and bun, and no compiler, no Rust and no network.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { packageFolder, temporaryFolder } from "./files.mjs";

export const bun = process.env.BUN ?? join(packageFolder, "node_modules/.bin/bun");
const missing = ["cargo", "rustc", "cc", "gcc", "clang", "make", "cmake", "node-gyp", "python3"];
const basics = ["env", "sh", "npm"];

function whereIs(program) {
  const folder = process.env.PATH.split(delimiter).find((each) => existsSync(join(each, program)));
  return folder && realpathSync(join(folder, program));
}

/** The only folder on PATH. */
function binFolder() {
  const folder = temporaryFolder();
  symlinkSync(process.execPath, join(folder, "node"));
  symlinkSync(realpathSync(bun), join(folder, "bun"));
  for (const program of basics) symlinkSync(whereIs(program), join(folder, program));
  return folder;
}

export class Sandbox {
  constructor() {
    this.home = temporaryFolder();
    this.env = {
      PATH: binFolder(),
      HOME: this.home,
      npm_config_cache: join(this.home, "cache"),
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    };
  }

  /** Runs a program of the sandbox. */
  run(folder, program, ...args) {
    const options = { cwd: folder, env: this.env, encoding: "utf8" };
    const { error, status, stdout, stderr } = spawnSync(
      join(this.env.PATH, program),
      args,
      options,
    );
    if (error) throw error;
    return { status, stdout, stderr };
  }

  /** Those of the programs that a build would need that are there. */
  compilers() {
    const found = (program) => this.run(this.home, "sh", "-c", `command -v ${program}`);
    return missing.filter((program) => found(program).status === 0);
  }

  /** A new folder with these tarballs installed as a user does it. */
  install(...tarballs) {
    const folder = join(this.home, `app-${Math.random().toString(36).slice(2)}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true }\n');
    const { status, stderr } = this.run(folder, "npm", "install", ...tarballs);
    if (status !== 0) throw new Error(`npm install failed: ${stderr}`);
    return folder;
  }
}
