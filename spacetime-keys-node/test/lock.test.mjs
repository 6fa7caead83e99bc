// lockHost: one holder at a time, and the program is refused by it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { lockHost } from "spacetime-keys";
import { cli } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";

const root = mkdtempSync(join(tmpdir(), "spacetime-keys-lock-"));
const host = { mountedKeysDir: join(root, "keys"), cliToml: join(root, "cli/cli.toml") };
mkdirSync(host.mountedKeysDir);
mkdirSync(join(root, "cli"));
writeFileSync(host.cliToml, "");
after(() => rmSync(root, { recursive: true }));

describe("lockHost", () => {
  it("has one holder at a time, by either folder", () => {
    const lock = lockHost(host, "my-script");
    for (const other of [
      host,
      { ...host, mountedKeysDir: root },
      { ...host, cliToml: "cli.toml" },
    ]) {
      const message = keysError(() => lockHost(other, "another"), "ERR_LOCKED").message;
      assert.match(message, /`my-script`, since 2.*process \d+/);
    }
    lock.release();
    lock.release();
    lockHost(host, "another").release();
    assert.deepEqual(readdirSync(host.mountedKeysDir), [], "nothing is left there");
  });

  it("refuses the program", () => {
    const lock = lockHost(host, "my-script");
    const paths = ["--mounted-keys-dir", host.mountedKeysDir, "--cli-toml", host.cliToml];
    const run = cli(["rotate", "--env", "local", "--yes", ...paths], { folder: root });
    lock.release();
    assert.equal(run.exit, 3);
    assert.match(run.out.error.message, /`my-script`/);
  });

  it("wants strings", () => {
    for (const wrong of [undefined, {}, { mountedKeysDir: 1, cliToml: "" }, { cliToml: "a" }]) {
      assert.throws(() => lockHost(wrong, "x"), TypeError);
    }
    assert.throws(() => lockHost(host), TypeError);
  });
});
