// What a person reads. Never a key or a token.

import { Problem, isKeysError, systemCode } from "./problem.ts";
import { hintFor } from "./hints.ts";

export class Report {
  readonly #verbose: boolean;
  readonly #warned = new Set<string>();
  #told: unknown = null;

  constructor(verbose: boolean) {
    this.#verbose = verbose;
  }

  say(line: string): void {
    console.log(line);
  }

  /** Only with --verbose. */
  detail(line: string): void {
    if (this.#verbose) console.log(line);
  }

  /** Once, however often the same is found. */
  warn(line: string): void {
    if (this.#warned.has(line)) return;
    this.#warned.add(line);
    console.error(`WARNING: ${line}`);
  }

  error(message: string, hint: string | null): void {
    console.error(`ERROR: ${message}`);
    if (hint !== null) console.error(`  ${hint}`);
  }

  /** Once. */
  fail(error: unknown): void {
    if (this.#told === error) return;
    this.#told = error;
    if (error instanceof Problem) {
      this.error(error.message, error.hint);
    } else if (isKeysError(error) && error.code === "ERR_STOPPED") {
      this.error("interrupted by a signal", "run the same command again");
    } else if (isKeysError(error)) {
      this.error(`${error.message} (${error.code})`, hintFor(error));
    } else {
      this.#unexpected(error);
    }
  }

  /** A bug, or an operating system in trouble. Its own text could hold anything. */
  #unexpected(error: unknown): void {
    const path = error instanceof Error && "path" in error ? ` ${String(error.path)}` : "";
    const name = error instanceof Error ? error.name : typeof error;
    this.error(`unexpected: ${systemCode(error) ?? name}${path}`, "--verbose shows where");
    const stack = error instanceof Error ? (error.stack ?? "").match(/^\s+at .*$/gm) : null;
    for (const line of stack ?? []) this.detail(line);
  }
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
