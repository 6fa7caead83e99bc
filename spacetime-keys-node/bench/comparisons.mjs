// Who is compared with whom, and the design's goals.

const sign = { node: 0.65, bun: 0.85 };
const verify = { node: 0.8, bun: 1.0 };
const same = (goal) => ({ node: goal, bun: goal });

/** In a section, `ours` ÷ each of the others; the goal is against the fastest that `counts`. */
const singles = (name) => !name.includes("at once");

function bulk(operation, goal) {
  return [1000, 10_000].flatMap((size) =>
    ["Many", "ManyAsync"].map((kind) => ({
      section: `${operation}Many`,
      ours: `${operation}${kind}, ${size}`,
      others: (name) => !name.startsWith(`${operation}Many`),
      counts: singles,
      // Twelve lines for each would hide the two that matter.
      shows: (name, fastest) => name === fastest || !singles(name),
      goal: same(goal),
    })),
  );
}

function cached(what) {
  return {
    section: "cached",
    ours: `spacetime-keys, ${what}`,
    others: (name) => name.startsWith("fast-jwt") && name.endsWith(`, ${what}`),
    // Its documented default. With the token itself as key it is shown, too.
    counts: (name) => name === `fast-jwt, ${what}`,
    goal: same(1.0),
  };
}

const peers = (name) => name !== "spacetime-keys";

export const comparisons = [
  { section: "sign", ours: "spacetime-keys", others: peers, counts: singles, goal: sign },
  { section: "verify", ours: "spacetime-keys", others: peers, counts: singles, goal: verify },
  ...bulk("sign", 0.35),
  ...bulk("verify", 0.5),
  cached("1"),
  cached("500"),
  cached("1 from bytes"),
  cached("500 from bytes"),
  ...["deriveIdentities", "deriveIdentitiesAsync", "deriveIdentity"].map((ours) => ({
    section: "identities",
    ours,
    others: (name) => name === "@noble/hashes",
    counts: singles,
  })),
];

/** The addon's size. */
export const SIZE_GOAL = 3_000_000;
