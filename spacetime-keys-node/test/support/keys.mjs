// Throwaway keys of node:crypto, so that nothing here is made by what is tested.

import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";

import { pemText } from "./files.mjs";

/** The throwaway host's pair. Its private key is public: never use it. */
export const hostPrivate = pemText("private.pem");
export const hostPublic = pemText("public.pem");

const encodings = {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
};

/** A new P-256 pair, PEM. */
export const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256", ...encodings });

/** A new RSA pair, PEM. */
export const rsa = (modulusLength = 2048) =>
  generateKeyPairSync("rsa", { modulusLength, ...encodings });

/** A P-256 and an RSA pair that a file's tests may share. */
export const ec = p256();
export const other = p256();
let rsaPair;
export const sharedRsa = () => (rsaPair ??= rsa());

const sha256 = (data) => createHash("sha256").update(data);

/** SHA-256 of the DER SubjectPublicKeyInfo, by node:crypto. */
export const fingerprintOf = (pem) =>
  sha256(createPublicKey(pem).export({ type: "spki", format: "der" })).digest("hex");

/** The public key as a JWK, by node:crypto. */
export const jwkOf = (pem) => createPublicKey(pem).export({ format: "jwk" });

/** RFC 7638, by hand: the required members in the order of their names. */
export function thumbprintOf(pem) {
  const { kty, crv, x, y, n, e } = jwkOf(pem);
  const members = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  return sha256(JSON.stringify(members)).digest("base64url");
}
