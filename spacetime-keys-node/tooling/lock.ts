// One run at a time on a host: the lock is the program's, too.

import { readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { lockHost } from "spacetime-keys";
import { isAliveElsewhere, makeFolder } from "./files.ts";
import type { Paths } from "./host.ts";
import { Problem, systemCode } from "./problem.ts";

/** Beside the mounted keys folder, which the server reads. */
export function stateFile(paths: Paths, name: string): string {
  return join(dirname(resolve(paths.folder)), `.spacetimedb-tooling.${name}`);
}

/** Earlier versions wrote their process into a file, and knew of no other lock. */
function heedEarlierVersions(path: string): void {
  let holder: number;
  try {
    holder = Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if (holder > 0 && isAliveElsewhere(holder)) {
    throw new Problem(
      `another run is at work on this host (process ${holder})`,
      `wait until it has ended; if there is none, remove ${path}`,
    );
  }
  rmSync(path, { force: true });
}

/** Takes the lock. Returns what lets go of it; so does the end of this process. */
export function lock(paths: Paths): () => void {
  makeFolder(dirname(resolve(paths.folder)));
  const host = { mountedKeysDir: paths.folder, cliToml: paths.cliToml };
  const held = lockHost(host, "spacetimedb-tooling");
  try {
    heedEarlierVersions(stateFile(paths, "lock"));
  } catch (error) {
    held.release();
    throw error;
  }
  return () => held.release();
}
