// Failures that are told to a person: what is wrong, and the next step.

import type { KeysError } from "spacetime-keys";

export class Problem extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "Problem";
    this.hint = hint;
  }
}

/** An error of the package: its `code` is a stable name. */
export function isKeysError(error: unknown): error is KeysError {
  return (
    error instanceof Error &&
    "hint" in error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("ERR_")
  );
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function systemCode(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
