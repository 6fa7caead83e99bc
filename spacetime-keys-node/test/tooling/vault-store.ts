// What the stand-in for az keeps, as the tests see it.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FAILURES } from "./az-words.ts";

export interface StoredVersion {
  id: string;
  value: string;
  /** Unix seconds. */
  created: number;
  enabled: boolean;
  tags: Record<string, string>;
}

export interface StoredSecret {
  deleted: boolean;
  /** Oldest first. */
  versions: StoredVersion[];
}

/** Things that a stand-in does instead of what it should, or after it. */
export type Misbehaviour =
  | "after"
  | "hang"
  | "hang-after"
  | "stale"
  | "garbage"
  | "nonsense"
  | "kill"
  | "kill-after"
  | "term"
  | "int-after";

export type FaultKind = Misbehaviour | keyof typeof FAILURES;

/** A call that has all of what is named fails in that way. */
export interface Fault {
  kind: FaultKind;
  /** Calls are counted from 1 on, those of all runs. */
  call?: number;
  action?: "show" | "set" | "list-versions";
  vault?: string;
  secret?: string;
}

export interface Call {
  number: number;
  argv: string[];
  action: string;
  vault: string;
  secret: string;
  env: Record<string, string>;
  /** How many files and folders lay in the temporary folder then. */
  temporary: number;
  file: { path: string; mode: number; folderMode: number; text: string } | null;
}

export const PRIVATE = "spacetimedb-jwt-private-key";
export const PUBLIC = "spacetimedb-jwt-public-key";
export const ESCROW = "spacetimedb-publisher-claims";
export const VAULTS = { prod: "kv-prod", test: "kv-test", dev: "kv-dev", local: "kv-local" };

export class VaultStore {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    for (const folder of ["vaults", "calls"]) mkdirSync(join(root, folder), { recursive: true });
    this.fail();
  }

  #place(vault: string, secret: string): string {
    return join(this.root, "vaults", vault, `${secret}.json`);
  }

  /** From now on, these faults and no others. */
  fail(...faults: Fault[]): void {
    writeFileSync(join(this.root, "faults.json"), JSON.stringify(faults));
  }

  /** The number that the next call will have. */
  nextCall(): number {
    return readdirSync(join(this.root, "calls")).length + 1;
  }

  calls(): Call[] {
    const folder = join(this.root, "calls");
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    // `az login` leaves an empty one.
    const calls: Call[] = texts.filter((text) => text !== "").map((text) => JSON.parse(text));
    return calls.sort((a, b) => a.number - b.number);
  }

  secret(vault: string, secret: string): StoredSecret {
    const place = this.#place(vault, secret);
    if (!existsSync(place)) return { deleted: false, versions: [] };
    return JSON.parse(readFileSync(place, "utf8"));
  }

  change(vault: string, secret: string, change: (stored: StoredSecret) => void): void {
    const stored = this.secret(vault, secret);
    change(stored);
    mkdirSync(dirname(this.#place(vault, secret)), { recursive: true });
    writeFileSync(this.#place(vault, secret), JSON.stringify(stored));
  }

  latest(vault: string, secret: string): string | null {
    return this.secret(vault, secret).versions.at(-1)?.value ?? null;
  }

  /** As somebody else would push it. */
  put(vault: string, secret: string, value: string, created = 1_700_000_000): void {
    this.change(vault, secret, ({ versions }) => {
      const id = `${versions.length}`.padStart(32, "0");
      versions.push({ id, value, created: created + versions.length, enabled: true, tags: {} });
    });
  }

  putPair(vault: string, pair: { privateKey: string; publicKey: string }, created?: number): void {
    this.put(vault, PRIVATE, pair.privateKey, created);
    this.put(vault, PUBLIC, pair.publicKey, created);
  }

  /** Everything, to compare. */
  contents(): string {
    const folder = join(this.root, "vaults");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .sort();
    return files.map((name) => `${name} ${readFileSync(join(folder, name), "utf8")}`).join("\n");
  }

  /** Every value that a secret ever had, in any vault. */
  everyVersion(secret: string): string[] {
    return Object.values(VAULTS).flatMap((vault) =>
      this.secret(vault, secret).versions.map(({ value }) => value),
    );
  }
}
