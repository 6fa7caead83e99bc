"use strict";
// The engine: what it does is done off the main thread, and told as it happens.

const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const { camelCase } = require("./fleet.js");
const native = require("./native.js");
const { readResignWithKey } = require("./signing.js");

const names = check.list(check.text);

const readFleet = check.fields(
  {
    store: check.fields({
      kind: check.oneOf("directory", "az"),
      path: check.text,
      program: check.text,
      timeout: check.seconds,
      secretFiles: check.text,
    }),
    environments: vaultsByEnvironment,
    groups: check.list(names),
    maxAgeDays: check.count(0xffffffff),
    secrets: check.fields({ privateKey: check.text, publicKey: check.text, escrow: check.text }),
    state: check.text,
    mountedKeysDir: check.text,
    cliToml: check.text,
  },
  {
    secrets: {},
    maxAgeDays: 0,
    mountedKeysDir: ".generated/spacetimedb-keys",
    cliToml: "./data/.config/spacetime/cli.toml",
  },
);

const watching = { onEvent: func, signal: abortSignal };
const forHost = { dryRun: check.flag, syncMounted: check.flag, preservePublisher: check.flag };
const trusting = {
  expectIdentity: check.text,
  allowUnverified: check.flag,
  allowExternalIssuer: check.flag,
};
const NO_NEW_PAIR = { adoptMounted: false, replaceLostKey: false };
const DEFAULTS = {
  environments: [],
  dryRun: false,
  syncMounted: true,
  preservePublisher: true,
  allowUnverified: false,
  allowExternalIssuer: false,
  ...NO_NEW_PAIR,
};

/** What a run takes beside what all take. */
const reading = (own) => check.fields({ ...own, ...forHost, ...trusting, ...watching }, DEFAULTS);
const readRotate = reading({
  environments: names,
  host: check.text,
  adoptMounted: check.flag,
  replaceLostKey: check.flag,
});
const readResume = reading({ environments: names, host: check.text });
const readRollback = reading({ environment: check.text, host: check.text });
const readSync = reading({ environment: check.text });
const readVerify = check.fields(
  { environments: names, host: check.flag, likelyHost: check.text, ...watching },
  { host: true },
);
const readRestore = check.fields({
  environment: check.text,
  expectIdentity: check.text,
  ...watching,
});

/** Environments and their vaults, in the order of the object's fields. */
function vaultsByEnvironment(value, name) {
  return check.reading(name, () => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      check.fail(name, "must be an object: environment = vault");
    }
    const at = () => `a field of ${check.nameOf(name)}`;
    return Object.keys(value).map((key) => [check.text(key, at), check.text(value[key], at)]);
  });
}

function func(value, name) {
  if (typeof value !== "function") check.fail(name, "must be a function");
  return value;
}

function abortSignal(value, name) {
  return check.reading(name, () => {
    if (!(value instanceof AbortSignal)) check.fail(name, "must be an AbortSignal");
    return value;
  });
}

function needed(value, name) {
  if (value === undefined) check.fail(name, "must be a string");
  return value;
}

/** Calls the engine, and hands its events on. */
async function run(work, fleet, { onEvent, signal, ...wish }) {
  const found = readFleet(fleet, "fleet");
  if (found.store?.kind === undefined) check.fail("fleet.store.kind", "must be a string");
  const stop = new native.Stop();
  const onAbort = () => stop.stop();
  let thrown = null;
  let end;
  const told = new Promise((resolve) => {
    end = resolve;
  });
  const emit = (json) => {
    // Events come by another way than the result. The last one is none.
    if (json === "null") end();
    else if (onEvent !== undefined && thrown === null) {
      try {
        onEvent(JSON.parse(json));
      } catch (error) {
        thrown = { error };
        stop.stop();
      }
    }
  };
  if (signal?.aborted) stop.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    const working = attempt(() => work(JSON.stringify(found), JSON.stringify(wish), emit, stop));
    const [ended] = await Promise.allSettled([working, told]);
    if (thrown !== null) throw thrown.error;
    if (ended.status === "rejected") throw translate(ended.reason);
    return JSON.parse(ended.value, camelCase);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

const operate = (operation, fleet, wish) => run(native.runRotation, fleet, { operation, ...wish });

function readNamed(options) {
  const wish = readRotate(options, "options");
  if (wish.environments.length > 0) return wish;
  return check.fail("options.environments", "must name an environment");
}

async function rotate(fleet, options) {
  return operate("rotate", fleet, readNamed(options));
}

async function mendAndRotate(fleet, options) {
  return run(native.mendAndRotate, fleet, { operation: "rotate", ...readNamed(options) });
}

async function resume(fleet, options) {
  return operate("resume", fleet, { ...readResume(options, "options"), ...NO_NEW_PAIR });
}

async function rollback(fleet, options) {
  const { environment, ...wish } = readRollback(options, "options");
  const environments = [needed(environment, "options.environment")];
  return operate("rollback", fleet, { ...wish, ...NO_NEW_PAIR, environments });
}

async function sync(fleet, options) {
  const { environment, ...wish } = readSync(options, "options");
  const environments = [needed(environment, "options.environment")];
  return operate("sync", fleet, { ...wish, ...NO_NEW_PAIR, environments, host: environment });
}

async function verifyFleet(fleet, options) {
  return run(native.verifyFleet, fleet, readVerify(options, "options"));
}

async function restoreToken(fleet, options) {
  const wish = readRestore(options, "options");
  needed(wish.environment, "options.environment");
  return run(native.restoreToken, fleet, wish);
}

async function resignCliTomlFile(path, options) {
  check.text(path, "path");
  const { privateKey, now = check.now(), ...wish } = readResignWithKey(options, "options");
  needed(privateKey, "options.privateKey");
  const json = JSON.stringify({ ...wish, now });
  const working = attempt(() => native.resignCliTomlFile(path, privateKey, json));
  try {
    return JSON.parse(await working);
  } catch (error) {
    throw translate(error);
  }
}

module.exports = {
  mendAndRotate,
  resignCliTomlFile,
  restoreToken,
  resume,
  rollback,
  rotate,
  sync,
  verifyFleet,
};
