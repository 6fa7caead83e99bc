// What a run has made and not yet proven: the fingerprints of its new pairs, by environment. A run
// that was cut short is recognized by it, and is finished instead of beginning anew. No secret.

import { rmSync } from "node:fs";
import { readText, replaceFile } from "./files.ts";
import type { Paths } from "./host.ts";
import { stateFile } from "./lock.ts";

export class Unfinished {
  readonly #path: string;
  readonly #pairs: Map<string, string>;

  constructor(paths: Paths) {
    this.#path = stateFile(paths, "unfinished");
    this.#pairs = new Map(pairsIn(readText(this.#path)));
  }

  /** The pair that a run has made for this environment. */
  pairOf(environment: string): string | null {
    return this.#pairs.get(environment) ?? null;
  }

  /** Before the pair is pushed anywhere. */
  begin(environments: readonly string[], fingerprint: string): void {
    for (const environment of environments) this.#pairs.set(environment, fingerprint);
    this.#write();
  }

  /** The environments' pairs are proven. */
  end(environments: readonly string[]): void {
    const known = environments.filter((environment) => this.#pairs.delete(environment));
    if (this.#pairs.size === 0) rmSync(this.#path, { force: true });
    else if (known.length > 0) this.#write();
  }

  #write(): void {
    const text = JSON.stringify({ pairs: Object.fromEntries(this.#pairs) });
    replaceFile(this.#path, `${text}\n`, 0o600);
  }
}

/** What is damaged counts for nothing: the vaults themselves say what has to be mended. */
function pairsIn(text: string | null): [string, string][] {
  try {
    const { pairs } = JSON.parse(text ?? "{}") as { pairs?: Record<string, unknown> };
    return Object.entries(pairs ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
  } catch {
    return [];
  }
}
