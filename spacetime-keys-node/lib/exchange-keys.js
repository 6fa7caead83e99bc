"use strict";
// Where an exchange has its keys from: the files of a host. On WebAssembly: web/js/exchange-keys.js.

const check = require("./check.js");

module.exports = {
  checks: { mountedKeysDir: check.text },
  defaults: { mountedKeysDir: ".generated/spacetimedb-keys" },
  required: [],
  /** What the addon's `Front` wants to know. */
  place: ({ mountedKeysDir }) => mountedKeysDir,
};
