// Every argument of every function, wrong in every way: a TypeError or a coded error, and nothing
// of the argument in it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import * as api from "spacetime-keys";

import { calls, mayBe } from "./support/contract.mjs";
import { checkKeysError } from "./support/errors.mjs";
import { canary, checkSilent, hostile, slow, unsteady } from "./support/hostile.mjs";
import { copy, replace } from "./support/paths.mjs";
import { sampleOf } from "./support/sample.mjs";

/** Calls it. What comes back is an answer or an error, and silent. */
async function outcome({ call, isAsync, echoes }, args, context) {
  let result;
  let error;
  let returned = false;
  try {
    const promise = call(...args);
    returned = true;
    if (isAsync) assert.ok(promise instanceof Promise, `${context}: a promise`);
    result = await promise;
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) {
    if (!echoes) checkSilent(result, context);
    return "answer";
  }
  if (error?.code === "ERR_ASSERTION") throw error;
  if (isAsync) assert.ok(returned, `${context}: it rejects, and does not throw`);
  checkSilent(error, context);
  if (error instanceof TypeError) {
    assert.match(error.message, /\S{3}/, `${context}: it says something`);
    return "TypeError";
  }
  checkKeysError(error, undefined, context);
  return "KeysError";
}

for (const row of calls) {
  describe(`${row.name} with wrong arguments`, () => {
    it("works with right ones", async () => {
      assert.equal(await outcome(row, copy(row.args), row.name), "answer", "the contract is met");
    });

    it("refuses each hostile value in each place", async () => {
      // A thin run tries the slow ones only in some places.
      const places = sampleOf(Object.entries(row.params), 4, ([, kind]) => kind);
      const ofSlow = places.map(([path]) => path);
      for (const [path, kind] of Object.entries(row.params)) {
        for (const [name, make] of Object.entries(hostile)) {
          if (slow.includes(name) && !ofSlow.includes(path)) continue;
          // In JSON: the engine's own JSON.stringify would write four billion `null`.
          const inJson = ["claim", "claimText"].includes(kind) || path.includes("keys");
          if (name === "huge sparse array" && inJson) continue;
          const context = `${row.name}, ${path}: ${name}`;
          const args = replace(row.args, path, { value: make() });
          const found = await outcome(row, args, context);
          if (found === "answer") assert.ok(mayBe(kind, name), `${context}: is refused`);
        }
      }
    });

    it("reads each field once, and lets no getter through", async () => {
      for (const path of Object.keys(row.params)) {
        if (!path.includes(".")) continue;
        for (const [name, make] of Object.entries(unsteady)) {
          const context = `${row.name}, ${path}: ${name}`;
          const found = await outcome(row, replace(row.args, path, make), context);
          if (name === "getter that throws") assert.equal(found, "TypeError", context);
          if (name === "getter that changes its mind") {
            assert.equal(found, "answer", `${context}: the first value counts`);
          }
        }
      }
    });

    it("refuses options that do not exist without naming them", async () => {
      for (const [path, kind] of Object.entries(row.params)) {
        if (!["options", "needs"].includes(kind) || /claims|jwks|^0$|keys/.test(path)) continue;
        const context = `${row.name}, ${path}: an unknown option`;
        const args = copy(row.args);
        const place = path.split(".").reduce((value, key) => value[key], args);
        place[canary] = 1;
        assert.equal(await outcome(row, args, context), "TypeError", context);
      }
    });

    it("refuses missing arguments", async () => {
      const needed = row.args.filter((_, index) => !["options"].includes(row.params[index]));
      for (let count = 0; count < needed.length; count += 1) {
        const context = `${row.name} with ${count} arguments`;
        assert.equal(
          await outcome(row, copy(row.args.slice(0, count)), context),
          "TypeError",
          context,
        );
      }
    });
  });
}

describe("the contract", () => {
  it("has every function, constructor and method", () => {
    const expected = Object.entries(api).flatMap(([name, value]) => {
      // Errors are made by the package only.
      if (typeof value !== "function" || value === api.KeysError) return [];
      if (!/^[A-Z]/.test(name)) return [name];
      const methods = Object.entries(Object.getOwnPropertyDescriptors(value.prototype));
      return [
        `new ${name}`,
        ...methods
          .filter(([key, { get }]) => key !== "constructor" && !get)
          .map(([key]) => `${name}.${key}`),
      ];
    });
    const there = calls.map(({ name }) => name);
    for (const name of expected) assert.ok(there.includes(name), `${name} is in the contract`);
    assert.ok(there.includes("Verifier.fromJwks"), "static ones, too");
  });
});

describe("methods on something else", () => {
  it("are refused with a TypeError", async () => {
    const { Signer, Verifier } = api;
    const signer = new Signer(calls.find(({ name }) => name === "new Signer").args[0]);
    for (const { prototype } of [Signer, Verifier]) {
      const others = [
        undefined,
        null,
        5,
        canary,
        {},
        Object.create(prototype),
        new Proxy(signer, {}),
      ];
      for (const [name, { value, get }] of Object.entries(
        Object.getOwnPropertyDescriptors(prototype),
      )) {
        const method = get ?? value;
        if (name === "constructor") continue;
        for (const other of others) {
          const row = { call: () => method.call(other, {}, {}) };
          const found = await outcome(row, [], `${prototype.constructor.name}.${name}`);
          assert.equal(found, "TypeError", `${prototype.constructor.name}.${name}`);
        }
      }
    }
  });
});
