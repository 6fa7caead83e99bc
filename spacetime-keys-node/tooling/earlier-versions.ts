// What earlier versions of this script have left beside the mounted keys: a lock that is a process
// id, and a note of unfinished pairs. Neither is written any more.

import { rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readText } from "./files.ts";
import type { Flags } from "./flags.ts";
import { Problem, systemCode } from "./problem.ts";

/** Refuses where such a version is at work. The vaults tell what one has left unfinished. */
export function heedEarlierVersions({ mountedKeysDir }: Flags): void {
  const folder = dirname(resolve(mountedKeysDir));
  const lock = join(folder, ".spacetimedb-tooling.lock");
  const holder = Number.parseInt(readText(lock) ?? "", 10);
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new Problem(
      `another run is at work on this host (process ${holder})`,
      `wait until it has ended; if there is none, remove ${lock}`,
    );
  }
  for (const path of [lock, join(folder, ".spacetimedb-tooling.unfinished")]) {
    rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
