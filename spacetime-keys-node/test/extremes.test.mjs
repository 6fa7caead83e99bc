// Texts that are right by type and monstrous otherwise: 100 MB, a hundred thousand levels.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  Signer,
  auditFleet,
  checkToken,
  decodeToken,
  deriveIdentity,
  lintJwks,
  mintToken,
  resignCliToml,
  verifyToken,
} from "spacetime-keys";

import { calls, mayBe } from "./support/contract.mjs";
import { checkKeysError, keysError } from "./support/errors.mjs";
import { canary, checkSilent, nested } from "./support/hostile.mjs";
import { ec } from "./support/keys.mjs";
import { replace } from "./support/paths.mjs";
import { sampleOf } from "./support/sample.mjs";
import { signByHand } from "./support/tokens.mjs";

const { privateKey, publicKey } = ec;
const signer = new Signer(privateKey);
const megabytes = 100;

/** 100 MB in one piece: engines put off joining until somebody looks. */
function hugeText() {
  const text = Buffer.alloc(megabytes << 20, canary).toString("latin1");
  assert.equal(text.length, megabytes << 20, "so long");
  return text;
}

// What another row reads by the same checks, and what is stored as it is.
const readElsewhere = [
  /^planRotation, 0/,
  /^Signer\.(mint, 0\.|resign, 1\.)/,
  /^verifyToken with a set, .*keys/,
  /earlier\.0\.(version|fingerprint)|vaults\.0\.(vault|version)/,
];

describe("a text of 100 MB", () => {
  const huge = hugeText();

  /** Whether it is refused in this place: then by an error that does not show it. */
  async function refusesHuge({ call, args, path, kind, echoes }, context) {
    try {
      const result = await call(...replace(args, path, { value: huge }));
      assert.ok(mayBe(kind, "huge"), `${context}: is refused`);
      if (!echoes) checkSilent(result, context);
      return false;
    } catch (error) {
      if (error.code === "ERR_ASSERTION") throw error;
      checkSilent(error, context);
      if (!(error instanceof TypeError)) checkKeysError(error, undefined, context);
      return true;
    }
  }

  it("in each place is an answer or an error, and never shown", async () => {
    const places = calls.flatMap((row) =>
      Object.entries(row.params).map(([path, kind]) => ({ ...row, path, kind })),
    );
    const context = ({ name, path }) => `${name}, ${path}: 100 MB`;
    const read = places.filter(
      (place) => !readElsewhere.some((other) => other.test(context(place))),
    );
    // Each takes most of a second. A thin run reads it by some places of each kind.
    const chosen = sampleOf(read, 40, ({ kind }) => kind);
    let refused = 0;
    for (const place of chosen) refused += await refusesHuge(place, context(place));
    assert.ok(refused > chosen.length / 2, `${refused} of ${chosen.length} places refuse it`);
  });

  it("is read to the end where any text is right", () => {
    assert.match(deriveIdentity("a", huge), /^c200/, "an identity");
    assert.notEqual(deriveIdentity("a", huge), deriveIdentity("a", `${huge}b`), "all of it counts");
    assert.equal(decodeToken(huge).kind, "opaque", "no token");
  });
});

