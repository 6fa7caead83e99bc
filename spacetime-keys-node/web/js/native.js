"use strict";
// What `lib/` calls, on WebAssembly: the addon's names, each a call into the module. What crosses the
// border, and how, stands in web/src/call.rs.

const module_ = require("./module.js");

const ABSENT = 0xffffffff;
/** More are not asked for at once (Web Cryptography, `getRandomValues`). */
const MOST_RANDOM = 65536;
const [TEXT, JSON_TEXT] = [0, 1];

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const { exports: wasm } = new WebAssembly.Instance(module_, { spacetime_keys: { random } });
const bottom = wasm.__stack_pointer.value;
/** Workers of a compatibility date before 2025-05-05 have none: there an object stays. */
const forgotten = globalThis.FinalizationRegistry
  ? new FinalizationRegistry((number) => wasm.forget(number))
  : null;

/** Fills the module's memory with randomness. 0: done. */
function random(place, length) {
  try {
    const bytes = new Uint8Array(wasm.memory.buffer, place, length);
    for (let at = 0; at < length; at += MOST_RANDOM) {
      crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
    }
    return 0;
  } catch {
    return 1;
  }
}

function encode(value) {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return value;
  return encoder.encode(String(value));
}

/** Writes the arguments into the module's memory. */
function write(values) {
  const parts = values.map(encode);
  const length = parts.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 0);
  const place = wasm.reserve(length);
  const bytes = new Uint8Array(wasm.memory.buffer, place, length);
  const view = new DataView(wasm.memory.buffer, place, length);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part?.length ?? ABSENT, true);
    at += 4;
    if (part === null) continue;
    bytes.set(part, at);
    at += part.length;
    // Copies of keys are not left behind. What the caller has is the caller's.
    if (!values.includes(part)) part.fill(0);
  }
  return [place, length];
}

function read(place) {
  const length = new DataView(wasm.memory.buffer).getUint32(place, true);
  const kind = new Uint8Array(wasm.memory.buffer, place, 5)[4];
  const text = decoder.decode(new Uint8Array(wasm.memory.buffer, place + 5, length));
  wasm.release(place, length + 5);
  return [kind, text];
}

function call(name, ...values) {
  let answer;
  try {
    answer = read(wasm[name](...write(values)));
  } catch (trap) {
    // A panic leaves the stack where it stood; the next call must not begin there.
    wasm.__stack_pointer.value = bottom;
    throw trap;
  }
  const [kind, text] = answer;
  if (kind === TEXT) return text;
  if (kind === JSON_TEXT) return JSON.parse(text);
  throw new Error(text);
}

/** An object of the module. `methods`: name → the name of its export. */
function classOf(type, methods) {
  class Native {
    #number;

    constructor(...values) {
      this.#number = call(`new ${type}`, ...values);
      forgotten?.register(this, this.#number);
    }

    static {
      for (const [name, exported] of methods) {
        const value = function (...values) {
          return call(exported, this.#number, ...values);
        };
        const isGetter = exported.includes(".get ");
        Object.defineProperty(Native.prototype, name, isGetter ? { get: value } : { value });
      }
    }
  }
  return Native;
}

/** Those whose names end so return promises, as the addon's do. */
function promising(name, run) {
  if (!name.endsWith("Async")) return run;
  return async (...values) => run(...values);
}

function bind(names) {
  const addon = {};
  for (const name of names.filter((name) => /^[a-z]\w*$/i.test(name))) {
    addon[name] = promising(name, (...values) => call(name, ...values));
  }
  for (const made of names.filter((name) => name.startsWith("new "))) {
    const type = made.slice("new ".length);
    const own = names.filter((name) => name.startsWith(`${type}.`));
    addon[type] = classOf(
      type,
      own.map((name) => [name.slice(type.length + 1).replace("get ", ""), name]),
    );
  }
  return addon;
}

module.exports = bind(Object.keys(wasm));
