// Files of this host, as text. The engine writes them.

import { readFileSync } from "node:fs";
import { Problem, systemCode } from "./problem.ts";

/** `null` if there is none. */
export function readText(path: string): string | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw new Problem(
      `reading ${path}: ${systemCode(error) ?? "failed"}`,
      "look at the path, its owner and its permissions",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(`${path} is not text in UTF-8`, "convert it, or move it away");
  }
}
