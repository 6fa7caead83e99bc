// --verify-only: judges vaults, policy, mounted files and token. Writes nothing.

import { auditFleet, type FleetReport } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { hintFor } from "./hints.ts";
import { pathsOf, readHost } from "./host.ts";
import { type Report, table } from "./report.ts";
import { type Site, environmentsOf, groupOf } from "./site.ts";
import { type Tools, contentsOf, readFleet } from "./vaults.ts";

/** Whether all is well. */
export async function verify(tools: Tools, site: Site, flags: Flags): Promise<boolean> {
  const { report } = tools;
  const named = flags.environmentNamed && !flags.allEnvironments;
  const scope = named ? [...groupOf(site, flags.environment)] : environmentsOf(site);
  const fleet = await readFleet(tools, site, readHost(pathsOf(flags)), scope, null);
  const audit = auditFleet(contentsOf(fleet), {
    environments: scope,
    ...(flags.environmentNamed ? { likelyHost: flags.environment } : {}),
  });
  sayEnvironments(report, audit);
  sayHost(report, audit);
  sayPolicy(report, audit);
  for (const [environment, failure] of fleet.failures) {
    if (scope.includes(environment)) report.fail(failure);
    else report.warn(`not compared with ${environment}: ${failure.message}`);
  }
  for (const problem of audit.problems) {
    const where = problem.environment === null ? "" : `${problem.environment}: `;
    const text = `${where}${problem.message} (${problem.code})`;
    if (problem.severity === "error") report.error(text, hintFor(problem));
    else report.warn(text);
  }
  const errors = audit.problems.filter(({ severity }) => severity === "error").length;
  report.say(audit.ok ? "All is well." : `Not well: ${errors} problem${errors === 1 ? "" : "s"}.`);
  return audit.ok;
}

function sayEnvironments(report: Report, { environments }: FleetReport): void {
  const rows: string[][] = [];
  for (const { name, vault, status, privateFingerprint, publicFingerprint } of environments) {
    rows.push([name, vault, status, privateFingerprint ?? "no private key"]);
    if (publicFingerprint !== privateFingerprint) {
      rows.push(["", "", "  public key", publicFingerprint ?? "none"]);
    }
  }
  for (const line of table(rows)) report.say(line);
}

function sayHost(report: Report, { mounted, publisher }: FleetReport): void {
  if (mounted !== null && mounted.status !== "missing") {
    const whose = mounted.environment ?? "of no vault";
    report.say(`mounted here (${whose}, ${mounted.status})`);
    report.say(`  ${mounted.privateFingerprint ?? "no private key"}`);
    if (mounted.publicFingerprint !== mounted.privateFingerprint) {
      report.say(`  public key ${mounted.publicFingerprint ?? "none"}`);
    }
  }
  if (publisher !== null) {
    report.say("publisher's identity, and the key that its token verifies with");
    report.say(`  ${publisher.identity}`);
    report.say(`  ${publisher.verifiedWith ?? "none that is known"}`);
  }
}

function sayPolicy(report: Report, { policy }: FleetReport): void {
  for (const { rule, environments, ok } of policy) {
    const names = environments.join(", ");
    const says = rule === "shared" ? "share one pair" : "no other group's pair";
    report.detail(`policy: ${names}: ${says}: ${ok ? "ok" : "NO"}`);
  }
}
