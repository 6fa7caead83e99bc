// What an operator adapts: vaults, groups, secrets' names.

import { Problem } from "./problem.ts";

export interface Site {
  /** Environment = vault. */
  vaults: Readonly<Record<string, string>>;
  /** Environments that share one key pair. Those that no group names are alone. */
  groups: readonly (readonly string[])[];
  secrets: { privateKey: string; publicKey: string; escrow: string };
}

export function environmentsOf(site: Site): string[] {
  return Object.keys(site.vaults);
}

export function vaultOf(site: Site, environment: string): string {
  const vault = site.vaults[environment];
  if (vault === undefined) {
    throw new Problem("an environment without a vault", "look at VAULTS at the top of the script");
  }
  return vault;
}

export function groupOf(site: Site, environment: string): readonly string[] {
  return site.groups.find((group) => group.includes(environment)) ?? [environment];
}

/** The groups of these environments, each once. */
export function groupsOf(site: Site, environments: readonly string[]): (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  for (const environment of environments) {
    if (!groups.some((group) => group.includes(environment))) {
      groups.push(groupOf(site, environment));
    }
  }
  return groups;
}

/** Names go into az's arguments, and from there into a URL. */
export function checkSite(site: Site): void {
  const vaultName = /^[A-Za-z](?:-?[0-9A-Za-z]){2,23}$/;
  const secretName = /^[0-9A-Za-z][0-9A-Za-z-]{0,126}$/;
  const good =
    Object.values(site.vaults).every((name) => vaultName.test(name)) &&
    Object.values(site.secrets).every((name) => secretName.test(name)) &&
    site.groups.flat().every((environment) => environment in site.vaults);
  if (!good) {
    throw new Problem(
      "VAULTS, GROUPS or SECRETS at the top of the script hold a name that cannot be one",
      "vaults: 3 to 24 letters, digits and single hyphens; secrets: letters, digits, hyphens; " +
        "groups: environments of VAULTS",
    );
  }
}
