// Identities: beside the tokens of real servers, the program, and one at a time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { deriveIdentities, deriveIdentitiesAsync, deriveIdentity } from "spacetime-keys";

import { cli } from "./support/cli.mjs";
import { measuredVerdicts, read, throwawayHost } from "./support/files.mjs";
import { claimsOf } from "./support/tokens.mjs";

const issuer = "https://app.example.com";

describe("deriveIdentity", () => {
  it("is what the real server wrote into its token", () => {
    const [, token] = /spacetimedb_token = "([^"]+)"/.exec(read(throwawayHost().cliToml));
    const { iss, sub, hex_identity: identity } = claimsOf(token);
    assert.equal(deriveIdentity(iss, sub), identity, "hex_identity of the token");
    assert.equal(
      identity,
      "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad",
      "the host's publisher",
    );
  });

  it("is what servers answered to the measured tokens", () => {
    let compared = 0;
    for (const { case: name, token, servers } of measuredVerdicts().samples) {
      const { accepted, identity } = servers["1.2"];
      if (!accepted) continue;
      const { iss, sub } = claimsOf(token);
      assert.equal(deriveIdentity(iss, sub), identity, name);
      compared += 1;
    }
    assert.ok(compared > 25, `${compared} tokens were compared`);
  });

  it("is the program's, for texts of every kind", () => {
    const pairs = [
      ["localhost", "x"],
      [issuer, "auth0|5f7c8ec7c33c6c004bbafe82"],
      [`${issuer}/`, "a"],
      ["", ""],
      ["|", "|"],
      ["häuser", "日本語 \u{1f511}"],
      ["a\nb", "c\td"],
      ["i".repeat(5000), "s".repeat(5000)],
    ];
    for (const [iss, sub] of pairs) {
      const { exit, out } = cli(["identity", "derive", `--issuer=${iss}`, `--subject=${sub}`]);
      const context = JSON.stringify([iss, sub]).slice(0, 60);
      assert.equal(exit, 0, context);
      assert.equal(deriveIdentity(iss, sub), out.identity, context);
      assert.match(out.identity, /^c200[0-9a-f]{60}$/, context);
    }
  });

  it("takes a zero character for a character", () => {
    const all = new Set(["", "a", "a\0", "a\0b", "\0"].map((sub) => deriveIdentity(issuer, sub)));
    assert.equal(all.size, 5, "no two are the same");
  });
});

describe("deriveIdentities and its twin", () => {
  it("give what single calls give, in their order, 10,000 times", async () => {
    const subjects = Array.from({ length: 10_000 }, (_, index) => `u${(index * 7919) % 10_007}`);
    const expected = subjects.map((subject) => deriveIdentity(issuer, subject));
    assert.deepEqual(deriveIdentities(issuer, subjects), expected, "at once");
    assert.deepEqual(await deriveIdentitiesAsync(issuer, subjects), expected, "off the thread");
  });

  it("give nothing for nothing", async () => {
    assert.deepEqual(deriveIdentities(issuer, []), [], "at once");
    assert.deepEqual(await deriveIdentitiesAsync(issuer, []), [], "off the thread");
  });

  it("give the same twice for a subject that is there twice", () => {
    const [first, second, third] = deriveIdentities(issuer, ["a", "b", "a"]);
    assert.equal(first, third, "the same subject");
    assert.notEqual(first, second, "another subject");
  });

  it("keep their answers apart when many run at once", async () => {
    const runs = Array.from({ length: 20 }, (_, run) => {
      const subjects = Array.from({ length: 500 }, (_, index) => `${run}-${index}`);
      return deriveIdentitiesAsync(`https://${run}.example.com`, subjects);
    });
    for (const [run, identities] of (await Promise.all(runs)).entries()) {
      assert.equal(identities.length, 500, `run ${run} is whole`);
      for (const index of [0, 1, 250, 499]) {
        assert.equal(
          identities[index],
          deriveIdentity(`https://${run}.example.com`, `${run}-${index}`),
          `run ${run}, subject ${index}`,
        );
      }
    }
  });

  it("do not see what is changed after the call", async () => {
    const subjects = ["a", "b"];
    const promise = deriveIdentitiesAsync(issuer, subjects);
    subjects[0] = "changed";
    subjects.length = 1;
    const expected = [deriveIdentity(issuer, "a"), deriveIdentity(issuer, "b")];
    assert.deepEqual(await promise, expected, "as they were when it was called");
  });
});
