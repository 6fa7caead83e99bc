// The other libraries, each with its key imported beforehand in the best way that it has.
// `sign`: claims in, token out. `verify`: token in, claims out, with signature, times, `iss` and
// `aud` checked. All put `kid` into the header, as we do.

import { createPrivateKey, createPublicKey } from "node:crypto";
import napi from "@node-rs/jsonwebtoken";
import fastJwt from "fast-jwt";
import * as jose from "jose";
import jsonwebtoken from "jsonwebtoken";
import { AUDIENCE, ISSUER } from "./workload.mjs";

const ALGORITHM = "ES256";

/** jose is asynchronous, whatever the key; it takes a CryptoKey or a KeyObject. */
function joseWith(name, signingKey, verifyingKey, kid) {
  const header = { alg: ALGORITHM, typ: "JWT", kid };
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM] };
  return {
    name,
    asynchronous: true,
    sign: (claims) => new jose.SignJWT(claims).setProtectedHeader(header).sign(signingKey),
    verify: async (token) => (await jose.jwtVerify(token, verifyingKey, options)).payload,
  };
}

function jsonwebtokenWith(signingKey, verifyingKey, kid) {
  const signOptions = { algorithm: ALGORITHM, keyid: kid };
  const verifyOptions = { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE };
  return {
    name: "jsonwebtoken",
    sign: (claims) => jsonwebtoken.sign(claims, signingKey, signOptions),
    verify: (token) => jsonwebtoken.verify(token, verifyingKey, verifyOptions),
  };
}

/** @param extra Of the cache; the plain verifier has none. */
export function fastJwtVerifier(publicKey, extra = { cache: false }) {
  return fastJwt.createVerifier({
    key: publicKey,
    algorithms: [ALGORITHM],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    ...extra,
  });
}

const fastJwtWith = (privateKey, publicKey, kid) => ({
  name: "fast-jwt",
  sign: fastJwt.createSigner({ key: privateKey, algorithm: ALGORITHM, kid }),
  verify: fastJwtVerifier(publicKey),
});

/** It takes PEM at every call, as text or bytes, and nothing that is parsed already. */
function nodeRsWith(privateKey, publicKey, kid) {
  const header = { algorithm: ALGORITHM, keyId: kid };
  const validation = { algorithms: [ALGORITHM], iss: [ISSUER], aud: [AUDIENCE], validateNbf: true };
  const [signingKey, verifyingKey] = [Buffer.from(privateKey), Buffer.from(publicKey)];
  return {
    name: "@node-rs/jsonwebtoken",
    sign: (claims) => napi.signSync(claims, signingKey, header),
    verify: (token) => napi.verifySync(token, verifyingKey, validation),
    signAsync: (claims) => napi.sign(claims, signingKey, header),
    verifyAsync: (token) => napi.verify(token, verifyingKey, validation),
  };
}

/** @param kid The thumbprint of the key. */
export async function makePeers({ privateKey, publicKey }, kid) {
  const objects = [createPrivateKey(privateKey), createPublicKey(publicKey)];
  const cryptoKeys = [
    await jose.importPKCS8(privateKey, ALGORITHM),
    await jose.importSPKI(publicKey, ALGORITHM),
  ];
  return [
    fastJwtWith(privateKey, publicKey, kid),
    jsonwebtokenWith(...objects, kid),
    nodeRsWith(privateKey, publicKey, kid),
    joseWith("jose, CryptoKey", ...cryptoKeys, kid),
    joseWith("jose, KeyObject", ...objects, kid),
  ];
}
