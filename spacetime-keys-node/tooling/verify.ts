// --verify-only: judges vaults, policy, mounted files and token. Writes nothing.

import { type FleetReport, verifyFleet } from "spacetime-keys";
import { hintFor } from "./hints.ts";
import { Problem } from "./problem.ts";
import { Progress } from "./progress.ts";
import { type Report, table } from "./report.ts";
import { type Start, fleetOf, groupOf } from "./site.ts";

/** Whether all is well. */
export async function verify(start: Start): Promise<boolean> {
  const { report, site, flags, signal } = start;
  const named = flags.environmentNamed && !flags.allEnvironments;
  const environments = named ? [...groupOf(site, flags.environment)] : Object.keys(site.vaults);
  const audit = await verifyFleet(fleetOf(site, flags), {
    environments,
    ...(flags.environmentNamed ? { likelyHost: flags.environment } : {}),
    signal,
    onEvent: new Progress(start).onEvent,
  });
  const [failure] = audit.failures;
  if (
    failure?.code === "ERR_STORE_LOGIN" &&
    audit.failures.length === Object.keys(site.vaults).length
  ) {
    // It is the same for each vault.
    throw new Problem(failure.message, failure.hint);
  }
  sayKeys(report, audit);
  sayPolicy(report, audit);
  for (const { environment, message } of audit.failures) {
    if (!environments.includes(environment)) {
      report.warn(`not compared with ${environment}: ${message}`);
    }
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

type Keys = Omit<NonNullable<FleetReport["mounted"]>, "environment">;

function rowsOf(name: string, place: string, keys: Keys): string[][] {
  const { status, privateFingerprint, publicFingerprint } = keys;
  const rows = [[name, place, status, privateFingerprint ?? "no private key"]];
  if (publicFingerprint !== privateFingerprint) {
    rows.push(["", "", "  public key", publicFingerprint ?? "none"]);
  }
  return rows;
}

function sayKeys(report: Report, { environments, mounted, publisher }: FleetReport): void {
  const rows = environments.flatMap((found) => rowsOf(found.name, found.vault, found));
  if (mounted !== null && mounted.status !== "missing") {
    rows.push(...rowsOf("mounted", mounted.environment ?? "of no vault", mounted));
  }
  for (const line of table(rows)) report.say(line);
  if (publisher === null) return;
  report.say("publisher's identity, and the key that its token verifies with");
  report.say(`  ${publisher.identity}`);
  report.say(`  ${publisher.verifiedWith ?? "none that is known"}`);
}

function sayPolicy(report: Report, { policy }: FleetReport): void {
  for (const { rule, environments, ok } of policy) {
    const names = environments.join(", ");
    const says = rule === "shared" ? "share one pair" : "no other group's pair";
    report.detail(`policy: ${names}: ${says}: ${ok ? "ok" : "NO"}`);
  }
}
