// That the benchmark runs to its end; what it measures is no test's.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

describe("the gateway's benchmark", () => {
  it("says each figure of both, and their ratio", () => {
    const bench = join(import.meta.dirname, "../../bench/gateway.mjs");
    const runtime = process.versions.bun ? "bun" : "node";
    const options = ["--clients", "5", "--rounds", "10", "--runtime", runtime];
    const output = execFileSync("node", [bench, ...options], { encoding: "utf8" });
    const [head, ...lines] = output.trim().split("\n");
    assert.match(head, new RegExp(`^${runtime}, 5 clients, 10 events; load [0-9.]+ of [0-9]+$`));
    assert.equal(lines.length, 5);
    for (const line of lines) {
      const [, plain, gateway] = line.match(/: plain (\S+), gateway (\S+), ratio \S+$/);
      // A processor's time may be too short for its clock.
      if (!line.startsWith("µs")) assert.ok(plain > 0 && gateway > 0, line);
    }
  });
});
