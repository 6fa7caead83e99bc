// What an operator adapts (vaults, groups, secrets' names), and the engine's view of it.

import { join } from "node:path";
import type { Fleet } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { Problem } from "./problem.ts";
import type { Report } from "./report.ts";

export interface Site {
  /** Environment = vault. */
  vaults: Readonly<Record<string, string>>;
  /** Environments that share one key pair. Each of the others has its own. */
  groups: readonly (readonly string[])[];
  secrets: { privateKey: string; publicKey: string; escrow: string };
}

/** What one start of the script works on. */
export interface Start {
  report: Report;
  site: Site;
  flags: Flags;
  args: readonly string[];
  signal: AbortSignal;
}

export function groupOf(site: Site, environment: string): readonly string[] {
  return site.groups.find((group) => group.includes(environment)) ?? [environment];
}

/** The groups of these environments in words, each once. */
export function groupsOf(site: Site, environments: readonly string[]): string[] {
  return [...new Set(environments.map((name) => groupOf(site, name).join(", ")))];
}

export function fleetOf(site: Site, flags: Flags): Fleet {
  return {
    store: { kind: "az", timeout: timeoutSeconds() },
    environments: site.vaults,
    groups: site.groups,
    secrets: site.secrets,
    mountedKeysDir: flags.mountedKeysDir,
    cliToml: flags.cliToml,
  };
}

/** How long one call of az may take. */
function timeoutSeconds(): number {
  const text = process.env["SPACETIMEDB_TOOLING_AZ_TIMEOUT"];
  if (text === undefined || text === "") return 60;
  const seconds = Math.ceil(Number(text));
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new Problem(
    "SPACETIMEDB_TOOLING_AZ_TIMEOUT is not a number of seconds",
    "set it to 1 to 3600, or not at all",
  );
}

export function mountedFiles({ mountedKeysDir }: Flags): { privateKey: string; publicKey: string } {
  return {
    privateKey: join(mountedKeysDir, "id_ecdsa"),
    publicKey: join(mountedKeysDir, "id_ecdsa.pub"),
  };
}
