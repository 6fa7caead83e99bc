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
  const text = page([LOG], "abc1234");
  assert.match(
    text,
    /at commit `abc1234`: 17 tests in\n2 suites, sample `thin`, seed 77\. The seconds/,
  );
  assert.match(text, /\n\| core \| 12 \| 3 \|\n\| gateway-on-bun \| 5 \| 41 \|\n$/);
});

test("a suite that failed must have passed in a later run", () => {
  const failed = LOG.replace(" 12 tests  core", "  0 tests  core\n            failed: core");
  assert.throws(() => page([failed], "a"), /failed: core$/);
  const later = LOG.replace(/^.*gateway-on-bun\n/m, "");
  assert.match(page([failed, later], "a"), /: 17 tests in[\s\S]*, run again: `core`\./);
});

test("a run that was cut becomes none", () => {
  for (const cut of ["", LOG.slice(0, LOG.indexOf("50 s;")), LOG.replace("--- suites", "")]) {
    assert.throws(() => page([cut], "a"), /not what/);
  }
});
