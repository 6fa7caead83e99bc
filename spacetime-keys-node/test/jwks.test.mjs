// jwks, openidConfiguration, lintJwks: node:crypto, jose and the program beside them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";

import * as jose from "jose";
import { jwks, lintJwks, mintToken, openidConfiguration, thumbprint } from "spacetime-keys";

import { camel, cli, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { betterAuthText, read, secretFile, temporaryFolder } from "./support/files.mjs";
import { ec, hostPublic, jwkOf, other, sharedRsa } from "./support/keys.mjs";

const issuer = "https://app.example.com";
const folder = temporaryFolder();
const files = (...keys) => keys.map((key, index) => secretFile(folder, `${index}.pub`, key));

describe("jwks", () => {
  it("has the numbers of node:crypto, in the members that servers read", () => {
    const rsa = sharedRsa().publicKey;
    const set = jwks([ec.publicKey, rsa, hostPublic]);
    for (const [index, key] of [ec.publicKey, rsa, hostPublic].entries()) {
      const alg = key === rsa ? "RS256" : "ES256";
      assert.deepEqual(
        set.keys[index],
        { ...jwkOf(key), kid: thumbprint(key), use: "sig", alg },
        `key ${index}`,
      );
    }
    assert.deepEqual(Object.keys(set), ["keys"], "nothing beside the keys");
    assert.deepEqual(
      Object.keys(jwks(ec.publicKey).keys[0]).sort(),
      ["alg", "crv", "kid", "kty", "use", "x", "y"],
      "no private member, ever",
    );
  });

  it("is the program's", () => {
    const keys = [hostPublic, sharedRsa().publicKey, ec.publicKey];
    const { exit, out } = cli(["jwks", "export", ...files(...keys)]);
    assert.equal(exit, 0, "the program exports");
    assert.deepEqual(jwks(keys), { keys: out.keys }, "the same set");
  });

  it("is taken by jose", async () => {
    const set = jose.createLocalJWKSet(jwks([ec.publicKey, sharedRsa().publicKey]));
    for (const { privateKey } of [ec, sharedRsa()]) {
      const { token, kid } = mintToken({ privateKey, issuer, subject: "a" });
      const { protectedHeader } = await jose.jwtVerify(token, set);
      assert.equal(protectedHeader.kid, kid, "found by kid");
    }
  });

  it("takes one key as it takes a list of one", () => {
    assert.deepEqual(jwks(hostPublic), jwks([hostPublic]), "the same set");
  });

  it("refuses by code", () => {
    keysError(() => jwks([]), "ERR_JWKS_NO_KEYS", "none");
    keysError(() => jwks([ec.publicKey, ec.publicKey]), "ERR_JWKS_SAME_KEY_TWICE", "twice");
    keysError(() => jwks(ec.privateKey), "ERR_KEY_IS_PRIVATE", "a private key");
    keysError(() => jwks([ec.publicKey, other.privateKey]), "ERR_KEY_IS_PRIVATE", "one of two");
    keysError(() => jwks(""), "ERR_PEM_EMPTY", "nothing");
  });
});

describe("openidConfiguration", () => {
  it("is the program's document", () => {
    for (const url of [issuer, `${issuer}/tenants/a`, "http://localhost:3000"]) {
      const out = temporaryFolder();
      const args = ["jwks", "export", ...files(ec.publicKey), "--issuer", url, "--out", out];
      assert.equal(cli(args).exit, 0, `${url}: the program exports`);
      const theirs = JSON.parse(read(join(out, ".well-known/openid-configuration")));
      const document = openidConfiguration(url, ec.publicKey);
      assert.deepEqual(document, theirs, `${url}: the same`);
      assert.equal(document.issuer, url, `${url}: exactly as given`);
      assert.ok(document.jwks_uri.startsWith(url), `${url}: the set is below it`);
    }
  });

  it("refuses what servers find no document under", () => {
    for (const bad of ["", "app", "localhost", `${issuer}?x`, `${issuer}#x`]) {
      keysError(() => openidConfiguration(bad, ec.publicKey), "ERR_ISSUER_URL", bad);
    }
    keysError(() => openidConfiguration(issuer, []), "ERR_JWKS_NO_KEYS", "no keys");
  });
});

describe("lintJwks", () => {
  const good = jwks(ec.publicKey);
  const [key] = good.keys;
  const sets = {
    "our own": good,
    "two algorithms": jwks([ec.publicKey, sharedRsa().publicKey]),
    empty: { keys: [] },
    "no kid": { keys: [{ ...key, kid: undefined }] },
    "the same kid twice": { keys: [key, key] },
    "an empty entry": { keys: [{}] },
    "an unknown type": { keys: [{ ...key, kty: "XX" }] },
    "a broken coordinate": { keys: [{ ...key, x: "AA" }] },
    "for encryption": { keys: [{ ...key, use: "enc" }] },
    "a shared secret": { keys: [{ kty: "oct", k: "AAAA", kid: "a" }] },
    "a private member": { keys: [{ ...key, d: key.x }] },
    "one bad among good": { keys: [key, { kty: 5 }, { ...key, kid: "b" }] },
    "no keys": {},
  };

  it("says what the program says", () => {
    const texts = Object.entries(sets).map(([name, set]) => [name, JSON.stringify(set)]);
    for (const algorithm of ["es256", "eddsa"]) {
      texts.push([`Better Auth ${algorithm}`, betterAuthText(`${algorithm}.jwks.json`)]);
    }
    texts.push(["no JSON", "{"], ["nothing", ""], ["an array", "[]"], ["twice", '{"keys":[],"keys":[]}']);
    let bad = 0;
    for (const [name, text] of texts) {
      const { out } = cli(["jwks", "lint", "-"], { input: text });
      const report = lintJwks(text);
      // Versions are names here: nothing to camel.
      const { taken_by: takenBy, problems, ...rest } = out;
      assert.deepEqual(report.takenBy, takenBy, `${name}: taken by`);
      assert.deepEqual(
        report.problems,
        problems.map((problem) =>
          pick(camel(problem), "code", "severity", "entry", "message", "hint"),
        ),
        `${name}: the problems`,
      );
      assert.deepEqual(pick(report, "ok", "entries"), pick(rest, "ok", "entries"), name);
      bad += report.ok ? 0 : 1;
    }
    assert.ok(bad >= 8, `${bad} sets have errors`);
  });

  it("takes an object as it takes its text", () => {
    for (const [name, set] of Object.entries(sets)) {
      assert.deepEqual(lintJwks(set), lintJwks(JSON.stringify(set)), name);
    }
  });

  it("finds nothing to say of our own", () => {
    assert.deepEqual(
      lintJwks(good),
      { ok: true, entries: 1, takenBy: { "1.2": true, "2.8": true, "2.14": true }, problems: [] },
      "all well",
    );
  });
});
