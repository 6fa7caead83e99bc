"use strict";
// Loads the addon: one that was built here, or the platform package that npm chose.

const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { keysError } = require("./errors.js");
const { candidates } = require("./targets.js");

function load() {
  const names = candidates();
  let found = null;
  for (const name of names) {
    const local = join(__dirname, "..", `spacetime-keys.${name}.node`);
    if (existsSync(local)) return require(local);
    try {
      return require(`@spacetime-keys/${name}`);
    } catch (error) {
      // There, but for another C library, or damaged.
      if (error?.code !== "MODULE_NOT_FOUND") found = name;
    }
  }
  const machine = `${process.platform}-${process.arch}`;
  if (found) {
    throw keysError({
      code: "ERR_ADDON_UNUSABLE",
      message: `the addon of spacetime-keys for ${machine} is there, but cannot be loaded`,
      hint: `remove node_modules and install again on this machine; the package is @spacetime-keys/${found}`,
    });
  }
  const packages = names.map((name) => `@spacetime-keys/${name}`).join(" or ");
  throw keysError({
    code: "ERR_ADDON_MISSING",
    message: `there is no addon of spacetime-keys for ${machine} here`,
    hint: names.length
      ? `install without --omit=optional: it is in the package ${packages}`
      : "there is none for this machine; the program `spacetime-keys` can be built for it",
  });
}

module.exports = load();
