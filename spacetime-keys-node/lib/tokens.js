"use strict";

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const asking = check.fields({
  publicKey: check.text,
  jwks: check.document,
  server: check.text,
  now: check.time,
});

function decodeToken(token) {
  check.text(token, "token");
  return JSON.parse(attempt(() => native.decodeToken(token)));
}

function checkToken(token, options) {
  check.text(token, "token");
  const { now = check.now(), ...wish } = asking(options, "options");
  const json = JSON.stringify({ ...wish, now });
  return JSON.parse(attempt(() => native.checkToken(token, json)));
}

module.exports = { checkToken, decodeToken };
