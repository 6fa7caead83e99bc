// Every function, constructor and method, with arguments that are good, and what kind each is.

import { dirname } from "node:path";

import * as api from "spacetime-keys";

import { ec, hostPrivate, hostPublic, other } from "./keys.mjs";
import { Host } from "./engine.mjs";
import { read, temporaryFolder, throwawayHost } from "./files.mjs";
import { list, old } from "./retired.mjs";
import { signByHand } from "./tokens.mjs";

export const now = 1_800_000_000;
const { Exchange, RemoteVerifier, Signer, Verifier } = api;
const signer = new Signer(ec.privateKey);
const verifier = new Verifier(ec.publicKey);
const caching = new Verifier(ec.publicKey, { cache: 100 });
const claims = { iss: "localhost", sub: "a", x: 1 };
const token = signer.sign(claims, { now });
const set = api.jwks(ec.publicKey);
const remoteOptions = {
  audience: null,
  algorithm: "ES256",
  leeway: 5,
  cache: 10,
  jwksUrl: "https://a.example/keys",
  plainHttp: false,
  maxAge: 300,
  maxStale: 3600,
  cooldown: 30,
  timeout: 5,
  fetch: async () => Response.json(set),
};
const remote = new RemoteVerifier("https://a.example", remoteOptions);
const remoteToken = signer.sign({ ...claims, iss: "https://a.example" }, { now });
const { cliToml, privateKey: mountedKey } = throwawayHost();
const hostToml = read(cliToml);
const identity = api.deriveIdentity("localhost", "a");

// What objects without fields of their own are taken for: no options.
const bare = [
  "undefined",
  "empty object",
  "symbol key",
  "arraybuffer",
  "date",
  "invalid date",
  "regexp",
  "error",
  "map",
  "set",
  "promise",
  "number object",
  "toPrimitive",
];
const objects = ["object", "object in object", "object without prototype", "own __proto__"];
const jsonObjects = [...bare, ...objects, "honest proxy", "instance", "toString"];

/** Kind of argument → the hostile values that it may be. All others are refused. */
export const kinds = {
  // A string that is looked at more closely afterwards.
  word: [],
  optionalWord: ["undefined"],
  text: ["string", "empty string", "zero character", "huge"],
  optionalText: ["undefined", "string", "empty string", "zero character", "huge"],
  seconds: ["undefined", "zero", "one", "negative zero"],
  time: ["undefined", "zero", "one", "negative", "negative zero"],
  flag: ["undefined", "true"],
  options: bare,
  // An object in which something must be.
  needs: [],
  list: ["empty array"],
  texts: ["empty array", "array", "odd array"],
  optionalTexts: ["undefined", "empty array", "array", "odd array"],
  claims: [...jsonObjects, "buffer", "uint8array", "string object", "getter of an unknown name"],
  // A claim: what has no JSON form is left out.
  claim: ["ANY"],
};
kinds.claimText = [
  ...kinds.optionalText,
  // What JSON.stringify leaves out, or makes a string of.
  ...["symbol", "function", "class", "date", "string object", "toJSON that lies"],
];
kinds.code = ["zero", "one", "negative zero"];
// A rollover that is over: then the key must be one that signs.
kinds.from = [];
kinds.likely = ["undefined", "string"];
kinds.null = ["undefined", "null"];
kinds.nullableText = [...kinds.optionalText, "null"];
kinds.nullText = [...kinds.text, "null"];
kinds.nullableTime = [...kinds.time, "null"];

