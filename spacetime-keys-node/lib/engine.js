"use strict";
// The engine: what it does is done off the main thread, and told as it happens.

const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const { RUN_DEFAULTS, camelCase, forNewPair, forRun } = require("./fleet.js");
const native = require("./native.js");
const { readResignWithKey } = require("./signing.js");

const names = check.list(check.text);

const readStore = check.fields({
  kind: check.oneOf("directory", "az"),
  path: check.text,
  program: check.text,
  timeout: check.seconds,
  secretFiles: check.text,
});
const fleetFields = check.fields(
  {
    store: check.required(readStore, "kind"),
    environments: vaultsByEnvironment,
    groups: check.list(names),
    maxAgeDays: check.count(0xffffffff),
    honorOldTokens: check.seconds,
    secrets: check.fields({
      privateKey: check.text,
      publicKey: check.text,
      escrow: check.text,
      retiredKeys: check.text,
    }),
    state: check.text,
    mountedKeysDir: check.text,
    cliToml: check.text,
  },
  {
    secrets: {},
    maxAgeDays: 0,
    honorOldTokens: 0,
    mountedKeysDir: ".generated/spacetimedb-keys",
    cliToml: "./data/.config/spacetime/cli.toml",
  },
);

const readFleet = check.required(fleetFields, "store");

const watching = { onEvent: check.func, signal: abortSignal };
const DEFAULTS = { ...RUN_DEFAULTS, environments: [], dryRun: false };

/** What a run takes beside what all take. */
const reading = (own) =>
  check.fields({ ...own, dryRun: check.flag, ...forRun, ...watching }, DEFAULTS);
const rotateFields = reading({
  environments: names,
  host: check.text,
  ...forNewPair,
  honorOldTokens: check.seconds,
  compromised: check.flag,
});
function readRotate(value, name) {
  const found = rotateFields(value, name);
  if (found.compromised && found.honorOldTokens > 0) {
    check.fail(
      name,
      "must not have both compromised and honorOldTokens: what has leaked is not honoured",
    );
  }
  return found;
}
const readResume = reading({ environments: names, host: check.text });
const readRollback = check.required(
  reading({ environment: check.text, host: check.text }),
  "environment",
);
const readSync = check.required(reading({ environment: check.text }), "environment");
const readVerify = check.fields(
  { environments: names, host: check.flag, likelyHost: check.text, ...watching },
  { host: true },
);
const readRestore = check.required(
  check.fields({ environment: check.text, expectIdentity: check.text, ...watching }),
  "environment",
);

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

function abortSignal(value, name) {
  return check.reading(name, () => {
    if (!(value instanceof AbortSignal)) check.fail(name, "must be an AbortSignal");
    return value;
  });
}

/** Calls the engine, and hands its events on. */
async function run(work, fleet, options) {
  const { onEvent, signal, ...wish } = check.own(options);
  const found = readFleet(fleet, "fleet");
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
  return operate("resume", fleet, readResume(options, "options"));
}

async function rollback(fleet, options) {
  const { environment, ...wish } = readRollback(options, "options");
  return operate("rollback", fleet, { ...wish, environments: [environment] });
}

async function sync(fleet, options) {
  const { environment, ...wish } = readSync(options, "options");
  return operate("sync", fleet, { ...wish, environments: [environment], host: environment });
}

async function verifyFleet(fleet, options) {
  return run(native.verifyFleet, fleet, readVerify(options, "options"));
}

async function restoreToken(fleet, options) {
  return run(native.restoreToken, fleet, readRestore(options, "options"));
}

async function resignCliTomlFile(path, options) {
  check.text(path, "path");
  const { privateKey, now = check.now(), ...wish } = readResignWithKey(options, "options");
  check.text(privateKey, "options.privateKey");
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