describe("a hundred thousand levels", () => {
  const levels = 100_000;
  const arrays = `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const objects = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

  it("of a token's claims are refused where they are read", () => {
    for (const inner of [arrays, objects]) {
      const token = signByHand(privateKey, `{"iss":"localhost","sub":"a","iat":1,"x":${inner}}`);
      const keys = { publicKey, now: 1 };
      keysError(() => verifyToken(token, keys), "ERR_TOKEN_JSON", "verifyToken");
      for (const server of ["1.2", "2.8", "2.14"]) {
        assert.equal(typeof checkToken(token, { ...keys, server }).accepted, "boolean", server);
      }
      const toml = `spacetimedb_token = "${token}"\n`;
      const attempt = () => resignCliToml(toml, { privateKey });
      assert.ok(attempt().token ?? attempt().text, "signed anew, unread: old servers skip it, too");
    }
  });

  it("of a token's claims are decoded, or refused by code", () => {
    const token = signByHand(privateKey, `{"x":${arrays}}`);
    try {
      assert.equal(decodeToken(token).kind, "jwt", "decoded");
    } catch (error) {
      checkKeysError(error, undefined, "decodeToken");
    }
  });

  it("of claims to be signed are refused", () => {
    const claims = { iss: "localhost", sub: "a", deep: nested(levels) };
    const expected = (error) => error instanceof TypeError || /^ERR_/.test(error.code);
    const mint = { privateKey, issuer: "a", subject: "a", claims: { deep: nested(levels) } };
    assert.throws(() => signer.sign(claims), expected, "sign");
    assert.throws(() => signer.signMany([claims]), expected, "signMany");
    assert.throws(() => mintToken(mint), expected, "mintToken");
    // One level is the claims' own; an empty array is one, too.
    const deepest = signer.sign({ ...claims, deep: nested(125) });
    assert.ok(verifyToken(deepest, { publicKey }), "127 levels");
    for (const depth of [126, 127, 1000]) {
      const attempt = () => signer.sign({ ...claims, deep: nested(depth) });
      keysError(attempt, "ERR_TOKEN_JSON", `${depth + 2} levels`);
    }
  });

  it("of a JWK set are a report or an error", () => {
    const sets = [
      arrays,
      objects,
      `{"keys":${arrays}}`,
      `{"keys":[${arrays}]}`,
      `{"keys":[{"kty":"EC","x":${objects}}]}`,
      `{"keys":[],"x":${arrays}}`,
    ];
    for (const [index, set] of sets.entries()) {
      assert.equal(typeof lintJwks(set).ok, "boolean", `set ${index}: lint`);
      const keys = { jwks: set };
      keysError(() => verifyToken("a.b.c", keys), undefined, `set ${index}: verifyToken`);
      assert.equal(checkToken("a.b.c", keys).accepted, false, `set ${index}: checkToken`);
    }
  });

  it("of a cli.toml are refused", () => {
    const name = `${"a.".repeat(levels)}a`;
    const texts = [
      `a = ${arrays}`,
      `a = ${"{a=".repeat(levels)}1${"}".repeat(levels)}`,
      `${name} = 1`,
      `[${name}]`,
      `[[${name}]]`,
      `[${name}]\n${name} = 1`,
      "[[a]]\n".repeat(levels),
      `a = "${"\\".repeat(levels)}`,
      `a = """${"\n".repeat(levels)}`,
    ];
    for (const [index, text] of texts.entries()) {
      const error = keysError(
        () => resignCliToml(text, { privateKey }),
        undefined,
        `text ${index}`,
      );
      assert.match(error.code, /^ERR_TOML_/, `text ${index}: ${error.code}`);
      const report = auditFleet({ vaults: [], host: { cliToml: text } });
      assert.equal(typeof report.ok, "boolean", `text ${index}: audit`);
    }
  });

  it("of an escrow are a report", () => {
    for (const escrow of [
      arrays,
      objects,
      `{"publishers":${arrays}}`,
      `{"publishers":[${objects}]}`,
    ]) {
      const vault = { environment: "prod", vault: "v", privateKey, publicKey, escrow };
      assert.equal(auditFleet({ vaults: [vault] }).environments.length, 1, "a report");
    }
  });
});

describe("many of everything", () => {
  it("is taken", () => {
    const claims = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`c${index}`, index]),
    );
    const token = signer.sign({ iss: "localhost", sub: "a", ...claims });
    assert.equal(verifyToken(token, { publicKey }).claims.c19999, 19_999, "20,000 claims");
    const vaults = Array.from({ length: 500 }, (_, index) => ({
      environment: `e${index}`,
      vault: "v",
    }));
    assert.equal(auditFleet({ vaults }).environments.length, 500, "500 environments");
    const keys = Array.from({ length: 2000 }, () => ({}));
    assert.equal(lintJwks({ keys }).entries, 2000, "2,000 entries");
  });

  it("is refused where a token or a set gets too large", () => {
    const big = { iss: "localhost", sub: "a", text: "x".repeat(1 << 20) };
    try {
      const token = signer.sign(big);
      keysError(() => verifyToken(token, { publicKey }), "ERR_TOKEN_TOO_LARGE", "a large token");
    } catch (error) {
      checkKeysError(error, undefined, "signing it");
    }
    const set = JSON.stringify({ keys: [], x: "x".repeat(1 << 20) });
    keysError(() => verifyToken("a.b.c", { jwks: set }), "ERR_JWKS_TOO_LARGE", "a large set");
  });
});