const verification = {
  "1.issuer": "nullableText",
  "1.audience": "nullableText",
  "1.algorithm": "optionalWord",
  "1.leeway": "seconds",
};
const minting = (at, more) => ({
  [at]: "needs",
  [`${at}.issuer`]: "text",
  [`${at}.subject`]: "text",
  [`${at}.audience`]: "optionalTexts+text",
  [`${at}.ttl`]: "seconds",
  [`${at}.purpose`]: "optionalWord",
  [`${at}.target`]: "optionalWord",
  [`${at}.claims`]: "claims",
  [`${at}.claims.azp`]: "claimText",
  [`${at}.claims.free`]: "claim",
  [`${at}.now`]: "time",
  ...more,
});
const resigning = (at) => ({
  [`${at}.previousPublicKey`]: "list+optionalWord",
  [`${at}.previousPublicKey.0`]: "word",
  [`${at}.expectIdentity`]: "optionalWord",
  [`${at}.allowUnverified`]: "flag",
  [`${at}.allowExternalIssuer`]: "flag",
  [`${at}.expiry`]: "seconds",
  [`${at}.now`]: "time",
});
const exchangeKeys = { privateKey: ec.privateKey, retiredKeys: list };
const exchange = new Exchange(exchangeKeys);
const oldToken = signByHand(old.privateKey, { ...claims, iat: now - 1 });
const exchangingKeys = (at) => ({
  [at]: "needs",
  [`${at}.privateKey`]: "word",
  [`${at}.retiredKeys`]: "word",
  [`${at}.retiredKeys.keys`]: "list",
  [`${at}.retiredKeys.keys.0.revoked`]: "flag",
});
const exchanging = { 0: "word", "1.lifetime": "seconds", "1.now": "time" };
const resignOptions = {
  previousPublicKey: [other.publicKey],
  expectIdentity: identity,
  allowUnverified: false,
  allowExternalIssuer: false,
  expiry: "keep",
  now,
};
const mintOptions = {
  issuer: "https://app.example.com",
  subject: "a",
  audience: ["b"],
  ttl: 60,
  purpose: "app",
  target: "prod",
  claims: { azp: "web", free: 1 },
  now,
};
const fleet = {
  vaults: [
    {
      environment: "dev",
      vault: "kv-dev",
      privateKey: hostPrivate,
      publicKey: hostPublic,
      created: now - 86_400,
      version: "2",
      earlier: [
        {
          version: "1",
          privateKey: ec.privateKey,
          fingerprint: api.fingerprint(ec.publicKey),
          created: 1,
        },
      ],
      escrow: '{"publishers":[]}',
      unavailable: false,
    },
    { environment: "local", vault: "kv-local", privateKey: hostPrivate, publicKey: hostPublic },
  ],
  host: {
    privateKey: hostPrivate,
    publicKey: hostPublic,
    worldAccessible: false,
    cliToml: hostToml,
  },
  groups: [["dev", "local"]],
  maxAgeDays: 90,
};
const fleetParams = {
  0: "needs",
  "0.vaults": "list",
  "0.vaults.0": "needs",
  "0.vaults.0.environment": "word",
  "0.vaults.0.vault": "text",
  "0.vaults.0.privateKey": "nullableText",
  "0.vaults.0.publicKey": "nullableText",
  "0.vaults.0.created": "nullableTime",
  "0.vaults.0.version": "optionalText",
  "0.vaults.0.earlier": "list+optionalWord",
  "0.vaults.0.earlier.0": "needs",
  "0.vaults.0.earlier.0.version": "text",
  "0.vaults.0.earlier.0.privateKey": "optionalText",
  "0.vaults.0.earlier.0.fingerprint": "optionalText",
  "0.vaults.0.earlier.0.created": "nullableTime",
  "0.vaults.0.escrow": "nullableText",
  "0.vaults.0.unavailable": "flag",
  "0.host": "options",
  "0.host.privateKey": "nullableText",
  "0.host.publicKey": "nullableText",
  "0.host.worldAccessible": "flag",
  "0.host.cliToml": "nullableText",
  "0.groups": "list+optionalWord",
  "0.groups.0": "list",
  "0.groups.0.0": "word",
  "0.maxAgeDays": "seconds",
};
const diagnosed = {
  now,
  server: {
    url: "http://localhost:3000",
    health: { status: 200, contentType: "application/json", body: '{"version":"2.8.3"}' },
    publicKey: { status: 200, body: hostPublic },
    token: null,
    database: { status: 404 },
    databases: { status: 200, body: '{"identities":[]}' },
  },
  host: {
    privateKey: hostPrivate,
    publicKey: hostPublic,
    privateMode: 0o600,
    publicMode: 0o644,
    cliToml: hostToml,
  },
  vaults: fleet.vaults,
  environment: "dev",
  likelyHost: "local",
  log: "PUBLISH_SUCCESS",
  places: { cliToml: "c", keysDir: "k", areConfigured: true, config: "f", restart: "r" },
};
const fewFlags = (at, names) => Object.fromEntries(names.map((name) => [`${at}.${name}`, "flag"]));
const signing = { 1: "options", "1.ttl": "seconds", "1.now": "time" };
const signParams = {
  0: "claims",
  "0.iss": "claimText",
  "0.sub": "claimText",
  "0.x": "claim",
  ...signing,
};
const manyParams = {
  0: "list",
  "0.0": "claims",
  "0.0.sub": "claimText",
  "0.0.x": "claim",
  ...signing,
};
const moment = { 1: "options", "1.now": "time" };
const identityParams = { 0: "text", 1: "texts", "1.0": "text" };
const optionsOf = (at) => ({ [at]: "options", ...verification });
const withNow = { ttl: 60, now };

