// The file that az takes a secret from: 0600 in a folder of its own (0700), gone afterwards.

import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAliveElsewhere } from "./files.ts";

const PREFIX = "spacetimedb-tooling-";

const folders = new Set<string>();

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

// For an exit in the middle of a call, such as at a second signal.
process.on("exit", () => {
  for (const folder of [...folders]) remove(folder);
});

export async function withSecretFile<T>(
  value: string,
  work: (file: string) => Promise<T>,
): Promise<T> {
  // The process's id is in the name, so that a later run knows whose a leftover is.
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  folders.add(folder);
  try {
    const file = join(folder, "value");
    writeFileSync(file, value, { mode: 0o600, flag: "wx" });
    return await work(file);
  } finally {
    remove(folder);
  }
}

/** Removes what runs that were killed have left. */
export function removeLeftSecretFiles(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAliveElsewhere(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    try {
      const stat = lstatSync(folder);
      if (stat.isDirectory() && stat.uid === process.getuid?.()) remove(folder);
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}
