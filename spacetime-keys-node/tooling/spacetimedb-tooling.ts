#!/usr/bin/env bun
// The self-hosting guide's script: rotates a SpacetimeDB's signing keys in Azure Key Vault and
// keeps the publisher's identity. Copy this file to tools/azure/ and put your own vaults below, or
// import it from there as it is.
import { main } from "spacetime-keys/tooling/main.ts";

// Environment = vault. Vault names are unique in all of Azure: yours are others.
const VAULTS = { prod: "kv-prod", test: "kv-test", dev: "kv-dev", local: "kv-local" };

// Environments that share one key pair. Those of different groups never do.
const GROUPS = [["prod"], ["test"], ["dev", "local"]];

const SECRETS = {
  privateKey: "spacetimedb-jwt-private-key",
  publicKey: "spacetimedb-jwt-public-key",
  // The publisher's iss, sub and identity, which a new token can be made from. No secret.
  escrow: "spacetimedb-publisher-claims",
};

void main(Bun.argv.slice(2), { vaults: VAULTS, groups: GROUPS, secrets: SECRETS }).then((code) =>
  process.exit(code),
);
