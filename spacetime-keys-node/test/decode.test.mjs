// decodeToken: the program's answer to every measured token and to what only looks like one.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { decodeToken, deriveIdentity } from "spacetime-keys";

import { cli, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { betterAuthText, measuredVerdicts } from "./support/files.mjs";
import { ec } from "./support/keys.mjs";
import { parts, signByHand } from "./support/tokens.mjs";

const fields = ["kind", "verified", "header", "claims", "payload", "identity", "reason", "hint"];

/** The program leaves fields out that say nothing; the package has all of them always. */
function byTheProgram(token) {
  const { exit, out } = cli(["token", "decode"], { input: token });
  if (out.error) return out.error.code;
  assert.equal(exit, 0, "decoding is no check");
  const nothing = Object.fromEntries(fields.map((field) => [field, null]));
  return { ...nothing, ...pick({ ...nothing, ...out }, ...fields) };
}

describe("decodeToken", () => {
  it("says what the program says, of every measured token", () => {
    const { samples } = measuredVerdicts();
    let refused = 0;
    for (const { case: name, token } of samples) {
      const expected = byTheProgram(token);
      if (typeof expected === "string") {
        keysError(() => decodeToken(token), expected, name);
        refused += 1;
      } else {
        const decoded = decodeToken(token);
        // Own `__proto__` members and key order matter as little here as they do to the program.
        assert.deepEqual(JSON.parse(JSON.stringify(decoded)), expected, name);
        assert.deepEqual(Object.keys(decoded).sort(), [...fields].sort(), `${name}: the fields`);
      }
    }
    assert.equal(samples.length, 78, "all tokens");
    assert.ok(refused > 5 && refused < 40, `${refused} were refused`);
  });

  it("tells what is no JWT, and why", () => {
    const opaque = decodeToken("0123456789abcdef");
    assert.equal(opaque.kind, "opaque", "no dots");
    const jwe = decodeToken("a.b.c.d.e");
    assert.equal(jwe.kind, "jwe", "five parts");
    for (const decoded of [opaque, jwe]) {
      assert.deepEqual(
        pick(decoded, "verified", "header", "claims", "payload", "identity"),
        { verified: false, header: null, claims: null, payload: null, identity: null },
        "nothing to read",
      );
      assert.ok(decoded.reason.length > 3 && decoded.hint.length > 3, "why, and what to do");
    }
    assert.equal(decodeToken("").kind, "opaque", "an empty text");
  });

  it("keeps the exact text, digit by digit", () => {
    const payload =
      '{ "iss":"localhost","sub":"a","big":123456789012345678901234567890,"f":1.50,"e":"\\u00e4"}';
    const decoded = decodeToken(signByHand(ec.privateKey, payload));
    assert.equal(decoded.payload, payload, "as it was signed");
    assert.deepEqual(decoded.claims, JSON.parse(payload), "as JSON.parse reads it");
    assert.equal(decoded.identity, deriveIdentity("localhost", "a"), "of iss and sub");
    assert.deepEqual(decoded.header, { alg: "ES256", typ: "JWT" }, "the header");
    assert.equal(decoded.verified, false, "never verified");
    assert.deepEqual([decoded.reason, decoded.hint], [null, null], "nothing stands in the way");
  });

  it("gives no identity without two strings", () => {
    for (const claims of [{}, { iss: "a" }, { sub: "a" }, { iss: 1, sub: "a" }, { iss: "a", sub: null }]) {
      const decoded = decodeToken(signByHand(ec.privateKey, claims));
      assert.equal(decoded.identity, null, JSON.stringify(claims));
      assert.deepEqual(decoded.claims, claims, "the claims are there all the same");
    }
  });

  it("passes over blanks around the token", () => {
    const token = signByHand(ec.privateKey, { iss: "localhost", sub: "a" });
    assert.deepEqual(decodeToken(` \n${token}\r\n`), decodeToken(token), "a pasted token");
  });

  it("reads a token of Better Auth", () => {
    const token = betterAuthText("es256.jwt");
    const decoded = decodeToken(token);
    assert.equal(decoded.payload, parts(token).payload, "the payload");
    assert.deepEqual(decoded.header, parts(token).header, "the header");
  });

  it("refuses by code what cannot be read", () => {
    const encode = (text) => Buffer.from(text).toString("base64url");
    const header = encode('{"alg":"ES256"}');
    keysError(() => decodeToken("a.b.c"), "ERR_TOKEN_MALFORMED", "no base64url of JSON");
    keysError(() => decodeToken(`${header}.${encode("[]")}.`), "ERR_TOKEN_MALFORMED", "an array");
    const twice = encode('{"sub":"a","sub":"a"}');
    keysError(() => decodeToken(`${header}.${twice}.`), "ERR_TOKEN_DUPLICATE", "a member twice");
    const large = `${header}.${"A".repeat(1 << 20)}.`;
    keysError(() => decodeToken(large), "ERR_TOKEN_TOO_LARGE", "over 1 MiB");
  });

  it("gives claims that are named like a prototype as claims", () => {
    const payload = '{"__proto__":{"admin":true},"constructor":1,"iss":"a","sub":"b"}';
    const { claims } = decodeToken(signByHand(ec.privateKey, payload));
    assert.ok(Object.hasOwn(claims, "__proto__"), "an own member");
    assert.equal(claims.admin, undefined, "nothing is inherited from it");
    assert.equal({}.admin, undefined, "and no other object has it");
  });
});
