// How much of what is tried a thousandfold is tried in this run, and by which chance.
//
// SPACETIME_KEYS_TEST_SAMPLE: `thin` (the default) or `all`.
// SPACETIME_KEYS_TEST_SEED: a whole number that repeats a run; random by default.

import { Chance } from "./random.mjs";

const asked = process.env.SPACETIME_KEYS_TEST_SAMPLE || "thin";
if (asked !== "thin" && asked !== "all") {
  throw new Error(`SPACETIME_KEYS_TEST_SAMPLE is thin or all, not ${asked}`);
}

/** `few` in a thin run, `many` where all is tried. */
export const sampleSize = (few, many) => (asked === "thin" ? few : many);

let seed;

/** The run's seed. It is printed once, on stderr: that is what repeats a failure. */
export function sampleSeed() {
  if (seed === undefined) {
    const given = process.env.SPACETIME_KEYS_TEST_SEED || `${Math.floor(Math.random() * 2 ** 32)}`;
    if (!/^\d{1,10}$/.test(given)) throw new Error("SPACETIME_KEYS_TEST_SEED is a whole number");
    seed = Number(given);
    console.error(`SPACETIME_KEYS_TEST_SEED=${seed}`);
  }
  return seed;
}

/**
 * In a thin run, `few` of these, each kind of them in its turn; else all. What is chosen depends on
 * only the seed, and stays in its order.
 *
 * @template T
 * @param {T[]} items
 * @param {number} few
 * @param {(item: T) => string} kindOf
 * @returns {T[]}
 */
export function sampleOf(items, few, kindOf) {
  if (items.length <= sampleSize(few, items.length)) return items;
  const chance = new Chance(sampleSeed());
  /** @type {Map<string, T[]>} */
  const kinds = new Map();
  for (const item of items) kinds.set(kindOf(item), [...(kinds.get(kindOf(item)) ?? []), item]);
  const chosen = new Set();
  for (let turn = 0; chosen.size < few; turn += 1) {
    const left = [...kinds.values()][turn % kinds.size];
    if (left.length > 0) chosen.add(left.splice(chance.below(left.length), 1)[0]);
  }
  return items.filter((item) => chosen.has(item));
}
