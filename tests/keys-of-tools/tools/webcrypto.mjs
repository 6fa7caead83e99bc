// The Web Crypto API, as every JavaScript runtime has it; and, with `node:crypto`, Node's own.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const pem = (label, bytes) => `-----BEGIN ${label}-----\n${base64(bytes)}\n-----END ${label}-----`;

const { subtle } = globalThis.crypto;
const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
  "sign",
  "verify",
]);
const pkcs8 = await subtle.exportKey("pkcs8", pair.privateKey);
const spki = await subtle.exportKey("spki", pair.publicKey);
const jwk = {
  private: await subtle.exportKey("jwk", pair.privateKey),
  public: await subtle.exportKey("jwk", pair.publicKey),
};

// The same key, by the other interface of the runtime.
const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
const publicKey = createPublicKey(key);

writeFileSync(
  "version",
  `${process.versions.bun ? "bun" : "node"} ${process.versions.bun ?? process.versions.node}`,
);
writeFileSync("reference.pub", publicKey.export({ type: "spki", format: "pem" }));
writeFileSync("read/subtle-pkcs8.pem", pem("PRIVATE KEY", pkcs8));
writeFileSync("read/subtle-spki.pem", pem("PUBLIC KEY", spki));
writeFileSync("read/subtle-private.jwk", JSON.stringify(jwk.private));
writeFileSync("read/subtle-public.jwk", JSON.stringify(jwk.public, null, 2));
writeFileSync("read/subtle-pkcs8.base64", base64(pkcs8));
writeFileSync("read/subtle-spki.base64", base64(spki));
writeFileSync("named/subtle-pkcs8.der", Buffer.from(pkcs8));
writeFileSync("named/subtle-spki.der", Buffer.from(spki));
for (const type of ["pkcs8", "sec1"]) {
  writeFileSync(`read/export-${type}.pem`, key.export({ type, format: "pem" }));
  writeFileSync(`named/export-${type}.der`, key.export({ type, format: "der" }));
}
writeFileSync("read/export-spki.pem", publicKey.export({ type: "spki", format: "pem" }));
writeFileSync("read/export-private.jwk", JSON.stringify(key.export({ format: "jwk" })));
// As an environment file or a JSON setting has it.
writeFileSync("read/json-string", JSON.stringify(key.export({ type: "pkcs8", format: "pem" })));
const encrypted = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "changeit" };
writeFileSync("named/export-encrypted.pem", key.export(encrypted));
