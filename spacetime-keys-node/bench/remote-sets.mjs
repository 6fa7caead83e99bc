// RemoteVerifier beside jose's remote set, before places of sets with which something is wrong: requests,
// answers and the time, as rows of a table. `node bench/remote-sets.mjs`, or with bun. No benchmark of
// `npm run bench`: most of the time is spent in waiting.

import { FAULTS, VERIFIERS, meet } from "../test/support/set-faults.mjs";

const ROUNDS = 5;

const median = (values) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const milliseconds = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** The median of some rounds; of what waits for a deadline, one is enough. */
async function measure(make, fault) {
  const first = await meet(make, fault);
  if (first.took > 500) return first;
  const took = [first.took];
  while (took.length < ROUNDS) took.push((await meet(make, fault)).took);
  return { ...first, took: median(took) };
}

// What is loaded and compiled at the first use is nobody's fault.
for (const make of Object.values(VERIFIERS)) {
  await meet(make, FAULTS["nothing is wrong, 50 at once"]);
}
console.log("| | requests | answers | ms | `jose`: requests | answers | ms |");
console.log("|---|---|---|---|---|---|---|");
for (const [name, fault] of Object.entries(FAULTS)) {
  const cells = [];
  for (const make of Object.values(VERIFIERS)) {
    const { requests, answers, written, took } = await measure(make, fault);
    const read = written ? ` (${(written / 1e6).toFixed(0)} MB)` : "";
    cells.push(requests, `${answers}${read}`, milliseconds(took));
  }
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
