// A server after its rotation, put together by hand: its list of retired keys, and old tokens.

import { ec, fingerprintOf, other } from "./keys.mjs";
import { signByHand } from "./tokens.mjs";

export const RETIRED_AT = 1_800_000_000;
export const DAY = 86_400;
export const MONTH = 30 * DAY;
export const SUBJECT = "0a4d6e3c-55d2-4c67-9d5c-f0a8bd7ac4d3";

/** The present key, and the one before. */
export const present = ec;
export const old = other;

/** A key of the list. */
export const retired = (publicKey, more = {}) => ({
  public_key: publicKey,
  fingerprint: fingerprintOf(publicKey),
  retired_at: RETIRED_AT,
  honored_until: RETIRED_AT + MONTH,
  revoked: false,
  ...more,
});

export const listOf = (keys, publishers = []) => ({ version: 1, keys, publishers });

/** The old key, honoured for a month. */
export const list = listOf([retired(old.publicKey)]);

export const claims = {
  sub: SUBJECT,
  iss: "localhost",
  aud: ["spacetimedb"],
  iat: RETIRED_AT - 1000,
};

/** A token that the old key has signed. */
export const oldToken = (more = {}, header = {}) =>
  signByHand(old.privateKey, { ...claims, ...more }, header);
