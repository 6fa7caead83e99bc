// Reading the vaults: what the core's audit and plans are made from.

import { auditFleet, type FleetContents, type HostContents } from "spacetime-keys";
import type { Az, Version } from "./az.ts";
import { AzFailure } from "./az-errors.ts";
import { fingerprintOf } from "./host.ts";
import type { Report } from "./report.ts";
import { type Site, environmentsOf, groupOf, vaultOf } from "./site.ts";

const MAX_EARLIER_VERSIONS = 20;

interface EarlierVersion {
  version: string;
  privateKey: string;
  created: number | null;
}

export interface VaultState {
  environment: string;
  vault: string;
  privateKey: string | null;
  publicKey: string | null;
  created: number | null;
  earlier: EarlierVersion[];
  escrow: string | null;
  unavailable: boolean;
}

/** Everything that was read at one moment. */
export interface Fleet {
  site: Site;
  vaults: VaultState[];
  host: HostContents;
  /** Why vaults could not be read. */
  failures: Map<string, AzFailure>;
  /** Vaults whose earlier versions could not be listed. */
  withoutHistory: string[];
}

export interface Tools {
  az: Az;
  report: Report;
}

export function contentsOf(fleet: Fleet): FleetContents {
  return { vaults: fleet.vaults, host: fleet.host, groups: fleet.site.groups };
}

/**
 * Reads all vaults at once, and each one's secrets after another.
 *
 * @param escrowOf The environment whose escrow is needed, too.
 */
export async function readFleet(
  { az, report }: Tools,
  site: Site,
  host: HostContents,
  scope: readonly string[],
  escrowOf: string | null,
): Promise<Fleet> {
  const fleet: Fleet = { site, vaults: [], host, failures: new Map(), withoutHistory: [] };
  const readings = environmentsOf(site).map(async (environment) => {
    const state = emptyState(environment, vaultOf(site, environment));
    try {
      state.privateKey = await az.read(state.vault, site.secrets.privateKey);
      state.publicKey = await az.read(state.vault, site.secrets.publicKey);
      if (environment === escrowOf) state.escrow = await az.read(state.vault, site.secrets.escrow);
    } catch (error) {
      if (!(error instanceof AzFailure) || error.concernsAll) throw error;
      fleet.failures.set(environment, error);
      Object.assign(state, emptyState(environment, state.vault), { unavailable: true });
    }
    return state;
  });
  fleet.vaults = await allOf(readings);
  // What is asked about comes first: mostly it is enough.
  const asked = fleet.vaults.filter(({ environment }) => scope.includes(environment));
  await readHistory({ az, report }, fleet, asked);
  await readHistory(
    { az, report },
    fleet,
    fleet.vaults.filter((state) => !asked.includes(state)),
  );
  return fleet;
}

/** Fails if a vault that a run is about could not be read; of others it is said. */
export function requireReadable(report: Report, fleet: Fleet, scope: readonly string[]): void {
  const asked = [...fleet.failures].filter(([environment]) => scope.includes(environment));
  for (const [environment, failure] of fleet.failures) {
    if (scope.includes(environment)) continue;
    report.warn(`not compared with ${environment}: ${failure.message}`);
  }
  const [last] = asked.splice(-1);
  for (const [, failure] of asked) report.fail(failure);
  if (last !== undefined) throw last[1];
}

/** As `Promise.all`, but no call is left running behind. */
async function allOf<T>(promises: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

function emptyState(environment: string, vault: string): VaultState {
  return {
    environment,
    vault,
    privateKey: null,
    publicKey: null,
    created: null,
    earlier: [],
    escrow: null,
    unavailable: false,
  };
}

/** Whether some version of the vault's private key is of that pair. */
function knows(state: VaultState, fingerprint: string): boolean {
  return [state, ...state.earlier].some((at) => fingerprintOf(at.privateKey) === fingerprint);
}

/** Earlier versions cost a call each: they are read only where something is not explained yet. */
function isUnexplained(fleet: Fleet): boolean {
  const { host, vaults, site } = fleet;
  const mounted = fingerprintOf(host.privateKey) ?? fingerprintOf(host.publicKey);
  if (mounted !== null && !vaults.some((state) => knows(state, mounted))) return true;
  for (const state of vaults) {
    const latest = fingerprintOf(state.privateKey);
    const group = groupOf(site, state.environment);
    const members = vaults.filter(({ environment }) => group.includes(environment));
    // Which of two different pairs came after the other?
    const others = members.map((other) => ({ other, pair: fingerprintOf(other.privateKey) }));
    const divided = others.some(
      ({ other, pair }) =>
        latest !== null &&
        pair !== null &&
        pair !== latest &&
        !knows(state, pair) &&
        !knows(other, latest),
    );
    // A public key whose private key is not the latest one.
    const pub = fingerprintOf(state.publicKey);
    const orphan = latest === null && pub !== null && !members.some((other) => knows(other, pub));
    if (divided || orphan) return true;
  }
  // Only now: an audit tells which of the keys has signed the publisher's token.
  const publisher = auditFleet(contentsOf(fleet)).publisher;
  return publisher !== null && publisher.verifiedWith === null;
}

async function readHistory(tools: Tools, fleet: Fleet, vaults: VaultState[]): Promise<void> {
  const readable = vaults.filter((state) => !state.unavailable && state.privateKey !== null);
  if (readable.length === 0 || !isUnexplained(fleet)) return;
  const lists = await allOf(
    readable.map(async (state) => ({ state, versions: await listEarlier(tools, fleet, state) })),
  );
  for (let round = 0; round < MAX_EARLIER_VERSIONS; round += 1) {
    if (!isUnexplained(fleet) || lists.every(({ versions }) => versions.length <= round)) return;
    await allOf(
      lists.map(({ state, versions }) => readEarlier(tools, fleet, state, versions[round])),
    );
  }
}

/** Newest first, without the latest. */
async function listEarlier(tools: Tools, fleet: Fleet, state: VaultState): Promise<Version[]> {
  const secret = fleet.site.secrets.privateKey;
  let versions: Version[];
  try {
    versions = await tools.az.versions(state.vault, secret);
  } catch (error) {
    if (!(error instanceof AzFailure) || error.concernsAll) throw error;
    fleet.withoutHistory.push(state.vault);
    tools.report.detail(`  ${state.vault}: without its earlier versions: ${error.message}`);
    return [];
  }
  versions.sort((a, b) => (b.created ?? 0) - (a.created ?? 0));
  const [first, second] = versions;
  state.created = first?.created ?? null;
  // Of two of the same second, either may be the latest: then both are looked at.
  return first?.created === second?.created ? versions : versions.slice(1);
}

async function readEarlier(
  tools: Tools,
  fleet: Fleet,
  state: VaultState,
  version: Version | undefined,
): Promise<void> {
  if (version === undefined) return;
  try {
    const secret = fleet.site.secrets.privateKey;
    const privateKey = await tools.az.read(state.vault, secret, version.version);
    if (privateKey !== null) state.earlier.push({ ...version, privateKey });
  } catch (error) {
    if (!(error instanceof AzFailure) || error.concernsAll) throw error;
    // A version that is disabled, for one.
    tools.report.detail(`  ${state.vault}: an earlier version is left out: ${error.message}`);
  }
}
