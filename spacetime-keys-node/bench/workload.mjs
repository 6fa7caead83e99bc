// What every contestant gets: one throwaway key pair a run, the same claims, tokens of them.

import { createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";

export const ISSUER = "https://app.example/auth";
export const AUDIENCE = "spacetimedb";
/** A power of two, so that `& (POOL - 1)` is the next place. */
export const POOL = 4096;

/** A throwaway P-256 pair, PEM, a new one in each run. */
export function makeKeys() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicKey: createPublicKey(privateKey).export({ type: "spki", format: "pem" }),
  };
}

/** What a gateway puts into a user's token: nine claims, about 420 bytes of JSON. */
export function makeClaims(now) {
  return {
    iss: ISSUER,
    sub: randomUUID(),
    aud: [AUDIENCE],
    iat: now,
    exp: now + 86_400,
    azp: "web-client",
    sid: randomUUID(),
    tenant_id: randomUUID(),
    scope: "profile databases:read databases:write",
  };
}

/** `POOL` different claims objects. */
export function makeClaimsPool() {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: POOL }, () => makeClaims(now));
}

/** Subjects of one issuer. */
export const makeSubjects = (count) => Array.from({ length: count }, () => randomUUID());
