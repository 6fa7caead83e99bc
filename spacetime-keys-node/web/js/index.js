"use strict";
// What the package exports on WebAssembly: all that needs no files. Described in web/index.d.mts.

const { createExchange } = require("./create-exchange.js");
const { createIssuer } = require("./create-issuer.js");
const { Exchange, exchangeToken } = require("./exchange.js");
const identities = require("./identities.js");
const keys = require("./keys.js");
const { jwks, lintJwks, openidConfiguration } = require("./sets.js");
const { KeysError } = require("./errors.js");
const { RemoteVerifier } = require("./remote-verifier.js");
const { Signer } = require("./signer.js");
const { mintToken, resignToken } = require("./signing.js");
const { checkToken, decodeToken } = require("./tokens.js");
const { Verifier, verifyToken } = require("./verifier.js");
const { version } = require("./version.js");

module.exports = {
  ...{ Exchange, KeysError, RemoteVerifier, Signer, Verifier },
  ...{ createExchange, createIssuer, exchangeToken },
  ...keys,
  ...identities,
  ...{ jwks, lintJwks, openidConfiguration },
  ...{ mintToken, resignToken },
  ...{ checkToken, decodeToken, verifyToken, version },
};
