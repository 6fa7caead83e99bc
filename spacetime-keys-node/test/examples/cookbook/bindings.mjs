// The committed bindings are those of the module, as the CLI writes them.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { check } from "../../real-server/support/checks.mjs";
import { Host } from "../../real-server/support/host.mjs";
import { EXAMPLE } from "./world.mjs";

export async function checkBindings({ host, wasm }) {
  await check("the committed bindings are what the CLI generates", () => {
    const generate = ["generate", "--lang", "typescript", "--bin-path", wasm];
    host.succeed([Host.real("spacetimedb-cli"), ...generate, "--out-dir", host.path("bindings")]);
    const read = (folder) =>
      Object.fromEntries(
        readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
      );
    assert.deepEqual(read(join(EXAMPLE, "bindings")), read(host.path("bindings")));
  });
}
