import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.NPM}/`);
const jose = await import(pathToFileURL(require.resolve("jose")));

const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
const keys = { private: await jose.exportJWK(privateKey), public: await jose.exportJWK(publicKey) };
const kid = await jose.calculateJwkThumbprint(keys.public);

const path = `${process.env.NPM}/jose/package.json`;
writeFileSync("version", `jose ${JSON.parse(readFileSync(path, "utf8")).version}`);
writeFileSync("reference.pub", await jose.exportSPKI(publicKey));
writeFileSync("read/export-spki.pem", await jose.exportSPKI(publicKey));
writeFileSync("read/export-pkcs8.pem", await jose.exportPKCS8(privateKey));
writeFileSync(
  "read/private.jwk",
  JSON.stringify({ ...keys.private, alg: "ES256", use: "sig", kid }),
);
writeFileSync("read/public.jwk", JSON.stringify(keys.public));
writeFileSync("read/set.json", JSON.stringify({ keys: [{ ...keys.public, kid }] }, null, 2));
// Supabase's command `gen signing-key` prints a list.
writeFileSync(
  "read/list.json",
  JSON.stringify([{ ...keys.private, kid, key_ops: ["sign", "verify"], ext: true }]),
);
