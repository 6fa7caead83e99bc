// What SpacetimeDB fetches to verify the app's tokens.

import { jwks, openidConfiguration } from "spacetime-keys";

import { answer } from "./http.mjs";

// Servers ask again after five minutes, and so may every cache on the way.
const PUBLIC = { "cache-control": "public, max-age=300" };

/** @param {string} issuer @param {string[]} publicKeys The signing key's first. */
export function issuerRoutes(issuer, publicKeys) {
  const keySet = jwks(publicKeys);
  const discovery = openidConfiguration(issuer, publicKeys);
  return {
    "GET /.well-known/openid-configuration": () => answer(200, discovery, PUBLIC),
    "GET /.well-known/jwks.json": () => answer(200, keySet, PUBLIC),
  };
}
