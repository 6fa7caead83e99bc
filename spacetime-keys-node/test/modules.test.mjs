// One package, by import and by require.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";

import * as imported from "spacetime-keys";

import { read, packageFolder } from "./support/files.mjs";

const require = createRequire(import.meta.url);
const required = require("spacetime-keys");

describe("the package", () => {
  it("gives the same objects to import and to require", () => {
    const names = Object.keys(imported).filter(
      (name) => name !== "default" && name !== "module.exports",
    );
    assert.deepEqual(names.sort(), Object.keys(required).sort(), "the same names");
    for (const name of names) assert.equal(imported[name], required[name], `${name} is one object`);
    assert.ok(names.length > 18, `${names.length} names`);
  });

  it("has the version of its package.json", () => {
    const { version } = JSON.parse(read(`${packageFolder}/package.json`));
    assert.equal(imported.version, version, "the version");
    assert.equal(require("spacetime-keys/package.json").version, version, "which can be read");
  });

  it("has classes that can be told", () => {
    for (const name of ["Signer", "Verifier"]) {
      assert.equal(imported[name].name, name, "the name");
      assert.throws(() => imported[name](), TypeError, `${name} needs new`);
    }
  });

  it("can be loaded dynamically, again and again", async () => {
    for (let round = 0; round < 20; round += 1) {
      const again = await import("spacetime-keys");
      assert.equal(again.Signer, imported.Signer, "the same class");
    }
  });

  it("shows nothing of its inside", async () => {
    await assert.rejects(import("spacetime-keys/lib/native.js"), "lib is private");
    assert.throws(() => require("spacetime-keys/lib/native.js"), "to require, too");
    await assert.rejects(
      import("spacetime-keys/tooling/az.ts"),
      "so is what the script is made of",
    );
  });
});
