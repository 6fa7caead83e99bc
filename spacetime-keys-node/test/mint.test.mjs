// mintToken: the program's tokens, jose's verdict, and the claim contract.

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { describe, it } from "node:test";

import * as jose from "jose";
import { Signer, checkToken, deriveIdentity, mintToken, thumbprint } from "spacetime-keys";

import { camel, cli, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { secretFile, temporaryFolder } from "./support/files.mjs";
import { ec, sharedRsa } from "./support/keys.mjs";
import { parts } from "./support/tokens.mjs";

const now = 1_800_000_000;
const issuer = "https://app.example.com";
const { privateKey, publicKey } = ec;
const plain = { privateKey, issuer, subject: "u1", now };

/** The claims' text without the times, which differ by when it was made. */
const withoutTimes = (token) => parts(token).payload.replace(/"(iat|exp)":\d+/g, '"$1":0');

describe("mintToken beside the program", () => {
  const file = secretFile(temporaryFolder(), "key.pem", privateKey);

  const cases = [
    ["a user", {}, []],
    ["audiences", { audience: ["a", "b"] }, ["--audience", "a", "--audience", "b"]],
    ["one audience", { audience: "a" }, ["--audience", "a"]],
    ["a lifetime", { ttl: 3600 }, ["--ttl", "1h"]],
    [
      "claims",
      { claims: { azp: "web", sid: "1", membership_version: 7, x: [1, { a: null }] } },
      ["--claim=azp=web", "--claim=sid=1", "--claim=membership_version=7", '--claim=x=[1,{"a":null}]'],
    ],
    [
      "a robot",
      { purpose: "robot", subject: "robot:ci" },
      ["--purpose", "robot", "--subject", "robot:ci"],
    ],
    [
      "a delegate",
      { purpose: "delegated", claims: { act: { sub: "robot:x" } } },
      ["--purpose", "delegated", '--claim=act={"sub":"robot:x"}'],
    ],
    [
      "an owner",
      { purpose: "owner", issuer: "localhost" },
      ["--purpose", "owner", "--issuer", "localhost"],
    ],
    ["production", { target: "prod" }, ["--target", "prod"]],
  ];
  const refused = [
    ["too long a life", { ttl: 86_401 }, ["--ttl", "86401s"]],
    ["no life", { ttl: 0 }, ["--ttl", "0s"]],
    ["a reserved claim", { claims: { hex_identity: "x" } }, ["--claim=hex_identity=x"]],
    ["an actor's claim without the purpose", { claims: { act: { sub: "a" } } }, ['--claim=act={"sub":"a"}']],
    ["no actor", { purpose: "delegated" }, ["--purpose", "delegated"]],
    ["an e-mail address", { subject: "a@b.example" }, ["--subject", "a@b.example"]],
    ["a robot as a user", { subject: "robot:a" }, ["--subject", "robot:a"]],
    ["a user as a robot", { purpose: "robot" }, ["--purpose", "robot"]],
    ["an owner of elsewhere", { purpose: "owner" }, ["--purpose", "owner"]],
    [
      "this machine in production",
      { target: "prod", issuer: "http://localhost:3000" },
      ["--target", "prod", "--issuer", "http://localhost:3000"],
    ],
    ["a long subject", { subject: "s".repeat(129) }, ["--subject", "s".repeat(129)]],
    ["no subject", { subject: "" }, ["--subject", ""]],
    ["no issuer", { issuer: "" }, ["--issuer", ""]],
  ];

  function byTheProgram(args) {
    const given = (name) => args.includes(name) || args.some((arg) => arg.startsWith(`${name}=`));
    const rest = [
      ...(given("--issuer") ? [] : ["--issuer", issuer]),
      ...(given("--subject") ? [] : ["--subject", "u1"]),
    ];
    return cli(["token", "mint", "--private-key", file, ...rest, ...args]).out;
  }

  it("mints the same tokens", () => {
    for (const [name, options, args] of cases) {
      const theirs = byTheProgram(args);
      assert.ok(theirs.token, `${name}: the program mints`);
      const ours = mintToken({ ...plain, ...options, now: theirs.issued_at });
      assert.equal(parts(ours.token).payload, parts(theirs.token).payload, `${name}: the claims`);
      assert.deepEqual(parts(ours.token).header, parts(theirs.token).header, `${name}: the header`);
      const fields = ["identity", "kid", "algorithm", "issuedAt", "expiresAt"];
      assert.deepEqual(pick(ours, ...fields), pick(camel(theirs), ...fields), `${name}: the rest`);
      assert.deepEqual(Object.keys(ours).sort(), [...fields, "token"].sort(), `${name}: the fields`);
    }
  });

  it("refuses by the same codes", () => {
    for (const [name, options, args] of refused) {
      const theirs = byTheProgram(args);
      assert.ok(theirs.error, `${name}: the program refuses`);
      const error = keysError(() => mintToken({ ...plain, ...options }), theirs.error.code, name);
      // The program names the argument before that.
      assert.ok(theirs.error.message.endsWith(error.message), `${name}: the words`);
    }
  });
});

describe("mintToken", () => {
  it("keeps to the claim contract", () => {
    const claims = { tenant_id: "t1", azp: "web" };
    const minted = mintToken({ ...plain, claims });
    const { header, payload } = parts(minted.token);
    assert.deepEqual(header, { typ: "JWT", alg: "ES256", kid: thumbprint(publicKey) }, "header");
    assert.equal(
      payload,
      JSON.stringify({
        iss: issuer,
        sub: "u1",
        aud: ["spacetimedb"],
        iat: now,
        exp: now + 900,
        ...claims,
      }),
      "the claims, in their order",
    );
    assert.deepEqual(
      pick(minted, "identity", "kid", "algorithm", "issuedAt", "expiresAt"),
      {
        identity: deriveIdentity(issuer, "u1"),
        kid: thumbprint(publicKey),
        algorithm: "ES256",
        issuedAt: now,
        expiresAt: now + 900,
      },
      "what is told beside it",
    );
  });

  it("makes tokens that jose verifies", async () => {
    for (const pair of [ec, sharedRsa()]) {
      const { token, algorithm } = mintToken({ ...plain, privateKey: pair.privateKey });
      const { payload, protectedHeader } = await jose.jwtVerify(
        token,
        createPublicKey(pair.publicKey),
        { issuer, subject: "u1", audience: "spacetimedb", currentDate: new Date(now * 1000) },
      );
      assert.equal(protectedHeader.alg, algorithm, "the algorithm");
      assert.equal(protectedHeader.kid, thumbprint(pair.publicKey), "the kid");
      assert.equal(payload.exp - payload.iat, 900, "15 minutes");
    }
  });

  it("makes tokens that every server takes", () => {
    const { token } = mintToken({ ...plain, purpose: "owner", issuer: "localhost" });
    for (const server of ["1.2", "2.8", "2.14"]) {
      const verdict = checkToken(token, { publicKey, server, now });
      assert.equal(verdict.accepted, true, server);
      assert.equal(verdict.identity, deriveIdentity("localhost", "u1"), `${server}: as whom`);
    }
  });

  it("takes the moment from the clock where now is absent", () => {
    const before = Math.floor(Date.now() / 1000);
    const { issuedAt, expiresAt } = mintToken({ ...plain, now: undefined, ttl: 60 });
    assert.ok(issuedAt >= before && issuedAt <= Date.now() / 1000, "now");
    assert.equal(expiresAt, issuedAt + 60, "and the ttl");
  });

  it("refuses claims of the contract that are of another type", () => {
    const all = [{ sid: 1 }, { membership_version: "7" }, { membership_version: -1 }, { scope: [] }];
    for (const claims of all) {
      keysError(() => mintToken({ ...plain, claims }), "ERR_MINT_CLAIM", JSON.stringify(claims));
    }
    for (const name of ["iss", "sub", "aud", "iat", "exp", "nbf", "hex_identity"]) {
      keysError(() => mintToken({ ...plain, claims: { [name]: 1 } }), "ERR_MINT_CLAIM", name);
    }
  });

  it("signs with RSA for apps, and never for owners", () => {
    const rsa = { ...plain, privateKey: sharedRsa().privateKey };
    assert.equal(mintToken(rsa).algorithm, "RS256", "an app");
    const owner = { ...rsa, purpose: "owner", issuer: "localhost" };
    keysError(() => mintToken(owner), "ERR_TOKEN_KEY_TYPE", "an owner");
  });

  it("refuses what is no private key", () => {
    keysError(() => mintToken({ ...plain, privateKey: publicKey }), "ERR_KEY_IS_PUBLIC", "a half");
    keysError(() => mintToken({ ...plain, privateKey: "" }), "ERR_PEM_EMPTY", "nothing");
  });

  it("mints by a Signer as without one", () => {
    const { privateKey: key, ...options } = plain;
    const bySigner = new Signer(key).mint({ ...options, claims: { a: 1 } });
    const directly = mintToken({ ...plain, claims: { a: 1 } });
    assert.equal(withoutTimes(bySigner.token), withoutTimes(directly.token), "the claims");
    assert.deepEqual({ ...bySigner, token: 0 }, { ...directly, token: 0 }, "the rest");
  });
});
