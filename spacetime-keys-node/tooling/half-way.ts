// A run that failed half-way: what stands where, and what mends it.

import { relative } from "node:path";
import type { RotationPlan } from "spacetime-keys";
import { type Paths, fingerprintOf, readHost } from "./host.ts";
import { type Report, table } from "./report.ts";
import { isInterrupted } from "./signals.ts";
import { type Site, vaultOf } from "./site.ts";
import type { Known } from "./steps.ts";
import type { Fleet, Tools } from "./vaults.ts";
import { environmentsIn, pairBefore } from "./words.ts";

const NONE = "none";

/** As a shell would have to read it again. */
function quoted(argument: string): string {
  return /^[\w./=:@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

export function thisCommand(args: readonly string[]): string {
  const script = relative(process.cwd(), Bun.main);
  return ["bun", script, ...args].map(quoted).join(" ");
}

/** What a place holds, by reading it again if az still answers, else as far as this run knows. */
async function standing(
  { az }: Tools,
  site: Site,
  known: Known,
  environment: string,
  half: "private" | "public",
): Promise<string> {
  const place = `${environment} ${half}`;
  if (!isInterrupted()) {
    const secret = half === "private" ? site.secrets.privateKey : site.secrets.publicKey;
    try {
      const value = await az.read(vaultOf(site, environment), secret);
      return value === null ? NONE : (fingerprintOf(value) ?? "not a key");
    } catch {
      // What is known has to do.
    }
  }
  const last = known.stored.get(place) ?? NONE;
  const maybe = known.uncertain.get(place);
  if (maybe === undefined) return `${last} (not read again)`;
  return `${last}, or ${maybe} if the upload went through`;
}

export async function sayWhatStandsWhere(
  tools: Tools,
  site: Site,
  paths: Paths,
  plan: RotationPlan,
  before: Fleet,
  known: Known,
): Promise<void> {
  const { report } = tools;
  report.say("What stands where now:");
  const rows: string[][] = [];
  for (const environment of environmentsIn(plan)) {
    for (const half of ["private", "public"] as const) {
      const value = await standing(tools, site, known, environment, half);
      rows.push([environment, vaultOf(site, environment), half, value]);
    }
  }
  const host = readHost(paths);
  rows.push(["mounted", paths.privateKey, "private", fingerprintOf(host.privateKey) ?? NONE]);
  rows.push(["mounted", paths.publicKey, "public", fingerprintOf(host.publicKey) ?? NONE]);
  for (const line of table(rows)) report.say(line);
  sayNothingIsLost(report, plan, before, fingerprintOf(host.privateKey));
}

function sayNothingIsLost(
  report: Report,
  plan: RotationPlan,
  before: Fleet,
  mounted: string | null,
): void {
  const here = fingerprintOf(before.host.privateKey);
  plan.targets.forEach((target, place) => {
    const stored = before.vaults
      .filter(({ environment }) => target.environments.includes(environment))
      .some(({ privateKey }) => fingerprintOf(privateKey) !== null);
    const pair = pairBefore(before, plan, place) ?? (plan.host?.target === place ? here : null);
    if (pair === null) return;
    const where = [
      ...(stored ? ["in the vault, as its latest version or an earlier one"] : []),
      ...(mounted === pair ? ["mounted here"] : []),
    ];
    if (where.length === 0) return;
    const names = target.environments.join(", ");
    report.say(`No key in use is lost. The pair of ${names} from before,`);
    report.say(`  ${pair},`);
    report.say(`  is ${where.join(", and ")}.`);
  });
}

export function sayWhatMendsIt(report: Report, args: readonly string[]): void {
  report.say("The same command again finishes what was begun (restart the server after that):");
  report.say(`  ${thisCommand(args)}`);
}
