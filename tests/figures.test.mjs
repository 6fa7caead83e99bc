// `node --test tests/figures.test.mjs`

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./figures.mjs";

const LOG = `built: rust (60 s)
--- core
core: 12 passed, 0 failed
(3 s)
--- suites
     3 s      12 tests  core
    41 s       5 tests  gateway-on-bun
the slowest tests
50 s; sample: thin, SPACETIME_KEYS_TEST_SEED=77
total: 17 passed, 0 failed
--- the README's first command
`;

test("a whole run becomes a page", () => {
  const text = page(LOG, "abc1234");
  assert.match(
    text,
    /at commit `abc1234`: 17 tests in\n2 suites, 50 seconds, sample `thin`, seed 77/,
  );
  assert.match(text, /\n\| core \| 12 \| 3 \|\n\| gateway-on-bun \| 5 \| 41 \|\n$/);
});

test("a run that failed, or was cut, does not", () => {
  assert.throws(() => page(LOG.replace("17 passed, 0", "16 passed, 1"), "a"), /1 suites failed/);
  for (const cut of ["", LOG.slice(0, LOG.indexOf("50 s;")), LOG.replace("--- suites", "")]) {
    assert.throws(() => page(cut, "a"), /not what a whole run/);
  }
});
