// exchangeToken and Exchange: which tokens are exchanged, what comes out, and what is refused.
// Tokens and lists are put together by hand; what comes out is judged by the rules of servers.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";

import { Exchange, Signer, checkToken, deriveIdentity, exchangeToken } from "spacetime-keys";

import { keysError } from "./support/errors.mjs";
import { fingerprintOf, p256, sharedRsa } from "./support/keys.mjs";
import { Chance } from "./support/random.mjs";
import {
  DAY,
  MONTH,
  RETIRED_AT,
  SUBJECT,
  claims,
  list,
  listOf,
  old,
  oldToken,
  present,
  retired,
} from "./support/retired.mjs";
import { sampleSeed, sampleSize } from "./support/sample.mjs";
import { claimsOf, parts, signByHand, tamper } from "./support/tokens.mjs";

const now = RETIRED_AT + DAY;
const keys = { privateKey: present.privateKey, retiredKeys: list };
const identity = deriveIdentity("localhost", SUBJECT);
const stranger = p256();

/** Whose the token is to servers of all rules with this key; `null`: nobody's. */
const whose = (token, publicKey, at) =>
  ["1.2", "2.8", "2.14"].map(
    (server) => checkToken(token, { publicKey, server, now: at }).identity,
  );

/** Both ways in: the function, and a class that keeps the keys. */
const ways = {
  exchangeToken: (token, { privateKey, retiredKeys, ...options }) =>
    exchangeToken(token, { privateKey, retiredKeys, ...options }),
  Exchange: (token, { privateKey, retiredKeys, ...options }) =>
    new Exchange({ privateKey, retiredKeys }).exchange(token, options),
};

for (const [name, exchange] of Object.entries(ways)) {
  describe(name, () => {
    it("signs the claims of an old token with the present key", () => {
      const given = oldToken({ level: 1.5, exp: null }, { kid: "the old one's" });
      assert.deepEqual(whose(given, present.publicKey, now), [null, null, null], "before");
      const { token, ...said } = exchange(given, { ...keys, now });
      const expected = {
        outcome: "exchanged",
        identity,
        expiresAt: null,
        retiredKey: fingerprintOf(old.publicKey),
      };
      assert.deepEqual(said, expected, "what is said of it");
      assert.deepEqual(parts(token).header, { typ: "JWT", alg: "ES256" }, "the header");
      assert.equal(parts(token).payload, JSON.stringify({ ...claims, iat: now, level: 1.5 }));
      assert.deepEqual(whose(token, present.publicKey, now), Array(3).fill(identity), "after");
    });

    it("keeps numbers to the digit", () => {
      const text = JSON.stringify(claims).replace("{", '{"big":12345678901234567890.4500,');
      const { token } = exchange(signByHand(old.privateKey, text), { ...keys, now });
      assert.equal(parts(token).payload, text.replace(`${claims.iat}`, `${now}`));
    });

    it("gives a token that is good already as it is", () => {
      const { token } = exchange(oldToken(), { ...keys, now, lifetime: 300 });
      const again = exchange(token, { ...keys, now });
      assert.equal(again.outcome, "notNeeded");
      assert.equal(again.token, token, "the same");
      assert.deepEqual([again.identity, again.expiresAt], [identity, now + 300]);
      assert.ok(!("retiredKey" in again), "no retired key has to do with it");
    });

    it("lets no token live longer than it did", () => {
      for (const [exp, lifetime, expected] of [
        [now + 10, 300, now + 10],
        [now + 9000, 300, now + 300],
        [now + 9000, undefined, now + 9000],
        [undefined, 300, now + 300],
        [undefined, undefined, null],
        // As servers do, which take it for 60 seconds more.
        [now - 60, undefined, now - 60],
      ]) {
        const { token, expiresAt } = exchange(oldToken({ exp }), { ...keys, now, lifetime });
        assert.equal(expiresAt, expected, `exp ${exp}, lifetime ${lifetime}`);
        assert.equal(claimsOf(token).exp ?? null, expected, "the claim says so");
      }
    });

    it("takes the list as text or object", () => {
      for (const retiredKeys of [list, JSON.stringify(list), JSON.stringify(list, null, 2)]) {
        assert.equal(exchange(oldToken(), { ...keys, retiredKeys, now }).outcome, "exchanged");
      }
    });

    it("reads the clock where now is absent", () => {
      const seconds = Math.floor(Date.now() / 1000);
      const retiredKeys = listOf([
        retired(old.publicKey, { retired_at: seconds, honored_until: seconds + DAY }),
      ]);
      const { token } = exchange(oldToken({ iat: seconds - 5 }), { ...keys, retiredKeys });
      const { iat } = claimsOf(token);
      assert.ok(iat >= seconds && iat <= Date.now() / 1000, "iat is now");
    });
  });
}

