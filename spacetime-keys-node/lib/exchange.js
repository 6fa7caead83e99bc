"use strict";

const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const addon = require("./native.js");

const keyChecks = { privateKey: check.text, retiredKeys: check.document };
const callChecks = { lifetime: check.seconds, now: check.time };
const withKeys = (checks) =>
  check.required(check.fields({ ...keyChecks, ...checks }), "privateKey", "retiredKeys");
const readKeys = withKeys({});
const readOnce = withKeys(callChecks);
const readCall = check.fields(callChecks);

class Exchange {
  #native;

  constructor(keys) {
    this.#native = open(readKeys(keys, "keys"));
  }

  exchange(token, options) {
    const native = this.#native;
    check.text(token, "token");
    return exchange(native, token, readCall(options, "options"));
  }
}

function exchangeToken(token, options) {
  check.text(token, "token");
  const wish = readOnce(options, "options");
  return exchange(open(wish), token, wish);
}

function open({ privateKey, retiredKeys }) {
  return attempt(() => new addon.Exchange(privateKey, retiredKeys));
}

/** A refusal is thrown, so that nobody can take its result for a token that holds. */
function exchange(native, token, { lifetime, now = check.now() }) {
  try {
    return JSON.parse(native.exchange(token, lifetime, now));
  } catch (error) {
    throw translate(error);
  }
}

module.exports = { Exchange, exchangeToken };
