// DEMO. `node new-api-key.mjs REF TENANT FILE`: adds a key to the file (API_KEYS_FILE), and prints it, once.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { makeApiKey } from "./api-keys.mjs";

const [ref, tenant, file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node new-api-key.mjs REF TENANT FILE");
  process.exit(2);
}
const { key, entry } = makeApiKey(ref, tenant);
const entries = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
writeFileSync(file, `${JSON.stringify([...entries, entry], null, 2)}\n`, { mode: 0o600 });
console.log(key);
