// resignToken and resignCliToml: the program's answers on the throwaway host, and the refusals.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  Signer,
  checkToken,
  deriveIdentity,
  fingerprint,
  resignCliToml,
  resignToken,
} from "spacetime-keys";

import { camel, cli } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { read, secretFile, throwawayHost } from "./support/files.mjs";
import { ec, hostPrivate, hostPublic, other, sharedRsa } from "./support/keys.mjs";
import { claimsOf, parts, signByHand } from "./support/tokens.mjs";

const now = 1_800_000_000;
const hostToml = read(throwawayHost().cliToml);
const tokenIn = (text) => /spacetimedb_token = "([^"]+)"/.exec(text)[1];
const hostToken = tokenIn(hostToml);
const identity = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
const { privateKey } = ec;

describe("resignCliToml beside the program", () => {
  /** Both sign the host's token anew with `ec`; `times` are cut out, for they differ. */
  function compare(name, args, options) {
    const { folder, cliToml, publicKey } = throwawayHost();
    const key = secretFile(folder, "new-key", privateKey);
    const rest = args.map((arg) => (arg === "PREVIOUS" ? publicKey : arg));
    const files = ["--cli-toml", cliToml, "--private-key", key];
    const { exit, out } = cli(["token", "resign", ...files, ...rest]);
    if (exit !== 0) {
      keysError(() => resignCliToml(hostToml, { privateKey, ...options }), out.error.code, name);
      return;
    }
    const ours = resignCliToml(hostToml, { privateKey, ...options, now: out.after.iat });
    const theirs = camel(out);
    const times = ({ iat, exp }) => ({ iat, exp });
    const { text, ...told } = ours;
    assert.deepEqual(
      told,
      {
        identity: theirs.identity,
        issuer: theirs.issuer,
        subject: theirs.subject,
        verifiedWith: theirs.verifiedWith,
        signedBy: theirs.after.signedBy,
        expiryCleared: theirs.expiryCleared,
        before: times(theirs.before),
        after: times(theirs.after),
      },
      name,
    );
    const written = read(cliToml);
    const cut = (all) => all.replace(tokenIn(all), parts(tokenIn(all)).payload);
    assert.equal(cut(text), cut(written), `${name}: the file, but for the signature`);
  }

  it("does the same, and refuses by the same codes", () => {
    const previousPublicKey = hostPublic;
    compare("unverified", [], {});
    compare("with the previous key", ["--previous-public-key", "PREVIOUS"], { previousPublicKey });
    compare("by identity", ["--expect-identity", identity], { expectIdentity: identity });
    compare("as it is", ["--allow-unverified"], { allowUnverified: true });
    const another = deriveIdentity("localhost", "another");
    compare("another's", ["--expect-identity", another], { expectIdentity: another });
    for (const expiry of ["clear", "keep", 86_400]) {
      const text = typeof expiry === "number" ? `${expiry}s` : expiry;
      compare(`expiry ${text}`, ["--previous-public-key", "PREVIOUS", "--expiry", text], {
        previousPublicKey,
        expiry,
      });
    }
  });
});

describe("resignCliToml", () => {
  it("lets the servers' keys follow, and keeps every other byte", () => {
    const { text } = resignCliToml(hostToml, { privateKey, previousPublicKey: hostPublic, now });
    const body = (pem) => pem.split("\n").slice(1, 3).join("\n");
    assert.ok(hostToml.includes(body(hostPublic)), "the file had the old key");
    const expected = hostToml
      .replace(hostToken, tokenIn(text))
      .replace(body(hostPublic), body(ec.publicKey));
    assert.equal(text, expected, "token and key alone");
  });

  it("leaves keys of other servers alone", () => {
    const { text } = resignCliToml(hostToml, { privateKey, expectIdentity: identity, now });
    assert.equal(text, hostToml.replace(hostToken, tokenIn(text)), "the token alone");
  });

  it("refuses by code what is no cli.toml with a token", () => {
    const attempt = (text) => () => resignCliToml(text, { privateKey, allowUnverified: true });
    keysError(attempt("= x"), "ERR_TOML_SYNTAX", "no TOML");
    keysError(attempt("spacetimedb_token = 5"), "ERR_TOML_TYPE", "a number");
    keysError(attempt(""), "ERR_TOML_NO_TOKEN", "an empty file");
    keysError(attempt('a = "b"\n'), "ERR_TOML_NO_TOKEN", "no token");
  });
});

