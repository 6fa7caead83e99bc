"use strict";

const check = require("./check.js");
const { attempt } = require("./errors.js");
const { camelCase, vault } = require("./fleet.js");
const native = require("./native.js");

const optionalText = check.orNull(check.text);
const mode = check.count(0o7777);

// `null` is a finding here: there was no answer, or no such file.
const answer = check.orNull(
  check.required(
    check.fields(
      { status: check.count(999), contentType: check.text, body: check.text },
      { contentType: "", body: "" },
    ),
    "status",
  ),
);
const server = check.fields({
  url: check.text,
  health: answer,
  publicKey: answer,
  token: answer,
  database: answer,
  parent: answer,
  databases: answer,
});
const host = check.fields({
  privateKey: optionalText,
  publicKey: optionalText,
  privateMode: mode,
  publicMode: mode,
  cliToml: optionalText,
});
const places = check.fields(
  {
    cliToml: check.text,
    keysDir: check.text,
    areConfigured: check.flag,
    config: check.text,
    restart: check.text,
  },
  { cliToml: "cli.toml", keysDir: ".", areConfigured: false, restart: "" },
);
const observations = check.fields(
  {
    now: check.time,
    server,
    host,
    vaults: check.list(check.required(vault, "environment", "vault")),
    environment: check.text,
    likelyHost: check.text,
    log: check.text,
    places,
  },
  { vaults: [], places: places(undefined, "observations.places") },
);

function diagnose(seen) {
  const found = { now: check.now(), ...observations(seen, "observations") };
  return JSON.parse(
    attempt(() => native.diagnose(JSON.stringify(found))),
    camelCase,
  );
}

module.exports = { diagnose };
