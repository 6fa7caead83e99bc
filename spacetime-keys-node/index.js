"use strict";
// What the package exports; described in index.d.ts.

const { createExchange } = require("./lib/create-exchange.js");
const { createIssuer } = require("./lib/create-issuer.js");
const { diagnose } = require("./lib/doctor.js");
const engine = require("./lib/engine.js");
const { Exchange, exchangeToken } = require("./lib/exchange.js");
const { auditFleet, planRotation } = require("./lib/fleet.js");
const { deriveIdentities, deriveIdentitiesAsync, deriveIdentity } = require("./lib/identities.js");
const keys = require("./lib/keys.js");
const { lockHost } = require("./lib/lock.js");
const { jwks, lintJwks, openidConfiguration } = require("./lib/sets.js");
const { KeysError } = require("./lib/errors.js");
const { toNodeHandler } = require("./lib/node-handler.js");
const { RemoteVerifier } = require("./lib/remote-verifier.js");
const { Signer } = require("./lib/signer.js");
const signing = require("./lib/signing.js");
const { checkToken, decodeToken } = require("./lib/tokens.js");
const { Verifier, verifyToken } = require("./lib/verifier.js");
const { version } = require("./lib/version.js");

module.exports = {
  Exchange,
  KeysError,
  RemoteVerifier,
  Signer,
  Verifier,
  auditFleet,
  checkKeyPair: keys.checkKeyPair,
  checkToken,
  createExchange,
  createIssuer,
  decodeToken,
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  diagnose,
  exchangeToken,
  exportJwk: keys.exportJwk,
  fingerprint: keys.fingerprint,
  generateKeyPair: keys.generateKeyPair,
  importJwk: keys.importJwk,
  jwks,
  lintJwks,
  lockHost,
  mendAndRotate: engine.mendAndRotate,
  mintToken: signing.mintToken,
  normalizePem: keys.normalizePem,
  openidConfiguration,
  planRotation,
  resignCliToml: signing.resignCliToml,
  resignCliTomlFile: engine.resignCliTomlFile,
  resignToken: signing.resignToken,
  restoreToken: engine.restoreToken,
  resume: engine.resume,
  rollback: engine.rollback,
  rotate: engine.rotate,
  sync: engine.sync,
  thumbprint: keys.thumbprint,
  toNodeHandler,
  verifyFleet: engine.verifyFleet,
  verifyToken,
  version,
};
