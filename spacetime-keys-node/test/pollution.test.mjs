// Code that can write `Object.prototype` cannot switch a check off: no option is taken from there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import * as api from "spacetime-keys";

import { calls, now } from "./support/contract.mjs";
import { ec, other } from "./support/keys.mjs";
import { copy } from "./support/paths.mjs";

const { Signer, Verifier } = api;
const signer = new Signer(ec.privateKey);

/** With a field that every object inherits, as long as `work` runs. */
async function polluted(key, descriptor, work) {
  assert.ok(!(key in Object.prototype), key);
  Object.defineProperty(Object.prototype, key, { ...descriptor, configurable: true });
  try {
    return await work();
  } finally {
    delete Object.prototype[key];
  }
}

const withValue = (key, value, work) => polluted(key, { value, writable: true }, work);

/** What the library reads of such a field while `work` runs. */
async function readings(key, work) {
  const found = [];
  const get = () => {
    const [, , reader] = new Error().stack.split("\n");
    if (reader?.includes("/spacetime-keys-node/lib/")) found.push(reader.trim());
  };
  // Set, it is an own field of the object, as if nothing were inherited.
  function set(value) {
    const own = { value, enumerable: true, writable: true, configurable: true };
    Object.defineProperty(this, key, own);
  }
  await polluted(key, { get, set }, work);
  return found;
}

/** The arguments without that field. */
function without(args, path) {
  const all = copy(args);
  const keys = path.split(".");
  const last = keys.pop();
  delete keys.reduce((value, key) => value?.[key], all)?.[last];
  return all;
}

/** Fields of options, and not of claims or keys, which are the caller's own JSON. */
const isOption = ([path, kind]) =>
  /\.[a-zA-Z]+$/.test(path) && !/claim|null$/.test(kind) && !/claims\.|keys\./.test(path);

describe("what every object inherits", () => {
  for (const { name, call, args, params } of calls) {
    it(`is no option of ${name}`, async () => {
      for (const [path] of Object.entries(params).filter(isOption)) {
        const work = async () => {
          try {
            await call(...without(args, path));
          } catch {
            // It may be missed. What counts is that nobody looked elsewhere.
          }
        };
        const found = await readings(path.split(".").at(-1), work);
        assert.deepEqual(found, [], `${name}, ${path}`);
      }
    });
  }

  it("switches no check off", async () => {
    const foreign = new Signer(other.privateKey).sign({ iss: "localhost", sub: "a" }, { now });
    const wish = { privateKey: ec.privateKey, now };
    const unverified = { code: "ERR_TOKEN_UNVERIFIED" };
    const resigned = () => assert.throws(() => api.resignToken(foreign, wish), unverified);
    resigned();
    await withValue("allowUnverified", true, resigned);

    const token = signer.sign({ iss: "localhost", sub: "a" }, { now, ttl: 60 });
    const late = { now: now + 3600 };
    const verifier = new Verifier(ec.publicKey);
    const once = { publicKey: ec.publicKey };
    const expired = { code: "ERR_TOKEN_EXPIRED" };
    await withValue("leeway", 1_000_000, () => {
      assert.throws(() => new Verifier(ec.publicKey).verify(token, late), expired);
      assert.throws(() => api.verifyToken(token, { ...once, ...late }), expired);
    });
    await withValue("now", now, () => {
      const old = signer.sign({ iss: "localhost", sub: "a", exp: 1000 }, { now: 1 });
      assert.throws(() => verifier.verify(old, {}), expired);
      assert.throws(() => api.verifyToken(old, once), expired);
    });
    await withValue("issuer", "localhost", () => {
      const mint = { privateKey: ec.privateKey, subject: "a" };
      assert.throws(() => api.mintToken(mint), TypeError);
    });
  });
});

describe("what a class of the caller's has", () => {
  class Options {
    get issuer() {
      return "another";
    }
  }
  class Derived extends Options {}

  it("is an option", () => {
    const token = signer.sign({ iss: "localhost", sub: "a" }, { now });
    const unexpected = { code: "ERR_TOKEN_UNEXPECTED_ISSUER" };
    for (const options of [
      new Options(),
      new Derived(),
      Object.create({ issuer: "another" }),
      Object.assign(Object.create(null), { issuer: "another" }),
    ]) {
      const verifier = new Verifier(ec.publicKey, options);
      assert.throws(() => verifier.verify(token, { now }), unexpected);
    }
  });

  it("may be its own prototype, by a proxy", () => {
    const endless = new Proxy({}, { getPrototypeOf: () => endless });
    assert.ok(new Verifier(ec.publicKey, endless));
  });
});
