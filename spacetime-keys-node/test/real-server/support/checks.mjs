// Checks that build on one another, in order. The first that fails ends the run: after it, the
// others would tell nothing.

import { AssertionError } from "node:assert";

let passed = 0;

export async function check(name, body) {
  try {
    await body();
  } catch (error) {
    console.log(`test ${name} ... FAILED`);
    // The stack by itself repeats the message; of other errors the cause is worth reading, too.
    console.error(error instanceof AssertionError ? error.stack : error);
    console.log(`test result: FAILED. ${passed} passed; 1 failed`);
    process.exit(1);
  }
  passed += 1;
  console.log(`test ${name} ... ok`);
}

/** The last line. `atLeast`: should checks get lost, that is a failure, too. */
export function finish(atLeast) {
  const lost = passed < atLeast ? 1 : 0;
  console.log(`test result: ${lost ? "FAILED" : "ok"}. ${passed} passed; ${lost} failed`);
  process.exit(lost);
}
