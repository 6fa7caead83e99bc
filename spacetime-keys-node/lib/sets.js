"use strict";

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const keyList = check.oneOrMany(check.text);

function jwks(publicKeys) {
  const json = JSON.stringify(keyList(publicKeys, "publicKeys"));
  return JSON.parse(attempt(() => native.jwks(json)));
}

function openidConfiguration(issuer, publicKeys) {
  check.text(issuer, "issuer");
  const json = JSON.stringify(keyList(publicKeys, "publicKeys"));
  return JSON.parse(attempt(() => native.openidConfiguration(issuer, json)));
}

function lintJwks(jwks) {
  const json = check.document(jwks, "jwks");
  return JSON.parse(attempt(() => native.lintJwks(json)));
}

module.exports = { jwks, lintJwks, openidConfiguration };
