"use strict";

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const exporting = check.fields({ private: check.flag }, { private: false });
const generation = check.fields({ algorithm: check.oneOf("ES256", "RS256") });

function normalizePem(pem) {
  check.text(pem, "pem");
  return attempt(() => native.normalizePem(pem));
}

function generateKeyPair(options) {
  const { algorithm } = generation(options, "options");
  return JSON.parse(attempt(() => native.generateKeyPair(algorithm === "RS256")));
}

function checkKeyPair(privateKey, publicKey) {
  check.text(privateKey, "privateKey");
  check.text(publicKey, "publicKey");
  return JSON.parse(attempt(() => native.checkKeyPair(privateKey, publicKey)));
}

function fingerprint(key) {
  check.text(key, "key");
  return attempt(() => native.fingerprint(key));
}

function thumbprint(key) {
  check.text(key, "key");
  return attempt(() => native.thumbprint(key));
}

function importJwk(jwk) {
  const json = check.document(jwk, "jwk");
  return JSON.parse(attempt(() => native.importJwk(json)));
}

function exportJwk(key, options) {
  check.text(key, "key");
  const { private: isPrivate } = exporting(options, "options");
  return JSON.parse(attempt(() => native.exportJwk(key, isPrivate)));
}

module.exports = {
  checkKeyPair,
  exportJwk,
  fingerprint,
  generateKeyPair,
  importJwk,
  normalizePem,
  thumbprint,
};
