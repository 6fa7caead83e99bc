// checkToken: what was measured on real servers, and what the program says.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { checkToken, deriveIdentity, jwks } from "spacetime-keys";

import { camel, cli, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import {
  betterAuthText,
  measuredVerdicts,
  secretFile,
  temporaryFolder,
} from "./support/files.mjs";
import { ec, other } from "./support/keys.mjs";
import { signByHand } from "./support/tokens.mjs";

const { samples, publicKey } = measuredVerdicts();
const fields = [
  "accepted",
  "server",
  "identity",
  "status",
  "reason",
  "code",
  "detail",
  "remedy",
  "remedyCode",
];
const present = () => Math.floor(Date.now() / 1000);

describe("checkToken and the measured verdicts", () => {
  it("agree on 78 tokens by three sets of rules", () => {
    let compared = 0;
    for (const { case: name, token, now, servers } of samples) {
      for (const [server, measured] of Object.entries(servers)) {
        const context = `${name} on ${server}`;
        const verdict = checkToken(token, { publicKey, server, now });
        assert.equal(verdict.accepted, measured.accepted, context);
        assert.equal(verdict.identity, measured.identity ?? null, `${context}: the identity`);
        assert.equal(verdict.server, server, `${context}: the rules`);
        assert.equal(verdict.status, measured.accepted ? 200 : 401, `${context}: the status`);
        if (measured.accepted) {
          assert.equal(verdict.reason, null, `${context}: no reason`);
        } else if (name === "inner newline escaped") {
          // The measured words are those of the key alone; a whole server reads the token twice.
          assert.match(verdict.reason, /^Base64/, `${context}: the second reading's words`);
        } else {
          assert.ok(measured.reason.startsWith(verdict.reason), `${context}: ${verdict.reason}`);
          assert.ok(verdict.reason.length > 3, `${context}: the words say something`);
          assert.ok(verdict.remedy && verdict.remedyCode, `${context}: a remedy`);
        }
        compared += 1;
      }
    }
    assert.equal(compared, 3 * 78, "every token, every server");
  });
});

describe("checkToken beside the program", () => {
  const folder = temporaryFolder();

  function compare(name, token, options, args, server) {
    const { out } = cli(["token", "check", ...args, "--server", server], { input: token });
    const verdict = checkToken(token, { ...options, server, now: present() });
    assert.deepEqual(verdict, pick(camel(out), ...fields), `${name} on ${server}`);
    return verdict;
  }

  it("says the same in every field", () => {
    const file = secretFile(folder, "key.pub", publicKey);
    for (const [index, { case: name, token }] of samples.entries()) {
      const server = ["1.2", "2.8", "2.14"][index % 3];
      compare(name, token, { publicKey }, ["--public-key", file], server);
    }
  });

  it("says the same of tokens of an issuer with a set", () => {
    const sets = {
      ours: JSON.stringify(jwks([ec.publicKey, other.publicKey])),
      "an Ed25519 key": betterAuthText("eddsa.jwks.json"),
      "a broken set": '{"keys":[{}]}',
      "no JSON": "{",
    };
    const iss = "https://app.example.com";
    const now = present();
    const tokens = {
      good: signByHand(ec.privateKey, { iss, sub: "a", iat: now, exp: now + 900 }),
      expired: signByHand(ec.privateKey, { iss, sub: "a", iat: now, exp: now - 900 }),
      "no issuer": signByHand(ec.privateKey, { sub: "a", iat: now }),
      "Better Auth's": betterAuthText("es256.jwt"),
    };
    let accepted = 0;
    for (const [setName, set] of Object.entries(sets)) {
      const file = secretFile(folder, "set.json", set);
      for (const [name, token] of Object.entries(tokens)) {
        for (const server of ["1.2.0", "2.11", "2.14.0"]) {
          const context = `${name} with ${setName}`;
          accepted += compare(context, token, { jwks: set }, ["--jwks", file], server).accepted;
        }
      }
    }
    assert.ok(accepted > 0 && accepted < 30, `${accepted} were accepted`);
  });
});

describe("checkToken", () => {
  const now = 1_800_000_000;
  const claims = { iss: "localhost", sub: "a", aud: ["spacetimedb"], iat: now, exp: null };
  const token = signByHand(ec.privateKey, claims);

  it("accepts as whom the token says", () => {
    assert.deepEqual(
      checkToken(token, { publicKey: ec.publicKey, now }),
      {
        accepted: true,
        server: "2.14",
        identity: deriveIdentity("localhost", "a"),
        status: 200,
        reason: null,
        code: null,
        detail: null,
        remedy: null,
        remedyCode: null,
      },
      "the newest rules",
    );
  });

  it("takes a set as an object as it takes its text", () => {
    const external = signByHand(ec.privateKey, { ...claims, iss: "https://app.example.com" });
    const set = jwks(ec.publicKey);
    const byObject = checkToken(external, { jwks: set, now });
    assert.deepEqual(byObject, checkToken(external, { jwks: JSON.stringify(set), now }), "same");
    assert.equal(byObject.accepted, true, "accepted");
  });

  it("knows a server with both keys", () => {
    const options = { publicKey: other.publicKey, jwks: jwks(ec.publicKey), now };
    const external = signByHand(ec.privateKey, { ...claims, iss: "https://app.example.com" });
    const local = signByHand(other.privateKey, claims);
    assert.equal(checkToken(external, options).accepted, true, "by the issuer's key");
    assert.equal(checkToken(local, options).accepted, true, "by the server's own key");
  });

  it("reads the clock where now is absent", () => {
    const dead = signByHand(ec.privateKey, { ...claims, exp: present() - 3600 });
    assert.equal(checkToken(dead, { publicKey: ec.publicKey }).reason, "ExpiredSignature", "dead");
    const live = signByHand(ec.privateKey, { ...claims, exp: present() + 3600 });
    assert.equal(checkToken(live, { publicKey: ec.publicKey }).accepted, true, "alive");
  });

  it("calls a set that servers cannot read no error", () => {
    const verdict = checkToken(token, { jwks: "{", now });
    assert.equal(verdict.accepted, false, "refused");
    assert.ok(verdict.reason, "with the server's words");
  });

  it("refuses what is no version and no key", () => {
    for (const server of ["", "two", "0.9", "2.x"]) {
      keysError(
        () => checkToken(token, { publicKey: ec.publicKey, server }),
        "ERR_SERVER_VERSION",
        server,
      );
    }
    keysError(() => checkToken(token, { publicKey: "x" }), "ERR_PEM_MISSING", "no key");
    keysError(() => checkToken(token, { publicKey: ec.privateKey }), "ERR_KEY_IS_PRIVATE", "half");
  });
});
