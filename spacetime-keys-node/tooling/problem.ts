// Failures that are told to a person: what is wrong, and the next step.

export class Problem extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "Problem";
    this.hint = hint;
  }
}

/** SIGINT, SIGTERM or SIGHUP. */
export class Interrupted extends Problem {
  constructor() {
    super("interrupted by a signal", "run the same command again");
    this.name = "Interrupted";
  }
}

/** Everything about it has been said. */
export class AlreadyTold extends Error {}

/** An error of the addon: its `code` is a stable name. */
export interface CoreError extends Error {
  code: string;
  hint: string;
  environment?: string;
}

export function isCoreError(error: unknown): error is CoreError {
  return (
    error instanceof Error &&
    "hint" in error &&
    "code" in error &&
    typeof error.hint === "string" &&
    typeof error.code === "string" &&
    error.code.startsWith("ERR_")
  );
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function systemCode(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
