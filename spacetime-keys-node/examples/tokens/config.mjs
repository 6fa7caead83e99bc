// What the server is told from outside. No secret is in the environment but the demo's password:
// the private key is a file, and only its place is named.

import { readFileSync, statSync } from "node:fs";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Reads and checks everything at the start, so that no user is the first to meet a mistake. */
export function readConfig(env = process.env) {
  const issuer = readIssuer(required(env, "ISSUER_URL"));
  return {
    ...issuer,
    host: env.HOST || "127.0.0.1",
    port: readPort(env.PORT || "3000"),
    keys: [{ privateKey: readPrivateKey(env, "PRIVATE_KEY_FILE") }, ...readNextKey(env)],
    spacetimedb: {
      url: env.SPACETIMEDB_URL || "http://127.0.0.1:3003",
      database: required(env, "SPACETIMEDB_DATABASE"),
    },
    demoPassword: required(env, "DEMO_PASSWORD"),
  };
}

/**
 * The issuer is part of every user's identity, to the letter. This example serves at the root of
 * its origin, so an issuer with a path, or with a slash at its end, is a mistake.
 */
function readIssuer(issuer) {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url?.origin !== issuer) {
    throw new Error("ISSUER_URL must be an origin, such as https://app.example.com");
  }
  const local = LOOPBACK.has(url.hostname);
  if (url.protocol !== "https:" && !(local && url.protocol === "http:")) {
    throw new Error("ISSUER_URL must begin with https:// unless it is this machine");
  }
  // `prod` makes every mint refuse an issuer that is this machine: a second look at this setting.
  return { issuer, secure: url.protocol === "https:", target: local ? "dev" : "prod" };
}

function readPort(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error("PORT must be a port");
  return port;
}

/** A rollover: the key that signs next, and since when it is there. */
function readNextKey(env) {
  if (!env.NEXT_PRIVATE_KEY_FILE) return [];
  const from = Number(required(env, "NEXT_KEY_FROM"));
  if (!Number.isInteger(from)) throw new Error("NEXT_KEY_FROM must be Unix seconds: date +%s");
  return [{ privateKey: readPrivateKey(env, "NEXT_PRIVATE_KEY_FILE"), from }];
}

function readPrivateKey(env, name) {
  const path = required(env, name);
  // Windows has no such modes.
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    console.warn(`warning: others may read ${name}; chmod 600 it`);
  }
  return readFileSync(path, "utf8");
}

function required(env, name) {
  if (!env[name]) throw new Error(`${name} is not set`);
  return env[name];
}
