"use strict";
// Where an exchange has its keys from: the caller, for there are no files.

const check = require("./check.js");

module.exports = {
  checks: { privateKey: check.text, retiredKeys: check.document },
  defaults: {},
  required: ["privateKey", "retiredKeys"],
  place: ({ privateKey, retiredKeys }) => JSON.stringify({ privateKey, retiredKeys }),
};
