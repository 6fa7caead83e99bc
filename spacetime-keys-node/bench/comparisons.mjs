// Who is compared with whom, and the design's goals.

import { FLOOR, FLOOR_ON_ALL } from "./floor.mjs";

const sign = { node: 0.6, bun: 0.8 };
const verify = { node: 0.8, bun: 0.95 };
const same = (goal) => ({ node: goal, bun: goal });

/** In a section, `ours` ÷ each of the others; the goal is against the fastest that `counts`. */
const singles = (name) => !name.includes("at once");

const isFloor = (name) => name === FLOOR || name === FLOOR_ON_ALL;

/** Ours ÷ the same work with bytes. */
const aboveFloor = (section, ours) => ({
  section,
  ours,
  others: isFloor,
  counts: () => true,
  goal: same(1.1),
});

function bulk(operation) {
  const section = `${operation}Many`;
  return [1000, 10_000].flatMap((size) =>
    ["Many", "ManyAsync"].flatMap((kind) => {
      const ours = `${operation}${kind}, ${size}`;
      const beside = {
        section,
        ours,
        others: (name) => !name.startsWith(section) && !isFloor(name),
        counts: singles,
        // Twelve lines for each would hide the two that matter.
        shows: (name, fastest) => name === fastest || !singles(name),
      };
      return [beside, aboveFloor(section, ours)];
    }),
  );
}

function cached(what, goal) {
  return {
    section: "cached",
    ours: `spacetime-keys, ${what}`,
    others: (name) => name.startsWith("fast-jwt") && name.endsWith(`, ${what}`),
    // Its documented default. With the token itself as key it is shown, too.
    counts: (name) => name === `fast-jwt, ${what}`,
    goal: same(goal),
  };
}

const peers = (name) => name !== "spacetime-keys" && !isFloor(name);

export const comparisons = [
  { section: "sign", ours: "spacetime-keys", others: peers, counts: singles, goal: sign },
  { section: "verify", ours: "spacetime-keys", others: peers, counts: singles, goal: verify },
  aboveFloor("sign", "spacetime-keys"),
  aboveFloor("verify", "spacetime-keys"),
  ...bulk("sign"),
  ...bulk("verify"),
  cached("1", 0.5),
  cached("500", 0.5),
  cached("1 from bytes", 0.9),
  cached("500 from bytes", 0.9),
  ...["deriveIdentities", "deriveIdentitiesAsync", "deriveIdentity"].map((ours) => ({
    section: "identities",
    ours,
    others: (name) => name === "@noble/hashes",
    counts: singles,
  })),
];

/** The addon's size. */
export const SIZE_GOAL = 3_600_000;
