// Files of this host, read. The engine writes them.

import { readFileSync, statSync } from "node:fs";
import { fingerprint } from "spacetime-keys";
import { Problem, systemCode } from "./problem.ts";

/** Larger files are none that is handled here. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A descriptor of this process, such as the pipe of `<(…)`, is read; no other pipe is. */
const isHandedOver = (path: string) =>
  /^\/(dev|proc\/self)\/fd\//.test(path) || path === "/dev/stdin";

/** `null` if there is none. */
export function readText(path: string): string | null {
  try {
    const found = statSync(path);
    if (!found.isFile() && !isHandedOver(path)) {
      // A pipe would be waited for until somebody opens its other end.
      throw new Problem(`${path} is not a file`, "move it away, or name another path");
    }
    if (found.size > MOST_BYTES) {
      const message = `${path} is larger than 4 MiB: it has ${found.size} bytes`;
      throw new Problem(message, "this is no key or cli.toml; name another file");
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** `null`: no key is there. */
export function fingerprintIn(path: string): string | null {
  try {
    return fingerprint(readText(path) ?? "");
  } catch {
    return null;
  }
}
