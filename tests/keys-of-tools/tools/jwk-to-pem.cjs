const { generateKeyPairSync } = require("node:crypto");
const { writeFileSync } = require("node:fs");
const jwkToPem = require(`${process.env.NPM}/jwk-to-pem`);

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = privateKey.export({ format: "jwk" });
writeFileSync("version", `jwk-to-pem ${require(`${process.env.NPM}/jwk-to-pem/package.json`).version}`);
writeFileSync("reference.pub", publicKey.export({ type: "spki", format: "pem" }));
writeFileSync("read/public.pem", jwkToPem(jwk));
writeFileSync("read/private.pem", jwkToPem(jwk, { private: true }));
