// Loads the addon that lies here, signs a token and verifies it: for machines that no test runs on.
import assert from "node:assert/strict";

import { Signer, Verifier, deriveIdentity, generateKeyPair } from "../index.mjs";

const { privateKey, publicKey } = generateKeyPair();
const token = new Signer(privateKey).sign({ iss: "localhost", sub: "someone" });
const { identity } = new Verifier(publicKey).verify(token);
assert.equal(identity, deriveIdentity("localhost", "someone"));
console.log("signed and verified");
