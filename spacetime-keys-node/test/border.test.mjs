// What functions are like on JavaScript's side: their clock, their fields, objects for texts, and
// the classes' methods beside them. What they compute is in the vectors.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  Signer,
  checkToken,
  decodeToken,
  deriveIdentity,
  jwks,
  lintJwks,
  mintToken,
  resignCliToml,
  resignToken,
  verifyToken,
} from "spacetime-keys";

import { cli } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { betterAuthText, pemFolder, secretFile, temporaryFolder } from "./support/files.mjs";
import { ec, other, sharedRsa } from "./support/keys.mjs";
import { sampleSize } from "./support/sample.mjs";
import { claimsOf, parts, signByHand } from "./support/tokens.mjs";

const now = 1_800_000_000;
const issuer = "https://app.example.com";
const { privateKey, publicKey } = ec;
const plain = { privateKey, issuer, subject: "u1", now };
const old = { iss: "localhost", sub: "a", aud: ["spacetimedb"], iat: 1, exp: now + 1000 };
const token = signByHand(privateKey, old);
const present = () => Math.floor(Date.now() / 1000);

describe("the clock, where now is absent", () => {
  const absent = [{}, { now: undefined }];

  it("is mintToken's", () => {
    for (const options of absent) {
      const before = present();
      const { now: _, ...rest } = plain;
      const { issuedAt, expiresAt } = mintToken({ ...rest, ttl: 60, ...options });
      assert.ok(issuedAt >= before && issuedAt <= present(), "now");
      assert.equal(expiresAt, issuedAt + 60, "and the ttl");
    }
  });

  it("is verifyToken's and checkToken's", () => {
    const live = signByHand(privateKey, { ...old, exp: present() + 3600 });
    const dead = signByHand(privateKey, { ...old, exp: present() - 3600 });
    for (const options of absent) {
      const keys = { publicKey, ...options };
      assert.ok(verifyToken(live, keys), "expires in an hour");
      keysError(() => verifyToken(dead, keys), "ERR_TOKEN_EXPIRED", "expired an hour ago");
      assert.equal(checkToken(live, keys).accepted, true, "alive");
      assert.equal(checkToken(dead, keys).reason, "ExpiredSignature", "dead");
    }
  });

  it("is resignToken's and resignCliToml's", () => {
    const toml = `spacetimedb_token = "${token}"\n`;
    for (const options of absent) {
      const before = present();
      const all = [
        resignToken(token, { privateKey, ...options }),
        resignCliToml(toml, { privateKey, ...options }),
        new Signer(privateKey).resign(token, options),
      ];
      for (const { after } of all) assert.ok(after.iat >= before && after.iat <= present(), "now");
    }
  });
});

