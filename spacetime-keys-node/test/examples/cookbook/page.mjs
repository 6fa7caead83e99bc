// The commands of a page that need a server: its `sh server` blocks, run as they stand, one after the other, in
// one folder.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { Host } from "../../real-server/support/host.mjs";
import { PACKAGE } from "./world.mjs";

const BLOCK = /^```sh server\n(?<script>.*?)^```\n(?:```text\n(?<printed>.*?)^```$)?/gms;

export class Page {
  #host;
  #blocks;
  #environment;

  /** @param environment What the page's reader has set: its variables. */
  constructor(name, host, environment) {
    const text = readFileSync(join(PACKAGE, "../docs", name), "utf8");
    this.#blocks = [...text.matchAll(BLOCK)].map(({ groups }) => groups);
    this.#host = host;
    const programs = host.path("programs");
    host.succeed(["mkdir", programs]);
    // Users call it so.
    const cli = `#!/bin/sh\nexec '${Host.real("spacetimedb-cli")}' "$@"\n`;
    writeFileSync(join(programs, "spacetime"), cli, { mode: 0o755 });
    const ours = dirname(process.env.SPACETIME_KEYS_BIN);
    const path = [programs, ours, process.env.PATH].join(delimiter);
    this.#environment = { ...environment, PATH: path };
  }

  /** Runs the first block with this in it, and compares what it prints with what the page shows. */
  run(part) {
    const block = this.#blocks.find(({ script }) => script.includes(part));
    assert.ok(block, `${part}: not on the page`);
    const bash = ["bash", "-euo", "pipefail", "-c", block.script];
    const { stdout } = this.#host.succeed(bash, this.#environment);
    if (block.printed === undefined) assert.equal(stdout, "");
    else assert.match(stdout, pattern(block.printed));
  }
}

/** `[..]` stands for anything within a line. */
function pattern(expected) {
  const quoted = expected.split("[..]").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${quoted.join(".*")}\\s*$`);
}
