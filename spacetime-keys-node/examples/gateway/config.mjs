// What the gateway is told from outside: what the tokens' example is told, and its API keys.

import { readFileSync } from "node:fs";

import { readConfig as readTokensConfig } from "../tokens/config.mjs";

export function readConfig(env = process.env) {
  return {
    ...readTokensConfig(env),
    apiKeys: env.API_KEYS_FILE ? readApiKeys(env.API_KEYS_FILE) : [],
    streamsPerUser: readCount(env, "STREAMS_PER_USER", 50),
    // Shorter than what a proxy in front cuts off as idle.
    heartbeat: 1000 * readCount(env, "HEARTBEAT_SECONDS", 15),
    stall: 1000 * readCount(env, "STALL_SECONDS", 30),
  };
}

function readApiKeys(path) {
  const entries = JSON.parse(readFileSync(path, "utf8"));
  const isText = (value) => typeof value === "string" && value !== "";
  for (const { ref, tenant, digest } of entries) {
    if (!isText(ref) || !isText(tenant) || !/^[0-9a-f]{64}$/.test(digest)) {
      throw new Error("API_KEYS_FILE: each key has ref, tenant and digest");
    }
  }
  return entries;
}

function readCount(env, name, unlessTold) {
  const count = Number(env[name] || unlessTold);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} must be a whole number`);
  return count;
}
