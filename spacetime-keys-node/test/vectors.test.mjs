// The vectors in tests/vectors: what the library and the program say, too.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import * as api from "spacetime-keys";

import { measuredVerdicts } from "./support/files.mjs";
import { claimsOf } from "./support/tokens.mjs";
import { both, eachVector, options, vectorFiles } from "./support/vectors.mjs";

/** A remedy's words are there where its name is, and so it is with what is wrong. */
function verdict(token, asked) {
  const { detail, remedy, condition, ...rest } = api.checkToken(token, asked);
  // Only what an issuer's key signed is accepted on a condition.
  const isOpen = rest.accepted && !api.checkToken(token, { ...asked, jwks: undefined }).accepted;
  assert.equal(typeof condition, isOpen ? "string" : "object", "the condition");
  assert.equal(typeof detail, rest.code === null ? "object" : "string", "detail and code");
  assert.equal(
    typeof remedy,
    rest.remedyCode === null ? "object" : "string",
    "remedy and its code",
  );
  return rest;
}

const resigning = [
  "privateKey",
  "expectIdentity",
  "allowUnverified",
  "allowExternalIssuer",
  "expiry",
  "now",
];
const wish = (vector) => ({
  ...options(vector, ...resigning),
  previousPublicKey: vector.previousPublicKeys,
});

/** Of a file: the members that each vector must have. */
const runs = {
  pem({ pem }) {
    const normalized = api.normalizePem(pem);
    assert.equal(api.normalizePem(normalized), normalized, "canonical is canonical");
    return { normalized };
  },
  keys({ pem, half }) {
    const [fingerprint, kid] = [api.fingerprint(pem), api.thumbprint(pem)];
    if (half === "public") return { fingerprint, kid, algorithm: api.jwks(pem).keys[0].alg };
    assert.throws(() => api.jwks(pem), { code: "ERR_KEY_IS_PRIVATE" }, "a private key");
    return { fingerprint, kid, algorithm: new api.Signer(pem).algorithm };
  },
  pairs: ({ privateKey, publicKey }) => api.checkKeyPair(privateKey, publicKey),
  identities: ({ issuer, subject }) => ({ identity: api.deriveIdentity(issuer, subject) }),
  decode({ token, says, header: headerText }) {
    const { kind, header, claims, payload, identity, reason, verified } = api.decodeToken(token);
    assert.equal(verified, false, "never verified");
    assert.deepEqual(claims, JSON.parse(payload), "as JSON.parse reads them");
    assert.deepEqual(header, JSON.parse(headerText), "and the header");
    if (kind !== "jwt") assert.ok(reason.includes(says), reason);
    return { kind, payload, identity };
  },
  verify(vector) {
    const { token } = vector;
    const names = ["publicKey", "jwks", "issuer", "audience", "algorithm", "leeway", "now"];
    const { claims, checked, ...verified } = api.verifyToken(token, options(vector, ...names));
    assert.deepEqual(claims, claimsOf(token), "the claims");
    const named = ["algorithm", "issuer", "audience"].filter((name) => vector[name] !== undefined);
    assert.deepEqual(checked, ["signature", "times", ...named], "what was compared");
    return { verified };
  },
  check(vector) {
    const keys = options(vector, "publicKey", "jwks", "now");
    const asked = ([server]) => [server, verdict(vector.token, { ...keys, server })];
    return { verdicts: Object.fromEntries(Object.entries(vector.verdicts).map(asked)) };
  },
  mint(vector) {
    const names = [
      "privateKey",
      "issuer",
      "subject",
      "audience",
      "ttl",
      "purpose",
      "target",
      "claims",
      "now",
    ];
    const { token, ...rest } = api.mintToken(options(vector, ...names));
    return { minted: { ...both(token), ...rest } };
  },
  resign(vector) {
    const { token, ...rest } = api.resignToken(vector.token, wish(vector));
    return { resigned: { ...both(token), ...rest } };
  },
  "cli-toml"(vector) {
    const { text } = api.resignCliToml(vector.text, wish(vector));
    const [, token] = /spacetimedb_token *= *"([^"]+)"/.exec(text);
    return { newText: text.replace(token, "{token}"), payload: both(token).payload };
  },
  jwks: ({ publicKeys }) => ({ set: api.jwks(publicKeys) }),
  openid: ({ issuer, publicKeys }) => ({ document: api.openidConfiguration(issuer, publicKeys) }),
  lint({ jwks }) {
    const { problems, ...rest } = api.lintJwks(jwks);
    for (const { message, hint } of problems) assert.ok(message && hint, "what, and the way out");
    return {
      ...rest,
      problems: problems.map(({ code, severity, entry }) => ({ code, severity, entry })),
    };
  },
};

describe("the vectors", () => {
  for (const [file, run] of Object.entries(runs)) it(file, () => eachVector(file, run));

  it("are all run", () => assert.deepEqual(Object.keys(runs).sort(), vectorFiles()));

  it("and what was measured on servers", () => {
    const { samples, publicKey } = measuredVerdicts();
    for (const { case: name, token, now, servers } of samples) {
      for (const [server, measured] of Object.entries(servers)) {
        const context = `${name} on ${server}`;
        const { accepted, identity, reason, status, ...rest } = verdict(token, {
          publicKey,
          server,
          now,
        });
        assert.deepEqual(
          [accepted, identity],
          [measured.accepted, measured.identity ?? null],
          context,
        );
        assert.deepEqual([status, rest.server], [accepted ? 200 : 401, server], context);
        assert.equal(rest.remedyCode === null, accepted, `${context}: a remedy`);
        // The measured words are only those of the key; a whole server reads that token twice.
        const debug = name === "inner newline escaped" ? "Base64(" : measured.reason;
        // For programmers, as servers 1.x print it; 2.x say it in plain words.
        const plain = server === "1.2" ? {} : { Json: "JSON error", Base64: "Base64 error" };
        const words = debug?.replace(/^(Json|Base64)(?=\()/, (word) => plain[word] ?? word);
        if (!accepted)
          assert.ok(reason.length > 3 && words.startsWith(reason), `${context}: ${reason}`);
        else assert.equal(reason, null, context);
      }
    }
    assert.equal(samples.length, 78, "all tokens");
  });
});
