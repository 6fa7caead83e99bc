// The border between JavaScript and the module (web/js/native.js), with a module whose exports are watched.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";

import { packageFolder } from "../support/files.mjs";

const dist = join(packageFolder, "web/dist");

/** The library on a module whose exports are those that `change` makes of them. */
async function library(change) {
  const { create } = await import(join(dist, "library.mjs"));
  const wasm = new WebAssembly.Module(readFileSync(join(dist, "spacetime-keys.wasm")));
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class {
    constructor(...made) {
      const { exports } = new Instance(...made);
      this.exports = { ...exports, ...change(exports) };
    }
  };
  try {
    return create(wasm);
  } finally {
    WebAssembly.Instance = Instance;
  }
}

const tests = {
  async "a panic is a bug's error, and leaves the stack as it was"() {
    let pointer;
    const api = await library((exports) => {
      pointer = exports.__stack_pointer;
      const panic = () => {
        pointer.value -= 4096;
        throw new WebAssembly.RuntimeError("unreachable");
      };
      return { lintJwks: panic };
    });
    const before = pointer.value;
    assert.throws(() => api.lintJwks("{}"), { code: "ERR_BUG" });
    assert.equal(pointer.value, before);
    assert.equal(api.deriveIdentity("a", "b").length, 64);
  },

  async "without randomness there is no key"() {
    const api = await library(() => ({}));
    const { getRandomValues } = crypto;
    try {
      crypto.getRandomValues = () => {
        throw new Error("none");
      };
      assert.throws(() => api.generateKeyPair(), { code: "ERR_RANDOM" });
    } finally {
      crypto.getRandomValues = getRandomValues;
    }
    api.generateKeyPair();
  },

  async "an object that nobody has is forgotten, and its place is taken again"() {
    const forgotten = new Set();
    const api = await library(({ forget }) => ({
      forget(number) {
        forgotten.add(number);
        forget(number);
      },
    }));
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc");
    const { privateKey } = api.generateKeyPair();
    const kept = new api.Signer(privateKey);
    for (let made = 0; made < 20; made += 1) new api.Signer(privateKey);
    for (let waited = 0; forgotten.size < 19 && waited < 500; waited += 1) {
      collect();
      await sleep(10);
    }
    assert.ok(forgotten.size >= 19 && !forgotten.has(0), `${forgotten.size} are forgotten`);
    assert.equal(kept.sign({ iss: "a", sub: "b" }).split(".").length, 3);
  },

  async "what was handed over and answered is wiped"() {
    let memory;
    const api = await library((exports) => {
      memory = exports.memory;
      return {};
    });
    const secret = `{"keys":"${"canary".repeat(20)}"}`;
    api.lintJwks(secret);
    const { privateKey } = api.generateKeyPair();
    const holds = (text) => Buffer.from(memory.buffer).includes(text);
    assert.ok(!holds(secret), "an argument");
    assert.ok(!holds(privateKey.split("\n")[1]), "a private key in an answer");
  },
};

export async function border() {
  for (const test of Object.values(tests)) await test();
  return Object.keys(tests);
}
