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
    privateKey: readPrivateKey(required(env, "PRIVATE_KEY_FILE")),
    // While keys are exchanged: the next one before it signs, the last one until its tokens end.
    otherPublicKeys: list(env.OTHER_PUBLIC_KEY_FILES).map((path) => readFileSync(path, "utf8")),
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

function readPrivateKey(path) {
  // Windows has no such modes.
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    console.warn("warning: others may read PRIVATE_KEY_FILE; chmod 600 it");
  }
  return readFileSync(path, "utf8");
}

function required(env, name) {
  if (!env[name]) throw new Error(`${name} is not set`);
  return env[name];
}

function list(text) {
  return (text ?? "").split(",").filter((item) => item !== "");
}
