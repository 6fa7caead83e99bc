// Plans and their outcome, in words.

import type { RotationPlan } from "spacetime-keys";
import type { Phase } from "./decide.ts";
import type { Flags } from "./flags.ts";
import { type Paths, fingerprintOf } from "./host.ts";
import { type Report, table } from "./report.ts";
import { type Site, vaultOf } from "./site.ts";
import type { Step } from "./steps.ts";
import type { Fleet } from "./vaults.ts";

function describe(step: Step, site: Site, paths: Paths): string {
  const vault = vaultOf(site, step.environment);
  const { privateKey, publicKey } = site.secrets;
  switch (step.action) {
    case "escrow":
      return `keep the publisher's iss, sub and identity as ${site.secrets.escrow} in ${vault}`;
    case "adopt-private":
      return `push the mounted private key to ${vault}, as the version before the new one`;
    case "adopt-public":
      return `push its public key to ${vault}`;
    case "generate":
      return `make a P-256 key pair and test it`;
    case "load":
      return `read the pair that is to hold, and test it`;
    case "push-private":
      return `push the private key as ${privateKey} to ${vault}, and read it back`;
    case "push-public":
      return `push the public key as ${publicKey} to ${vault}, and read it back`;
    case "set-aside":
      return `keep what is in ${paths.privateKey} beside it`;
    case "mount-private":
      return `replace ${paths.privateKey} (0600)`;
    case "mount-public":
      return `replace ${paths.publicKey} (0644)`;
    case "resign-token":
      return `sign the publisher token in ${paths.cliToml} anew`;
    case "prove":
      return `read everything again and judge it`;
  }
}

/** A plan's steps, numbered. Both a dry run and a run print these. */
export function stepLines(plan: RotationPlan, site: Site, paths: Paths): string[] {
  const rows = plan.steps.map((step, place) => [
    `${String(place + 1).padStart(2)}.`,
    step.action,
    step.environment,
    describe(step, site, paths),
  ]);
  return table(rows);
}

export function environmentsIn(plan: RotationPlan): string[] {
  return plan.targets.flatMap((target) => target.environments);
}

/** What a person should know before it happens. */
export function announceNotes(report: Report, plan: RotationPlan, paths: Paths): void {
  for (const note of plan.notes) {
    if (note === "no-cli-toml") {
      report.warn(`there is no ${paths.cliToml}: no publisher token is signed anew`);
    } else if (note === "another-publisher") {
      report.warn(
        "the escrow holds another publisher than cli.toml's: " +
          "if this one is a new login by mistake, put the old cli.toml back",
      );
    } else if (note === "token-unverified") {
      report.warn("the publisher token was signed by no known key");
    } else if (note === "becomes-eternal") {
      report.warn("the publisher token has an expiry; the new one never expires");
    } else if (note === "token-not-preserved") {
      report.warn("the publisher token is left: a server with the new key answers 401 to it");
    } else if (note === "mounted-not-synced") {
      report.warn("the mounted files are left: they are not the vault's pair any more");
    } else if (note === "adopts") {
      report.say("The mounted pair is new to the vault: it is kept there first.");
    }
  }
}

/** Each fingerprint that was read, for --verbose. */
export function fleetLines(fleet: Fleet, paths: Paths): string[] {
  const rows = fleet.vaults.flatMap(({ environment, vault, ...keys }) =>
    keys.unavailable
      ? [[environment, vault, "not read"]]
      : [
          [environment, vault, "private", fingerprintOf(keys.privateKey) ?? "none"],
          [environment, vault, "public", fingerprintOf(keys.publicKey) ?? "none"],
        ],
  );
  const { privateKey, publicKey } = fleet.host;
  rows.push(["mounted", paths.privateKey, "private", fingerprintOf(privateKey) ?? "none"]);
  rows.push(["mounted", paths.publicKey, "public", fingerprintOf(publicKey) ?? "none"]);
  return table(rows);
}

/** The pair that a group had before; `null` if there was none. */
export function pairBefore(before: Fleet, plan: RotationPlan, target: number): string | null {
  const { environments = [], adopt = null } = plan.targets[target] ?? {};
  const stored = before.vaults
    .filter(({ environment }) => environments.includes(environment))
    .map(({ privateKey }) => fingerprintOf(privateKey))
    .find((fingerprint) => fingerprint !== null);
  return adopt ?? stored ?? null;
}

export function sayPublisher(report: Report, { publisher }: RotationPlan): void {
  if (publisher === null) return;
  report.say("publisher's identity, which stays the same");
  report.say(`  ${publisher.identity}`);
}

export function sayOutcome(
  report: Report,
  { operation, plan }: Phase,
  before: Fleet,
  pairs: readonly (string | null)[],
): void {
  const names = environmentsIn(plan).join(", ");
  const what = operation === "rotate" ? "Rotated" : "Mended";
  report.say(`${what} ${names}: done and proven.`);
  plan.targets.forEach((target, place) => {
    report.say(`keys of ${target.environments.join(", ")}`);
    report.say(`  before  ${pairBefore(before, plan, place) ?? "none"}`);
    report.say(`  now     ${pairs[place] ?? "none"}`);
  });
  sayPublisher(report, plan);
}

/** What is left to a person. */
export function sayNext(report: Report, plans: readonly RotationPlan[], flags: Flags): void {
  const steps = plans.flatMap((plan) => plan.steps);
  const mounts = steps.some(({ action }) => action.startsWith("mount-"));
  const lines: string[] = [];
  if (mounts) lines.push("Restart the server: it reads its keys at start-up only.");
  const others = [...new Set(plans.flatMap(environmentsIn))].filter(
    (environment) => environment !== flags.environment,
  );
  if (others.length > 0) {
    lines.push(
      `Hosts that mount the keys of ${others.join(", ")} are behind now. On each: ` +
        "`spacetime-keys sync --env E`, or pull the pair and run --resign-token-only " +
        '(bun-tooling.md, "Another host"); then restart its server. ' +
        "A rotation there would make yet another pair.",
    );
  }
  if (plans.some((plan) => plan.notes.includes("no-cli-toml"))) {
    lines.push("After the first login and publish, the next run keeps that publisher's claims.");
  }
  if (!flags.preservePublisher) {
    lines.push("If the publisher token is to live on: --resign-token-only signs it anew.");
  }
  if (lines.length > 0) report.say("next");
  for (const line of lines) report.say(`  - ${line}`);
}
