// A throwaway host for the engine, with a directory store.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { fingerprint } from "spacetime-keys";
import { throwawayHost } from "./files.mjs";

export const IDENTITY = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";

/** The fleet of a host in this folder. */
export const fleetAt = (folder) => ({
  store: { kind: "directory", path: join(folder, ".spacetime-keys") },
  mountedKeysDir: join(folder, ".generated/spacetimedb-keys"),
  cliToml: join(folder, "data/.config/spacetime/cli.toml"),
});

export class Host {
  constructor() {
    Object.assign(this, throwawayHost());
    this.fleet = fleetAt(this.folder);
    /** The pair that was mounted at first. */
    this.firstPair = this.mounted();
  }

  mounted() {
    return fingerprint(readFileSync(this.privateKey, "utf8"));
  }

  /** The pairs that a vault has had, oldest first. */
  pairsIn(vault) {
    const folder = join(this.folder, ".spacetime-keys", vault, "spacetimedb-jwt-private-key");
    if (!existsSync(folder)) return [];
    const values = readdirSync(folder)
      .sort()
      .map((version) => join(folder, version, "value"))
      .filter(existsSync);
    return values.map((path) => fingerprint(readFileSync(path, "utf8")));
  }

  /** Every private key that is mounted, or in a vault. */
  reachable() {
    return new Set([this.mounted(), ...this.pairsIn("kv-dev"), ...this.pairsIn("kv-local")]);
  }
}
