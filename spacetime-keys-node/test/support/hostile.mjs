// Arguments that nobody should pass, each with a canary in it that must never come back.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";

/** 48 letters that are nowhere else. */
export const canary = Array.from(randomBytes(48), (byte) =>
  String.fromCharCode(97 + (byte % 26)),
).join("");

const windows = Array.from({ length: canary.length - 11 }, (_, at) => canary.slice(at, at + 12));

/** No twelve characters of the canary may be in what this value shows. */
export function checkSilent(value, context) {
  const isError = value instanceof Error;
  const texts = [inspect(value, { showHidden: true, depth: 8 })];
  if (isError)
    texts.push(value.message, String(value.stack), String(value.code), String(value.hint));
  if (isError) texts.push(inspect(value.cause, { depth: 8 }), String(value));
  else texts.push(JSON.stringify(value) ?? "");
  const found = windows.find((window) => texts.some((text) => text.includes(window)));
  assert.equal(found, undefined, `${context}: what was passed in is not shown`);
}

const throwing = () => {
  throw new Error(`a trap's own words: ${canary}`);
};

/** A proxy whose every trap throws. */
function trapped(target) {
  const names = Object.getOwnPropertyNames(Reflect).filter(
    (name) => typeof Reflect[name] === "function",
  );
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, throwing])));
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const withGetter = (target, name) =>
  Object.defineProperty(target, name, { get: throwing, enumerable: true });

/** `{ a: { a: … } }`, or arrays. */
export function nested(levels, wrap = (inner) => [inner]) {
  let value = [];
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
}

class Account {
  constructor() {
    this.secret = canary;
  }

  get [canary]() {
    return canary;
  }
}

class OddArray extends Array {
  [Symbol.iterator]() {
    return throwing();
  }

  map() {
    return throwing();
  }
}

/** By name: what makes the value: a new one for each call. */
export const hostile = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  one: () => 1,
  negative: () => -1,
  "negative zero": () => -0,
  fraction: () => 1.5,
  "big number": () => 1e300,
  "2^53": () => 2 ** 53,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "-Infinity": () => -Infinity,
  bigint: () => 12345678901234567890n,
  symbol: () => Symbol(canary),
  string: () => canary,
  "empty string": () => "",
  "zero character": () => `\0${canary}`,
  "lone surrogate": () => `${canary}\ud800`,
  object: () => ({ [canary]: canary }),
  "object in object": () => ({ now: { [canary]: canary } }),
  "empty object": () => ({}),
  "object without prototype": () => Object.assign(Object.create(null), { [canary]: canary }),
  "own __proto__": () => JSON.parse(`{"__proto__":{"${canary}":"${canary}"}}`),
  "symbol key": () => ({ [Symbol(canary)]: canary }),
  array: () => [canary],
  "empty array": () => [],
  "array of arrays": () => [[canary]],
  "sparse array": () => new Array(3),
  "huge sparse array": () => new Array(2 ** 32 - 1),
  "array with a getter": () => withGetter([canary], 0),
  "odd array": () => OddArray.from([canary]),
  buffer: () => Buffer.from(canary),
  uint8array: () => new TextEncoder().encode(canary),
  arraybuffer: () => new TextEncoder().encode(canary).buffer,
  function: () => Object.defineProperty(() => canary, "name", { value: canary }),
  class: () => Account,
  instance: () => new Account(),
  date: () => new Date(0),
  "invalid date": () => new Date(NaN),
  regexp: () => new RegExp(canary),
  error: () => new Error(canary),
  map: () => new Map([[canary, canary]]),
  set: () => new Set([canary]),
  promise: () => Promise.resolve(canary),
  "string object": () => new String(canary),
  "number object": () => new Number(5),
  proxy: () => trapped({}),
  "proxy of array": () => trapped([]),
  "proxy of function": () => trapped(() => {}),
  "honest proxy": () => new Proxy({ [canary]: canary }, {}),
  "revoked proxy": () => revoked({}),
  "revoked proxy of array": () => revoked([]),
  getter: () => withGetter({}, "now"),
  "getter of an unknown name": () => withGetter({}, canary),
  toString: () => ({ toString: throwing, valueOf: throwing }),
  toJSON: () => ({ toJSON: throwing }),
  "toJSON that lies": () => ({ toJSON: () => canary }),
  toPrimitive: () => ({ [Symbol.toPrimitive]: throwing }),
  circular: () => {
    const value = { [canary]: canary };
    value.self = value;
    return value;
  },
  "circular array": () => {
    const value = [canary];
    value.push(value);
    return value;
  },
  "bigint inside": () => ({ [canary]: 1n }),
  deep: () => ({ deep: nested(100_000) }),
  "deep array": () => nested(100_000),
};

/** Those that take milliseconds each, on bun tens of them. */
export const slow = ["huge sparse array", "deep", "deep array"];

/** What takes the place of a field and is not the same each time that it is read. */
export const unsteady = {
  "getter that throws": () => ({ get: throwing }),
  "getter that changes its mind": (good) => {
    let reads = 0;
    return { get: () => ((reads += 1) === 1 ? good : { [canary]: canary }) };
  },
  "getter that comes to its senses": (good) => {
    let reads = 0;
    return { get: () => ((reads += 1) === 1 ? Symbol(canary) : good) };
  },
};
