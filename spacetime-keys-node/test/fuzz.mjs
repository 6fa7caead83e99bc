// Random calls of every function, in one process: it lives on, its memory stays level, and whatever
// happens is an answer, a TypeError or a coded error.
//
//   node --expose-gc test/fuzz.mjs     (or: bun test/fuzz.mjs)
//
// Each function is called 1,000 times, or 10,000 times where all is tried (support/sample.mjs), or
// FUZZ_CALLS times. SPACETIME_KEYS_TEST_SEED repeats a run.

import assert from "node:assert/strict";

import { calls } from "./support/contract.mjs";
import { checkKeysError } from "./support/errors.mjs";
import { canary, hostile, slow, unsteady } from "./support/hostile.mjs";
import { pemNames, pemText } from "./support/files.mjs";
import { other, sharedRsa } from "./support/keys.mjs";
import { settledRss } from "./support/memory.mjs";
import { replace } from "./support/paths.mjs";
import { Chance } from "./support/random.mjs";
import { sampleSeed, sampleSize } from "./support/sample.mjs";
import { signByHand } from "./support/tokens.mjs";

const rounds = Number(process.env.FUZZ_CALLS || sampleSize(1000, 10_000));
const chance = new Chance(sampleSeed());
console.log(`${rounds} calls of each of ${calls.length} functions`);

// The slow ones are in wrong-arguments.test.mjs.
const hostileMakers = Object.entries(hostile).flatMap(([name, make]) =>
  slow.includes(name) ? [] : [make],
);
const rsa = sharedRsa();
const pool = [
  ...pemNames().map(pemText),
  ...Object.values({ ...other }),
  ...Object.values(rsa),
  signByHand(other.privateKey, { iss: "localhost", sub: "a", iat: 1, exp: 2 }),
  signByHand(rsa.privateKey, { iss: "https://a.example", sub: "a" }),
  '{"keys":[]}',
  ...["rotate", "resume", "rollback", "sync", "app", "robot", "delegated", "owner", "prod", "keep"],
  ...["ES256", "1.2", "2.8", "dev", "local", "localhost", "robot:a"],
];

/** Another value for a place. */
function change(value) {
  const kind = chance.below(10);
  if (kind < 3) return typeof value === "string" ? chance.text(value) : chance.json();
  if (kind < 5) return chance.pick(pool);
  if (kind < 6) return chance.number();
  if (kind < 7) return chance.json();
  return chance.pick(hostileMakers)();
}

/** Arguments: a third as they should be, the others changed in one place or two. */
function argumentsFor({ args, params }) {
  const paths = Object.keys(params);
  let made = args;
  for (let times = chance.below(3); times > 0; times -= 1) {
    const path = chance.pick(paths);
    try {
      if (path.includes(".") && chance.below(10) === 0) {
        made = replace(made, path, chance.pick(Object.values(unsteady)));
      } else {
        const place = path.split(".").reduce((value, key) => value?.[key], made);
        made = replace(made, path, { value: change(place) });
      }
    } catch {
      // What was changed before has no such place any more, or throws when it is copied.
    }
  }
  return made;
}

const windows = Array.from({ length: canary.length - 11 }, (_, at) => canary.slice(at, at + 12));

function check(error, name) {
  if (!(error instanceof TypeError)) checkKeysError(error, undefined, name);
  assert.notEqual(error.code, "ERR_BUG", `${name}: a bug`);
  const text = `${error.message}\n${error.stack}\n${error.hint}`;
  assert.ok(!windows.some((window) => text.includes(window)), `${name}: shows an argument`);
}

const outcomes = new Map(calls.map(({ name }) => [name, { answers: 0, errors: 0 }]));

async function callOnce(row) {
  const count = outcomes.get(row.name);
  try {
    await row.call(...argumentsFor(row));
    count.answers += 1;
  } catch (error) {
    check(error, row.name);
    count.errors += 1;
  }
}

process.on("unhandledRejection", (reason) => {
  console.error("a promise was rejected and nobody looked", reason);
  process.exit(1);
});

const memory = [];
const every = Math.max(1, Math.floor(rounds / 80));
for (let round = 1; round <= rounds; round += 1) {
  // Those that work off the thread do so at once.
  await Promise.all(calls.map(callOnce));
  if (round % every === 0) memory.push(await settledRss());
}

// Some hundred rounds fill what is kept for good: caches, compiled code, the allocator's pools.
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const quarter = Math.floor(memory.length / 4);
const third = median(memory.slice(2 * quarter, 3 * quarter));
const last = median(memory.slice(-quarter));
const growth = last - third;
console.log(
  `memory: ${third.toFixed(1)} MB in the third quarter, ${last.toFixed(1)} MB in the last`,
);
if (memory.length >= 40) {
  assert.ok(growth < 0.1 * third, `memory grows: ${growth.toFixed(1)} MB`);
}
// What takes nothing can be handed nothing wrong.
const takesNothing = new Set(calls.filter(({ args }) => args.length === 0).map(({ name }) => name));
for (const [name, { answers, errors }] of outcomes) {
  assert.equal(answers + errors, rounds, `${name} was called`);
  const isBoth = answers > 0 && (errors > 0 || takesNothing.has(name));
  if (rounds >= 1000) assert.ok(isBoth, `${name}: ${answers} and ${errors}`);
}
console.log(`test result: ok. ${calls.length} passed; 0 failed`);