const row = (name, call, args, params, more) => ({ name, call, args, params, ...more });
/** A name `Class.method` of that object, or a function of the package. */
const of = (name, args, params, more) => row(name, api[name], args, params, more);
const on = (object, name, args, params, more) =>
  row(`${object.constructor.name}.${name}`, (...all) => object[name](...all), args, params, more);
const echoes = { echoes: true };
const isAsync = { isAsync: true };

const hostFolder = temporaryFolder();

const engineHost = new Host();
await api.rotate(engineHost.fleet, { environments: ["local"], host: "local" });
kinds.func = ["undefined", "function", "class", "proxy of function"];
kinds.handler = ["function", "class", "proxy of function"];
kinds.signal = ["undefined"];
const watching = { onEvent: () => {} };
const watchingParams = { "1.onEvent": "func", "1.signal": "signal" };
/** Paths and names are for the engine to judge: its errors say which. */
const engineParams = {
  0: "needs",
  "0.store": "needs",
  "0.store.kind": "word",
  "0.store.timeout": "seconds",
  "0.environments": "optionalWord",
  "0.groups": "list+optionalWord",
  "0.groups.0": "list",
  "0.groups.0.0": "word",
  "0.maxAgeDays": "seconds",
  "0.honorOldTokens": "seconds",
  "0.secrets": "options",
};
const engineFleet = {
  ...engineHost.fleet,
  store: { ...engineHost.fleet.store, timeout: 60 },
  environments: { dev: "kv-dev", local: "kv-local" },
  groups: [["dev", "local"]],
  maxAgeDays: 0,
  honorOldTokens: 0,
  secrets: {},
};
const engine = (name, options, params) =>
  of(
    name,
    [engineFleet, { ...options, ...watching }],
    { ...engineParams, ...params, ...watchingParams },
    { ...echoes, ...isAsync },
  );
const runParams = {
  ...fewFlags(1, ["dryRun", "syncMounted", "preservePublisher", "allowUnverified"]),
  "1.allowExternalIssuer": "flag",
  "1.expectIdentity": "optionalWord",
};
const ofMany = { 1: "needs", "1.environments": "list", "1.environments.0": "word" };
const ofOne = { 1: "needs", "1.environment": "word" };
const aHost = { "1.host": "optionalWord" };
const newPairs = fewFlags(1, ["adoptMounted", "replaceLostKey"]);
const many = { environments: ["local"], host: "local", dryRun: true };
const one = { environment: "local", dryRun: true };

