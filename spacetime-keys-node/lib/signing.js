"use strict";
// Minting and re-signing: with a key that a `Signer` keeps, or with one that is used once.

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const MINT_DEFAULTS = { audience: [], purpose: "app", target: "dev" };
const mintChecks = {
  issuer: check.text,
  subject: check.text,
  audience: check.oneOrMany(check.text),
  ttl: check.seconds,
  purpose: check.oneOf("app", "robot", "delegated", "owner"),
  target: check.oneOf("prod", "test", "dev", "local"),
  claims: check.json,
  now: check.time,
};
const readMint = check.fields(mintChecks, MINT_DEFAULTS);
const readMintWithKey = check.fields({ privateKey: check.text, ...mintChecks }, MINT_DEFAULTS);

const RESIGN_DEFAULTS = {
  previousPublicKey: [],
  allowUnverified: false,
  allowExternalIssuer: false,
  expiry: "clear",
};
const resignChecks = {
  previousPublicKey: check.oneOrMany(check.text),
  expectIdentity: check.text,
  allowUnverified: check.flag,
  allowExternalIssuer: check.flag,
  expiry: (value, name) =>
    typeof value === "number"
      ? check.seconds(value, name)
      : check.oneOf("clear", "keep")(
          value,
          () => `${check.nameOf(name)}, if no number of seconds,`,
        ),
  now: check.time,
};
const readResign = check.fields(resignChecks, RESIGN_DEFAULTS);
const readResignWithKey = check.fields(
  { privateKey: check.text, ...resignChecks },
  RESIGN_DEFAULTS,
);

/** The addon's signer of a key. */
function open(privateKey, name) {
  check.text(privateKey, name);
  return attempt(() => new native.Signer(privateKey));
}

function mint(signer, { claims, now = check.now(), ...rest }) {
  const wish = check.own(rest);
  check.text(wish.issuer, "options.issuer");
  check.text(wish.subject, "options.subject");
  // Claims are JSON already: parsing them here would lose digits.
  const without = JSON.stringify({ ...wish, now });
  const json = claims === undefined ? without : `${without.slice(0, -1)},"claims":${claims}}`;
  return JSON.parse(attempt(() => signer.mint(json)));
}

/** `method`: of the addon's signer, `resign` or `resignCliToml`. */
function resign(signer, method, text, { now = check.now(), ...wish }) {
  const json = JSON.stringify({ ...wish, now });
  return JSON.parse(attempt(() => signer[method](text, json)));
}

function mintToken(options) {
  const { privateKey, ...wish } = readMintWithKey(options, "options");
  return mint(open(privateKey, "options.privateKey"), check.own(wish));
}

function resignToken(token, options) {
  check.text(token, "token");
  return resignOnce("resign", token, options);
}

function resignCliToml(text, options) {
  check.text(text, "text");
  return resignOnce("resignCliToml", text, options);
}

function resignOnce(method, text, options) {
  const { privateKey, ...wish } = readResignWithKey(options, "options");
  return resign(open(privateKey, "options.privateKey"), method, text, check.own(wish));
}

module.exports = {
  mint,
  mintToken,
  open,
  readMint,
  readResign,
  readResignWithKey,
  resign,
  resignCliToml,
  resignToken,
};