describe("resignToken", () => {
  const old = {
    hex_identity: deriveIdentity("localhost", "a"),
    sub: "a",
    iss: "localhost",
    aud: ["spacetimedb"],
    iat: 1,
    exp: now + 1000,
  };
  const oldText = JSON.stringify(old).replace("}", ',"big":12345678901234567890.10,"x":{"b":[]}}');
  const token = signByHand(privateKey, oldText, { kid: "old" });

  it("keeps every claim and digit; iat becomes now, exp goes", () => {
    const resigned = resignToken(token, { privateKey, now });
    const expected = oldText.replace('"iat":1', `"iat":${now}`).replace(/"exp":\d+,/, "");
    assert.equal(parts(resigned.token).payload, expected, "the claims");
    assert.deepEqual(parts(resigned.token).header, { typ: "JWT", alg: "ES256" }, "the header");
    const { token: _, ...rest } = resigned;
    assert.deepEqual(
      rest,
      {
        identity: old.hex_identity,
        issuer: "localhost",
        subject: "a",
        verifiedWith: fingerprint(privateKey),
        signedBy: fingerprint(privateKey),
        expiryCleared: true,
        before: { iat: 1, exp: now + 1000 },
        after: { iat: now, exp: null },
      },
      "what became of it",
    );
  });

  it("does with exp what it is told", () => {
    const expOf = (expiry) => {
      const resigned = resignToken(token, { privateKey, now, expiry });
      assert.equal(resigned.after.exp, claimsOf(resigned.token).exp ?? null, `${expiry}: told`);
      return [resigned.after.exp, resigned.expiryCleared];
    };
    assert.deepEqual(expOf("clear"), [null, true], "clear");
    assert.deepEqual(expOf(undefined), [null, true], "the default");
    assert.deepEqual(expOf("keep"), [now + 1000, false], "keep");
    assert.deepEqual(expOf(60), [now + 60, false], "a minute");
    const late = () => resignToken(token, { privateKey, now: now + 1000, expiry: "keep" });
    keysError(late, "ERR_TOKEN_EXPIRED", "keeping an exp that is over");
  });

  it("makes servers with the new key take it", () => {
    const options = { privateKey: other.privateKey, previousPublicKey: ec.publicKey, now };
    const resigned = resignToken(token, options);
    const verdict = checkToken(resigned.token, { publicKey: other.publicKey, now });
    assert.equal(verdict.accepted, true, "accepted");
    assert.equal(verdict.identity, old.hex_identity, "as the same one");
    assert.equal(resigned.verifiedWith, fingerprint(ec.publicKey), "by the old key");
    assert.equal(resigned.signedBy, fingerprint(other.publicKey), "by the new key");
  });

  it("looks for the old key among several", () => {
    const previousPublicKey = [hostPublic, ec.publicKey];
    const resigned = resignToken(token, { privateKey: other.privateKey, previousPublicKey });
    assert.equal(resigned.verifiedWith, fingerprint(ec.publicKey), "the second");
    const none = () => resignToken(token, { privateKey: other.privateKey, previousPublicKey: [] });
    keysError(none, "ERR_TOKEN_UNVERIFIED", "none");
  });

  it("is stopped by each guard, and let by each flag", () => {
    const key = { privateKey: hostPrivate, now };
    const attempt = (options, text = token) => () => resignToken(text, { ...key, ...options });
    keysError(attempt({}), "ERR_TOKEN_UNVERIFIED", "nobody known has signed it");
    keysError(attempt({ allowUnverified: false }), "ERR_TOKEN_UNVERIFIED", "false is no flag");
    assert.equal(attempt({ allowUnverified: true })().verifiedWith, null, "told to");
    assert.equal(attempt({ expectIdentity: old.hex_identity })().verifiedWith, null, "identity");
    keysError(
      attempt({ expectIdentity: identity, allowUnverified: true }),
      "ERR_TOKEN_UNEXPECTED_IDENTITY",
      "another identity",
    );
    const external = signByHand(hostPrivate, { iss: "https://a.example", sub: "a", iat: 1 });
    keysError(attempt({}, external), "ERR_TOKEN_EXTERNAL_ISSUER", "another issuer");
    assert.equal(
      attempt({ allowExternalIssuer: true }, external)().issuer,
      "https://a.example",
      "told to",
    );
    for (const bad of ["", "c200", "x".repeat(64), `c200${"0".repeat(60)}`]) {
      keysError(attempt({ expectIdentity: bad }), undefined, `no identity: ${bad.length} digits`);
    }
  });

  it("refuses what no server would take afterwards", () => {
    const attempt = (claims) => () => resignToken(signByHand(privateKey, claims), { privateKey });
    keysError(attempt({ iss: "localhost" }), "ERR_CLAIM_MISSING", "no sub");
    keysError(attempt({ ...old, sub: "s".repeat(129) }), "ERR_CLAIM_INVALID", "a long sub");
    keysError(attempt({ ...old, sub: "b" }), "ERR_TOKEN_IDENTITY_MISMATCH", "another's identity");
    keysError(attempt({ ...old, exp: 1.5 }), "ERR_CLAIM_INVALID", "a broken exp");
    const hmac = signByHand(privateKey, old, { alg: "HS256" });
    keysError(() => resignToken(hmac, { privateKey }), "ERR_TOKEN_ALGORITHM", "HS256");
    keysError(() => resignToken("opaque", { privateKey }), "ERR_TOKEN_OPAQUE", "no JWT");
  });

  it("needs a P-256 key", () => {
    const rsa = sharedRsa().privateKey;
    keysError(() => resignToken(token, { privateKey: rsa }), undefined, "an RSA key");
    keysError(() => new Signer(rsa).resign(token), undefined, "a Signer with an RSA key");
    keysError(() => resignToken(token, { privateKey: ec.publicKey }), "ERR_KEY_IS_PUBLIC", "half");
  });

  it("is done by a Signer as without one", () => {
    const bySigner = new Signer(privateKey).resign(token, { now, expiry: "keep" });
    const directly = resignToken(token, { privateKey, now, expiry: "keep" });
    assert.equal(parts(bySigner.token).payload, parts(directly.token).payload, "the claims");
    assert.deepEqual({ ...bySigner, token: 0 }, { ...directly, token: 0 }, "the rest");
    assert.equal(new Signer(privateKey).resign(token).identity, old.hex_identity, "no options");
  });
});
