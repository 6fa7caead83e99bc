// Files of this host, read. The engine writes them.

import { readFileSync } from "node:fs";
import { fingerprint } from "spacetime-keys";
import { systemCode } from "./problem.ts";

/** `null` if there is none. */
export function readText(path: string): string | null {
  try {
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
