// One run at a time on a host.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isAliveElsewhere, makeFolder } from "./files.ts";
import type { Paths } from "./host.ts";
import { Problem, systemCode } from "./problem.ts";

/** Beside the mounted keys folder, which the server reads. */
export function stateFile(paths: Paths, name: string): string {
  return join(dirname(resolve(paths.folder)), `.spacetimedb-tooling.${name}`);
}

function busy(path: string, holder: number | null): Problem {
  return new Problem(
    `another run is at work on this host (process ${holder ?? "unknown"})`,
    `wait until it has ended; if there is none, remove ${path}`,
  );
}

/** Whose lock it is; `null` if it is gone, or does not say. */
function holderOf(path: string): number | null {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10) || null;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** A link, for it appears with its content: nobody ever sees a lock that is still empty. */
function link(own: string, path: string): void {
  try {
    linkSync(own, path);
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) throw error;
    // A file system without links.
    writeFileSync(path, readFileSync(own), { flag: "wx", mode: 0o600 });
  }
}

/** Whether the lock is ours now. */
function create(path: string): boolean {
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid}\n`, { mode: 0o600 });
    link(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw new Problem(
      `writing ${path}: ${systemCode(error) ?? "failed"}`,
      "a run keeps its lock there: look at the folder's owner and permissions",
    );
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves away the lock of a run that was killed. */
function removeStale(path: string, holder: number | null): void {
  const moved = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  // Another run may have been quicker, and this is its lock.
  if (holderOf(moved) !== holder) renameSync(moved, path);
  else rmSync(moved, { force: true });
}

/** Takes the lock. Returns what lets go of it. */
export function lock(paths: Paths): () => void {
  const path = stateFile(paths, "lock");
  makeFolder(dirname(path));
  if (!create(path)) {
    const holder = holderOf(path);
    if (holder !== null && isAliveElsewhere(holder)) throw busy(path, holder);
    removeStale(path, holder);
    if (!create(path)) throw busy(path, holderOf(path));
  }
  const release = () => rmSync(path, { force: true });
  process.on("exit", release);
  return () => {
    process.off("exit", release);
    release();
  };
}