export const calls = [
  of("normalizePem", [hostPrivate], { 0: "word" }),
  of("generateKeyPair", [{ algorithm: "ES256" }], { 0: "options", "0.algorithm": "optionalWord" }),
  of("checkKeyPair", [ec.privateKey, ec.publicKey], { 0: "word", 1: "word" }),
  of("fingerprint", [hostPublic], { 0: "word" }),
  of("thumbprint", [hostPublic], { 0: "word" }),
  of("deriveIdentity", ["localhost", "a"], { 0: "text", 1: "text" }),
  of("deriveIdentities", ["localhost", ["a", "b"]], identityParams),
  of("deriveIdentitiesAsync", ["localhost", ["a", "b"]], identityParams, isAsync),
  of("decodeToken", [token], { 0: "text" }),
  of(
    "verifyToken",
    [
      token,
      {
        publicKey: ec.publicKey,
        audience: undefined,
        issuer: "localhost",
        algorithm: "ES256",
        leeway: 0,
        now,
      },
    ],
    { 0: "word", 1: "needs", "1.publicKey": "word", ...verification, "1.now": "time" },
  ),
  row("verifyToken with a set", api.verifyToken, [token, { jwks: set, now }], {
    "1.jwks": "needs",
    "1.jwks.keys": "needs",
    "1.jwks.keys.0": "needs",
    "1.jwks.keys.0.kid": "claim",
  }),
  of("checkToken", [token, { publicKey: ec.publicKey, jwks: set, server: "2.8", now }], {
    0: "text",
    1: "options",
    "1.publicKey": "optionalWord",
    "1.jwks": "claims+optionalText",
    "1.server": "optionalWord",
    "1.now": "time",
  }),
  of(
    "mintToken",
    [{ privateKey: ec.privateKey, ...mintOptions }],
    minting(0, { "0.privateKey": "word" }),
    echoes,
  ),
  of("resignToken", [token, { privateKey: ec.privateKey, ...resignOptions }], {
    0: "word",
    1: "needs",
    "1.privateKey": "word",
    ...resigning(1),
  }),
  of(
    "exchangeToken",
    [oldToken, { ...exchangeKeys, lifetime: 300, now }],
    { ...exchangingKeys(1), ...exchanging },
    echoes,
  ),
  of(
    "createExchange",
    [
      {
        server: "http://127.0.0.1:1",
        mountedKeysDir: dirname(mountedKey),
        onError: () => {},
        now: () => now,
      },
    ],
    {
      0: "needs",
      "0.server": "word",
      "0.mountedKeysDir": "optionalText",
      "0.onError": "func",
      "0.now": "func",
    },
  ),
  of(
    "createIssuer",
    [
      {
        issuer: "https://a.example",
        keys: [{ privateKey: ec.privateKey }, { publicKey: other.publicKey, from: now + 60 }],
        authorize: () => null,
        tokenPath: "/token",
        tokenLifetime: 900,
        target: "dev",
        onError: () => {},
        now: () => now,
      },
    ],
    {
      0: "needs",
      "0.issuer": "word",
      "0.keys": "needs",
      "0.keys.0": "needs",
      "0.keys.0.privateKey": "word",
      "0.keys.1.publicKey": "word",
      "0.keys.1.from": "from",
      "0.authorize": "func",
      "0.tokenPath": "optionalWord",
      "0.tokenLifetime": "seconds",
      "0.target": "optionalWord",
      "0.onError": "func",
      "0.now": "func",
    },
  ),
  of("toNodeHandler", [() => new Response(), { bodyLimit: 1000, onError: () => {} }], {
    0: "handler",
    1: "options",
    "1.bodyLimit": "seconds",
    "1.onError": "func",
  }),
  of(
    "resignCliToml",
    [hostToml, { privateKey: hostPrivate, ...resignOptions, expectIdentity: undefined }],
    { 0: "word", 1: "needs", "1.privateKey": "word", ...resigning(1) },
  ),
  of("jwks", [[ec.publicKey]], { 0: "word", "0.0": "word" }),
  of("openidConfiguration", ["https://a.example", [ec.publicKey]], {
    0: "word",
    1: "word",
    "1.0": "word",
  }),
  of("lintJwks", [set], { 0: "claims+text", "0.keys": "claim", "0.keys.0": "claim" }),
  of(
    "auditFleet",
    [fleet, { environments: ["dev"], host: true, likelyHost: "local", now }],
    {
      ...fleetParams,
      1: "options",
      "1.environments": "list+optionalWord",
      "1.environments.0": "word",
      "1.host": "flag",
      "1.likelyHost": "optionalText",
      "1.now": "time",
    },
    echoes,
  ),
  of(
    "planRotation",
    [
      fleet,
      { operation: "rotate", environments: ["dev"], host: "local", expectIdentity: undefined },
    ],
    {
      ...fleetParams,
      1: "needs",
      "1.operation": "word",
      "1.environments": "list",
      "1.environments.0": "word",
      "1.host": "optionalWord",
      "1.expectIdentity": "optionalWord",
      ...fewFlags(1, ["syncMounted", "preservePublisher", "adoptMounted", "replaceLostKey"]),
      ...fewFlags(1, ["allowUnverified", "allowExternalIssuer"]),
    },
    echoes,
  ),
  of(
    "diagnose",
    [diagnosed],
    {
      0: "options",
      "0.now": "time",
      "0.server": "options",
      "0.server.url": "optionalText",
      "0.server.health": "needs+null",
      "0.server.health.status": "code",
      "0.server.health.contentType": "optionalText",
      "0.server.health.body": "optionalText",
      "0.host": "options",
      "0.host.privateKey": "nullableText",
      "0.host.publicKey": "nullableText",
      "0.host.privateMode": "seconds",
      "0.host.publicMode": "seconds",
      "0.host.cliToml": "nullableText",
      "0.vaults": "list+optionalWord",
      "0.vaults.0": "needs",
      "0.environment": "optionalWord",
      "0.likelyHost": "likely",
      "0.log": "optionalText",
      "0.places": "options",
      "0.places.cliToml": "optionalText",
      "0.places.keysDir": "optionalText",
      "0.places.areConfigured": "flag",
      "0.places.config": "optionalText",
      "0.places.restart": "optionalText",
    },
    echoes,
  ),
  row(
    "lockHost",
    (...args) => api.lockHost(...args).release(),
    [{ mountedKeysDir: hostFolder, cliToml: `${hostFolder}/cli.toml` }, "a-test"],
    { 0: "needs", "0.mountedKeysDir": "text", "0.cliToml": "text", 1: "text" },
  ),
  engine("rotate", many, { ...ofMany, ...aHost, ...runParams, ...newPairs }),
  engine("mendAndRotate", many, { ...ofMany, ...aHost, ...runParams, ...newPairs }),
  engine("resume", many, {
    1: "options",
    "1.environments": "list+optionalWord",
    "1.environments.0": "word",
    ...aHost,
    ...runParams,
  }),
  engine("rollback", { ...one, host: "local" }, { ...ofOne, ...aHost, ...runParams }),
  engine("sync", one, { ...ofOne, ...runParams }),
  engine(
    "verifyFleet",
    { environments: ["local"], host: true, likelyHost: "local" },
    {
      1: "options",
      "1.environments": "list+optionalWord",
      "1.environments.0": "word",
      "1.host": "flag",
      "1.likelyHost": "optionalWord",
    },
  ),
  engine(
    "restoreToken",
    { environment: "local" },
    { ...ofOne, "1.expectIdentity": "optionalWord" },
  ),
  row(
    "resignCliTomlFile",
    (...all) => api.resignCliTomlFile(throwawayHost().cliToml, ...all),
    [{ privateKey: hostPrivate, ...resignOptions, expectIdentity: undefined }],
    { 0: "needs", "0.privateKey": "word", ...resigning(0) },
    isAsync,
  ),
  row("new Exchange", (...args) => new Exchange(...args), [exchangeKeys], exchangingKeys(0)),
  on(
    exchange,
    "exchange",
    [oldToken, { lifetime: 300, now }],
    { ...exchanging, 1: "options" },
    echoes,
  ),
  of("importJwk", [api.exportJwk(ec.privateKey, { private: true })], {
    0: "needs",
    "0.kty": "claim",
    "0.d": "claim",
  }),
  of(
    "exportJwk",
    [ec.privateKey, { private: true }],
    {
      0: "word",
      1: "options",
      "1.private": "flag",
    },
    echoes,
  ),
  row(
    "new RemoteVerifier",
    (...args) => new RemoteVerifier(...args),
    ["https://a.example", remoteOptions],
    {
      0: "word",
      1: "needs",
      "1.audience": "nullText",
      "1.algorithm": "optionalWord",
      "1.leeway": "seconds",
      "1.cache": "seconds",
      "1.jwksUrl": "optionalWord",
      "1.plainHttp": "flag",
      "1.maxAge": "seconds",
      "1.maxStale": "seconds",
      "1.cooldown": "seconds",
      "1.timeout": "seconds",
      "1.fetch": "func",
    },
  ),
  on(remote, "verify", [remoteToken, { now }], { 0: "word", ...moment }, isAsync),
  on(
    remote,
    "verifyMany",
    [[remoteToken, remoteToken], { now }],
    { 0: "texts", "0.0": "text", ...moment },
    isAsync,
  ),
  on(remote, "refresh", [], {}, isAsync),
  row("new Signer", (...args) => new Signer(...args), [ec.privateKey], { 0: "word" }),
  row(
    "new Verifier",
    (...args) => new Verifier(...args),
    [ec.publicKey, { issuer: "a", audience: "b", algorithm: "ES256", leeway: 5, cache: 10 }],
    { 0: "word", ...optionsOf(1), "1.cache": "seconds" },
  ),
  row(
    "Verifier.fromJwks",
    (...args) => Verifier.fromJwks(...args),
    [set, { issuer: "a", audience: null, leeway: 5 }],
    {
      0: "needs",
      "0.keys.0": "needs",
      ...optionsOf(1),
      1: "needs",
      "1.issuer": "nullText",
      "1.audience": "nullText",
      "1.cache": "seconds",
    },
  ),
  on(signer, "sign", [claims, withNow], signParams, echoes),
  on(signer, "signMany", [[claims, claims], withNow], manyParams, echoes),
  on(signer, "signManyAsync", [[claims, claims], withNow], manyParams, { ...echoes, ...isAsync }),
  on(signer, "mint", [mintOptions], minting(0), echoes),
  on(signer, "resign", [token, resignOptions], { 0: "word", 1: "options", ...resigning(1) }),
  on(verifier, "verify", [token, { now }], { 0: "word", ...moment }),
  row("Verifier.verify with a cache", (...args) => caching.verify(...args), [token, { now }], {
    0: "word",
    ...moment,
  }),
  on(verifier, "verifyMany", [[token, token], { now }], { 0: "texts", "0.0": "text", ...moment }),
  on(
    verifier,
    "verifyManyAsync",
    [[token, token], { now }],
    { 0: "texts", "0.0": "text", ...moment },
    isAsync,
  ),
];

/** Whether a hostile value may be an argument of this kind (`a+b`: of either). */
export const mayBe = (kind, name) =>
  kind.split("+").some((part) => kinds[part].includes(name) || kinds[part].includes("ANY"));
