"use strict";

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const optionalText = check.orNull(check.text);
const optionalTime = check.orNull(check.time);
const names = check.list(check.text);

const earlier = check.fields({
  version: check.text,
  privateKey: check.text,
  fingerprint: check.text,
  created: optionalTime,
});
const vault = check.fields(
  {
    environment: check.text,
    vault: check.text,
    privateKey: optionalText,
    publicKey: optionalText,
    created: optionalTime,
    version: check.text,
    earlier: check.list(check.required(earlier, "version")),
    escrow: optionalText,
    unavailable: check.flag,
  },
  { version: "latest", earlier: [], unavailable: false },
);
const host = check.fields(
  {
    privateKey: optionalText,
    publicKey: optionalText,
    worldAccessible: check.flag,
    cliToml: optionalText,
  },
  { worldAccessible: false },
);
const contents = check.required(
  check.fields(
    {
      vaults: check.list(check.required(vault, "environment", "vault")),
      host,
      groups: check.list(names),
      maxAgeDays: check.count(0xffffffff),
    },
    { maxAgeDays: 0 },
  ),
  "vaults",
);
const audit = check.fields({
  environments: names,
  host: check.flag,
  likelyHost: check.text,
  now: check.time,
});
/** What every operation takes, to plan it or to do it. */
const forRun = {
  syncMounted: check.flag,
  preservePublisher: check.flag,
  expectIdentity: check.text,
  allowUnverified: check.flag,
  allowExternalIssuer: check.flag,
};
/** What leads to a new pair takes these, too. */
const forNewPair = { adoptMounted: check.flag, replaceLostKey: check.flag };
const RUN_DEFAULTS = {
  syncMounted: true,
  preservePublisher: true,
  adoptMounted: false,
  replaceLostKey: false,
  allowUnverified: false,
  allowExternalIssuer: false,
};
const request = check.required(
  check.fields(
    {
      operation: check.oneOf("rotate", "resume", "rollback", "sync"),
      environments: names,
      host: check.text,
      ...forRun,
      ...forNewPair,
    },
    RUN_DEFAULTS,
  ),
  "operation",
  "environments",
);

function auditFleet(fleet, options) {
  const found = contents(fleet, "fleet");
  const defaults = { host: found.host !== undefined, now: check.now() };
  const wish = JSON.stringify({ ...defaults, ...audit(options, "options") });
  const report = attempt(() => native.auditFleet(JSON.stringify(found), wish));
  return JSON.parse(report, camelCase);
}

function planRotation(fleet, wish) {
  const json = JSON.stringify(contents(fleet, "fleet"));
  const asked = JSON.stringify(request(wish, "request"));
  return JSON.parse(attempt(() => native.planRotation(json, asked)));
}

/** For `JSON.parse`: names with underscores become names as JavaScript writes them. */
function camelCase(_, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const named = Object.entries(value).map(([key, field]) => [
    key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    field,
  ]);
  return Object.fromEntries(named);
}

module.exports = {
  RUN_DEFAULTS,
  auditFleet,
  camelCase,
  forNewPair,
  forRun,
  planRotation,
  vault,
};
