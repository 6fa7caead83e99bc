// The bun script on a host, where the guide has it, with a stand-in for az.

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
const BUN = join(PACKAGE, "node_modules/.bin/bun");
const STAND_IN = join(PACKAGE, "test/tooling/stand-in-az.ts");

/** What `npm i spacetime-keys` and a copy of the script leave on a host; and empty vaults. */
export function installTooling(host) {
  for (const folder of ["node_modules", "tools/azure", "programs", "azure/vaults", "azure/calls"]) {
    mkdirSync(host.path(folder), { recursive: true });
  }
  symlinkSync(PACKAGE, host.path("node_modules/spacetime-keys"), "dir");
  const script = "spacetimedb-tooling.ts";
  copyFileSync(join(PACKAGE, "tooling", script), host.path(`tools/azure/${script}`));
  writeProgram(host, "az", `exec "${BUN}" "${STAND_IN}" "$@"`);
  writeProgram(host, "bun", `exec "${BUN}" "$@"`);
  // No call of az is to fail.
  writeFileSync(host.path("azure/faults.json"), "[]");
}

/** `bun tools/azure/spacetimedb-tooling.ts …`, as in the guide. */
export function tooling(host, ...flags) {
  const path = [host.path("programs"), process.env.PATH].join(delimiter);
  const environment = { PATH: path, STAND_IN_DIR: host.path("azure") };
  return host.run(["bun", "tools/azure/spacetimedb-tooling.ts", ...flags], environment);
}

function writeProgram(host, name, script) {
  writeFileSync(host.path(`programs/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