describe("decodeToken", () => {
  const fields = ["claims", "header", "hint", "identity", "kind", "payload", "reason", "verified"];

  it("has all fields, whatever the token is", () => {
    for (const text of [token, "0123456789abcdef", "a.b.c.d.e", ""]) {
      const decoded = decodeToken(text);
      assert.deepEqual(Object.keys(decoded).sort(), fields, text);
      const isJwt = text === token;
      for (const name of ["header", "claims", "payload", "identity"]) {
        assert.equal(decoded[name] === null, !isJwt, `${text}: ${name}`);
      }
      for (const name of ["reason", "hint"]) {
        assert.equal(decoded[name] === null, isJwt, `${text}: ${name}`);
        if (!isJwt) assert.ok(decoded[name].length > 3, "why, and what to do");
      }
    }
  });

  it("names a token with which one database calls another", () => {
    const payload = '{"iss":"spacetimedb-idc-v1","aud":"c200","sender":"c200","iat":1,"exp":61}';
    const decoded = decodeToken(signByHand(privateKey, payload));
    assert.deepEqual([decoded.kind, decoded.identity], ["jwt", null], "nobody's");
    assert.match(decoded.reason, /a database's own/);
    assert.ok(decoded.hint.length > 3, "and what to do");
    const { identity, reason } = decodeToken(
      signByHand(privateKey, payload.replace("}", ',"sub":"a"}')),
    );
    assert.deepEqual([identity?.length, reason], [64, null], "with a subject it is like any other");
  });

  it("gives claims that are named like a prototype as claims", () => {
    const payload = '{"__proto__":{"admin":true},"constructor":1,"iss":"a","sub":"b"}';
    const { claims } = decodeToken(signByHand(privateKey, payload));
    assert.ok(Object.hasOwn(claims, "__proto__"), "an own member");
    assert.equal(claims.admin, undefined, "nothing is inherited from it");
    assert.equal({}.admin, undefined, "and no other object has it");
  });

  it("refuses what is over 1 MiB", () => {
    const large = `${token.split(".")[0]}.${"A".repeat(1 << 20)}.`;
    keysError(() => decodeToken(large), "ERR_TOKEN_TOO_LARGE", "a large one");
  });
});

describe("a set as an object", () => {
  const set = jwks([other.publicKey, publicKey]);
  const text = JSON.stringify(set);

  it("is taken as its text is", () => {
    const options = { now, leeway: 0 };
    const byText = verifyToken(token, { jwks: text, ...options });
    assert.deepEqual(verifyToken(token, { jwks: set, ...options }), byText, "verifyToken");
    const external = signByHand(privateKey, { ...old, iss: issuer });
    const verdict = checkToken(external, { jwks: set, now });
    assert.deepEqual(verdict, checkToken(external, { jwks: text, now }), "checkToken");
    assert.equal(verdict.accepted, true, "and accepted");
    const theirs = betterAuthText("es256.jwks.json");
    for (const each of [text, theirs, '{"keys":[{}]}', "{}", '{"keys":[{"kty":5}]}']) {
      assert.deepEqual(lintJwks(JSON.parse(each)), lintJwks(each), `lintJwks: ${each}`);
    }
  });

  it("may be one key, in the place of a list", () => {
    assert.deepEqual(jwks(publicKey), jwks([publicKey]), "the same set");
  });
});

describe("options", () => {
  it("that are left out are the newest server's rules", () => {
    assert.equal(checkToken(token, { publicKey, now }).server, "2.14", "rules");
  });

  it("that are undefined are left out", () => {
    const resigned = resignToken(token, {
      privateKey,
      now,
      expiry: undefined,
      expectIdentity: undefined,
    });
    assert.equal(resigned.after.exp, null, "expiry is cleared");
    const minted = mintToken({ ...plain, ttl: undefined, audience: undefined, claims: undefined });
    assert.deepEqual(claimsOf(minted.token), claimsOf(mintToken(plain).token), "a minted token");
  });

  it("may name one previous key, in the place of a list", () => {
    const key = { privateKey: other.privateKey, now };
    const one = resignToken(token, { ...key, previousPublicKey: publicKey });
    const list = resignToken(token, { ...key, previousPublicKey: [publicKey] });
    assert.deepEqual({ ...one, token: 0 }, { ...list, token: 0 }, "the same");
  });
});

describe("a Signer", () => {
  it("mints as mintToken does", () => {
    const { privateKey: key, ...options } = plain;
    const bySigner = new Signer(key).mint({ ...options, claims: { a: 1 } });
    const directly = mintToken({ ...plain, claims: { a: 1 } });
    assert.equal(parts(bySigner.token).payload, parts(directly.token).payload, "the claims");
    assert.deepEqual({ ...bySigner, token: 0 }, { ...directly, token: 0 }, "the rest");
  });

  it("signs anew as resignToken does", () => {
    const options = { now, expiry: "keep" };
    const bySigner = new Signer(privateKey).resign(token, options);
    const directly = resignToken(token, { privateKey, ...options });
    assert.equal(parts(bySigner.token).payload, parts(directly.token).payload, "the claims");
    assert.deepEqual({ ...bySigner, token: 0 }, { ...directly, token: 0 }, "the rest");
    const identity = deriveIdentity("localhost", "a");
    assert.equal(new Signer(privateKey).resign(token).identity, identity, "without options");
    const rsa = new Signer(sharedRsa().privateKey);
    keysError(() => rsa.resign(token), "ERR_TOKEN_KEY_TYPE", "with an RSA key");
  });
});

describe("the second opinion", () => {
  it("is heard although the program refuses before it has read anything", () => {
    const input = "x".repeat(1 << 20);
    for (let round = 0; round < sampleSize(20, 200); round += 1) {
      const { exit, out } = cli(["key", "fingerprint", "no-such-file"], { input });
      assert.deepEqual([exit, out.error.code], [4, "ERR_IO"], `round ${round}`);
    }
  });
});

describe("an error's words", () => {
  it("are the program's, which names the place before them", () => {
    const file = secretFile(temporaryFolder(), "key.pem", privateKey);
    const mint = ["token", "mint", "--private-key", file, "--issuer", issuer];
    const cases = [
      [() => mintToken({ ...plain, subject: "robot:a" }), [...mint, "--subject", "robot:a"]],
      [
        () => mintToken({ ...plain, subject: "a@b.example" }),
        [...mint, "--subject", "a@b.example"],
      ],
      [() => mintToken({ ...plain, subject: "" }), [...mint, "--subject", ""]],
      [() => jwks(privateKey), ["jwks", "export", file]],
    ];
    for (const [call, args] of cases) {
      const theirs = cli(args).out.error;
      const ours = keysError(call, theirs.code, args.join(" "));
      assert.ok(theirs.message.endsWith(ours.message), `${ours.message}: ${theirs.message}`);
    }
    const lint = cli(["jwks", "lint", "-"], { input: '{"keys":[{}]}' }).out.problems;
    const words = (list) => list.map(({ message, hint }) => [message, hint]);
    assert.deepEqual(words(lintJwks('{"keys":[{}]}').problems), words(lint), "the lint's, too");
    const asked = { input: "a.b", folder: pemFolder };
    const verdict = cli(["token", "check", "--public-key", "public.pem"], asked).out;
    const { detail, remedy } = checkToken("a.b", { publicKey });
    assert.deepEqual([detail, remedy], [verdict.detail, verdict.remedy], "and the remedies");
  });
});
