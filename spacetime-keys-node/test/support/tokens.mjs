// Tokens by hand and by node:crypto.

import { createPrivateKey, sign } from "node:crypto";

const encode = (text) => Buffer.from(text).toString("base64url");

/** Parts of a compact JWS, read without any check. */
export function parts(token) {
  const [header, payload, signature] = token.split(".");
  const text = (part) => Buffer.from(part, "base64url").toString("utf8");
  return { header: JSON.parse(text(header)), payload: text(payload), signature };
}

export const claimsOf = (token) => JSON.parse(parts(token).payload);

/** Signs a header and a claims set as they are given: objects, or JSON texts. */
export function signByHand(privateKey, claims, header = {}) {
  const json = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const key = createPrivateKey(privateKey);
  const isRsa = key.asymmetricKeyType === "rsa";
  const full =
    typeof header === "string" ? header : { alg: isRsa ? "RS256" : "ES256", typ: "JWT", ...header };
  const input = `${encode(json(full))}.${encode(json(claims))}`;
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** Another character in the middle of a part of the token: 0 header, 1 claims, 2 signature. */
export function tamper(token, part) {
  const all = token.split(".");
  const at = Math.floor(all[part].length / 2);
  const swapped = all[part][at] === "A" ? "B" : "A";
  all[part] = all[part].slice(0, at) + swapped + all[part].slice(at + 1);
  return all.join(".");
}