describe("what is not exchanged", () => {
  const hmac = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  const good = oldToken();
  const swapped = [parts(good).header, { ...claims, role: "admin" }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const refused = {
    "a token of a key that nobody knows": [
      signByHand(stranger.privateKey, claims),
      "ERR_KEY_NOT_RETIRED",
    ],
    "one that was issued after its key was retired": [
      oldToken({ iat: RETIRED_AT + 61 }),
      "ERR_TOKEN_ISSUED_LATER",
    ],
    "one without iat": [oldToken({ iat: undefined }), "ERR_CLAIM_MISSING"],
    "an expired one": [oldToken({ exp: now - 61 }), "ERR_TOKEN_EXPIRED"],
    "another issuer's": [oldToken({ iss: "https://id.example.com" }), "ERR_TOKEN_EXTERNAL_ISSUER"],
    "one by HS256": [`${hmac}.${good.split(".")[2]}`, "ERR_TOKEN_ALGORITHM"],
    "one by HS256 that says ES256": [oldToken({}, { alg: "HS256" }), "ERR_TOKEN_ALGORITHM"],
    "one by RS256": [signByHand(sharedRsa().privateKey, claims), "ERR_TOKEN_ALGORITHM"],
    "one by none": [`${none}.${good.split(".")[1]}.`, "ERR_TOKEN_ALGORITHM"],
    "one without a signature": [good.slice(0, good.lastIndexOf(".") + 1), "ERR_KEY_NOT_RETIRED"],
    "one with act": [oldToken({ act: { sub: "app" } }), "ERR_TOKEN_DELEGATED"],
    "one with other claims under its signature": [
      `${swapped}.${good.split(".")[2]}`,
      "ERR_KEY_NOT_RETIRED",
    ],
    "one with another signature": [tamper(good, 2), "ERR_KEY_NOT_RETIRED"],
    "one with a critical header": [oldToken({}, { crit: ["exp"] }), "ERR_TOKEN_CRITICAL"],
    "one with a claim twice": [
      signByHand(old.privateKey, JSON.stringify(claims).replace("{", '{"sub":"b",')),
      "ERR_TOKEN_DUPLICATE",
    ],
    "one of over 1 MiB": [oldToken({ padding: "x".repeat(1 << 20) }), "ERR_TOKEN_TOO_LARGE"],
    nothing: ["", "ERR_TOKEN_OPAQUE"],
  };
  const kept = new Exchange(keys);

  for (const [what, [token, code]] of Object.entries(refused)) {
    it(`is ${what}`, () => {
      keysError(() => exchangeToken(token, { ...keys, now }), code, "by the function");
      keysError(() => kept.exchange(token, { now }), code, "by the class");
    });
  }

  it("is a publisher's token", () => {
    const retiredKeys = listOf(list.keys, [identity]);
    const wish = { ...keys, retiredKeys, now };
    keysError(() => exchangeToken(good, wish), "ERR_TOKEN_OF_PUBLISHER", "the publisher's");
    const { outcome } = exchangeToken(oldToken({ sub: "another" }), wish);
    assert.equal(outcome, "exchanged", "another's is");
  });

  it("is a token of a key that is revoked, or honoured no longer", () => {
    const by = (more) => ({ ...keys, retiredKeys: listOf([retired(old.publicKey, more)]), now });
    keysError(() => exchangeToken(good, by({ revoked: true })), "ERR_KEY_REVOKED", "revoked");
    keysError(() => exchangeToken(good, by({ honored_until: now })), "ERR_KEY_NOT_HONORED", "late");
    assert.equal(
      exchangeToken(good, by({ honored_until: now + 1 })).outcome,
      "exchanged",
      "in time",
    );
  });

  it("is anything by a revoked present key", () => {
    const retiredKeys = listOf([retired(present.publicKey, { revoked: true })]);
    keysError(() => new Exchange({ ...keys, retiredKeys }), "ERR_KEY_REVOKED", "the class");
    keysError(() => exchangeToken(good, { ...keys, retiredKeys, now }), "ERR_KEY_REVOKED", "both");
  });
});

describe("keys and list", () => {
  it("are refused where they are none", () => {
    const by = (more) => () => new Exchange({ ...keys, ...more });
    keysError(by({ privateKey: present.publicKey }), "ERR_KEY_IS_PUBLIC", "a public key");
    keysError(by({ privateKey: sharedRsa().privateKey }), "ERR_KEY_UNSUPPORTED", "RSA");
    for (const damaged of [
      "",
      "[]",
      {},
      listOf([retired(old.publicKey, { fingerprint: fingerprintOf(stranger.publicKey) })]),
      listOf([retired(old.publicKey), retired(old.publicKey)]),
      listOf([retired(old.publicKey, { more: 1 })]),
      { ...list, version: 2 },
    ]) {
      keysError(by({ retiredKeys: damaged }), "ERR_RETIRED_KEYS_DAMAGED", JSON.stringify(damaged));
    }
  });

  it("must be there: an empty list is given, not left out", () => {
    const { privateKey, retiredKeys } = keys;
    for (const wanting of [undefined, {}, { privateKey }, { retiredKeys }]) {
      assert.throws(() => new Exchange(wanting), TypeError);
      assert.throws(() => exchangeToken(oldToken(), wanting), TypeError);
    }
    const none = { privateKey, retiredKeys: listOf([]), now };
    keysError(() => exchangeToken(oldToken(), none), "ERR_KEY_NOT_RETIRED", "an empty list");
  });

  it("are not shown", () => {
    const shown = inspect(new Exchange(keys), { showHidden: true, depth: 9, getters: true });
    assert.doesNotMatch(shown, /PRIVATE|BEGIN/);
    assert.ok(!shown.includes(old.publicKey.split("\n")[1]));
  });
});

describe("whatever goes in", () => {
  it("comes out with the same claims, and lives no longer, or does not come out", () => {
    const chance = new Chance(sampleSeed());
    const signers = [present, old, p256(), stranger];
    const [, , leaked] = signers;
    const publisher = deriveIdentity("localhost", "publisher");
    const both = listOf(
      [retired(old.publicKey), retired(leaked.publicKey, { revoked: true })],
      [publisher],
    );
    const exchange = new Exchange({ privateKey: present.privateKey, retiredKeys: both });
    const seen = { exchanged: 0, notNeeded: 0, refused: 0 };
    for (let round = sampleSize(400, 4000); round > 0; round -= 1) {
      const at = RETIRED_AT + chance.below(2 * MONTH);
      const exp = chance.below(2) ? RETIRED_AT + chance.below(2 * MONTH) : undefined;
      const sub = chance.below(6) ? `player-${chance.below(1000)}` : "publisher";
      const iat = RETIRED_AT - 200 + chance.below(400);
      // A free claim's name is none that means something.
      const own = { sub, iss: "localhost", iat, exp, free: chance.json(), more: chance.json() };
      const signer = chance.below(signers.length);
      const lifetime = chance.below(2) ? 1 + chance.below(MONTH) : undefined;
      let given = signByHand(signers[signer].privateKey, JSON.stringify(own));
      const isAltered = chance.below(4) === 0;
      if (isAltered) given = chance.text(given);
      let result;
      try {
        result = exchange.exchange(given, { now: at, lifetime });
      } catch (error) {
        // A TypeError: what was done to it left half a character.
        if (given.isWellFormed()) assert.match(error.code, /^ERR_(TOKEN|CLAIM|KEY)_/);
        seen.refused += 1;
        continue;
      }
      seen[result.outcome] += 1;
      const context = `${JSON.stringify(own)} at ${at} by ${signer}`;
      assert.equal(result.identity, deriveIdentity("localhost", sub), context);
      assert.ok(exp === undefined || at <= exp + 60, context);
      if (result.outcome === "notNeeded") {
        assert.equal(signer, 0, context);
        assert.equal(result.token, given.trim(), context);
        continue;
      }
      assert.equal(signer, 1, context);
      assert.ok(at < RETIRED_AT + MONTH && iat <= RETIRED_AT + 60 && sub !== "publisher", context);
      const ends = [exp, lifetime === undefined ? undefined : at + lifetime];
      const end = Math.min(...ends.map((time) => time ?? Infinity));
      const expected = { ...own, iat: at };
      if (end !== Infinity) expected.exp = end;
      // `exp` that was not there stands at the end.
      if (exp === undefined && end !== Infinity) {
        delete expected.exp;
        expected.exp = end;
      }
      assert.equal(parts(result.token).payload, JSON.stringify(expected), context);
      const verdict = checkToken(result.token, { publicKey: present.publicKey, now: at });
      assert.equal(verdict.identity, result.identity, context);
    }
    for (const [outcome, count] of Object.entries(seen)) assert.ok(count > 0, outcome);
  });
});

describe("the classes", () => {
  it("agree: a Signer's old token is exchanged for one of the present Signer's key", () => {
    const before = new Signer(old.privateKey);
    const given = before.sign({ iss: "localhost", sub: "a", iat: RETIRED_AT - 1, exp: null });
    const { token, retiredKey } = exchangeToken(given, { ...keys, now });
    assert.equal(retiredKey, before.fingerprint);
    assert.equal(claimsOf(token).sub, "a");
  });
});
