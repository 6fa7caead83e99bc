// Files: read as text, replaced in one go.
//
// A replacement is written beside its target (0600 from the start), flushed, and renamed over it:
// whoever looks sees the old file or the new one. A symbolic link is written through.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Problem, systemCode } from "./problem.ts";

const TEMP_PREFIX = ".spacetimedb-tooling-tmp-";
/** Larger files are none that are handled here. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Whether another process of this host runs under that id. Ids are used again: so may be ours. */
export function isAliveElsewhere(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function problem(what: string, path: string, error: unknown): Problem {
  return new Problem(
    `${what} ${path}: ${systemCode(error) ?? "failed"}`,
    "look at the path, its owner and its permissions, and that the disk is not full",
  );
}

/** A file's text, `null` if there is none. */
export function readText(path: string): string | null {
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > MAX_BYTES) {
      throw new Problem(`${path} is larger than 4 MiB`, "name another file");
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (systemCode(error) === "ENOENT") return null;
    throw problem("reading", path, error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(`${path} is not text in UTF-8`, "convert it, or move it away");
  }
}

/** The file itself, where the path is a link. */
function targetOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new Problem(`${path} is a link to nothing`, "mend or remove the link");
  }
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}

/** Best effort: not every file system can. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The file itself is flushed.
  }
}

/** Whether the new file has the old one's owner and group, or could be given them. */
function keepOwner(fd: number, old: { uid: number; gid: number } | undefined): boolean {
  const now = fstatSync(fd);
  if (old === undefined || (now.uid === old.uid && now.gid === old.gid)) return true;
  try {
    fchownSync(fd, old.uid, old.gid);
    return true;
  } catch (error) {
    if (systemCode(error) !== "EPERM") throw error;
    return false;
  }
}

/**
 * Replaces a file, or creates it. `mode`: `keep` leaves the one that it has, 0600 if it is new.
 * Returns whether owner and group are as they were.
 */
export function replaceFile(path: string, text: string, mode: number | "keep"): boolean {
  let temp: string | null = null;
  try {
    const target = targetOf(path);
    const old = statSync(target, { throwIfNoEntry: false });
    temp = join(dirname(target), `${TEMP_PREFIX}${process.pid}-${crypto.randomUUID()}`);
    const fd = openSync(temp, "wx", 0o600);
    let kept: boolean;
    try {
      writeFileSync(fd, text);
      kept = keepOwner(fd, old);
      fchmodSync(fd, mode === "keep" ? (old?.mode ?? 0o600) & 0o7777 : mode);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temp, target);
    temp = null;
    syncFolder(dirname(target));
    return kept;
  } catch (error) {
    if (temp !== null) rmSync(temp, { force: true });
    if (error instanceof Problem) throw error;
    throw problem("writing", path, error);
  }
}

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw problem("making the folder", path, error);
  }
}

/** Fails where `replaceFile` surely would, and changes nothing. */
export function checkReplaceable(path: string): void {
  let folder = dirname(targetOf(resolve(path)));
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!statSync(folder).isDirectory()) {
      throw new Problem(`${folder} is no folder`, "move it away");
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new Problem(`${path} is a folder`, "move it away, or name another path");
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problem("writing", path, error);
  }
}

/** Removes what runs that were killed have left half-written beside a file. */
export function removeLeftovers(path: string): void {
  let folder: string;
  try {
    folder = dirname(targetOf(path));
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(TEMP_PREFIX)) continue;
      const pid = Number.parseInt(name.slice(TEMP_PREFIX.length), 10);
      if (pid > 0 && !isAliveElsewhere(pid)) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // No such folder yet; what cannot be removed is said when it is written to.
  }
}
