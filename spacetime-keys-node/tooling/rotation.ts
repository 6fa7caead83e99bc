// A rotation, a preview of one, and what it says. The engine does it, and proves it.

import { rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { mendAndRotate, verifyFleet } from "spacetime-keys";
import { Problem, isKeysError } from "./problem.ts";
import { Progress } from "./progress.ts";
import { type Start, fleetOf, groupsOf } from "./site.ts";
import { announce, sayNext, sayPublisher } from "./words.ts";

export async function rotate(start: Start): Promise<void> {
  const { flags, report } = start;
  if (!flags.yes && !flags.dryRun) {
    throw new Problem(
      "a rotation changes keys in the vaults and on this host: it needs --yes",
      "--dry-run shows its steps and changes nothing",
    );
  }
  if (flags.privateKeyPath !== null) {
    report.warn("--private-key-path counts only with --resign-token-only");
  }
  if (flags.dryRun) return preview(start);
  const { runs } = await mend(start);
  // Where earlier versions noted what they had begun. All of that is finished now.
  const note = join(dirname(resolve(flags.mountedKeysDir)), ".spacetimedb-tooling");
  for (const kind of ["lock", "unfinished"]) rmSync(`${note}.${kind}`, { force: true });
  if (runs.every(({ operation, continued }) => continued || operation !== "rotate")) {
    report.say("The interrupted rotation is finished. No new one was begun.");
  }
  sayNext(start, runs);
}

function namedIn({ site, flags }: Start): string[] {
  return flags.allEnvironments ? Object.keys(site.vaults) : [flags.environment];
}

async function mend(start: Start) {
  const { site, flags, report, signal } = start;
  const progress = new Progress(start);
  try {
    const mended = await mendAndRotate(fleetOf(site, flags), {
      environments: namedIn(start),
      host: flags.environment,
      syncMounted: flags.syncMounted,
      preservePublisher: flags.preservePublisher,
      dryRun: flags.dryRun,
      onEvent: progress.onEvent,
      signal,
    });
    for (const { environment, message } of mended.runs.flatMap(({ unread }) => unread)) {
      report.warn(`not compared with ${environment}: ${message}`);
    }
    return mended;
  } catch (error) {
    if (progress.run !== null) progress.sayHowItFailed(progress.run, error);
    throw error;
  }
}

/**
 * The guide's preview names no environment, on whatever host it runs. Where the default is not the
 * one whose keys are mounted, the preview is of that one.
 */
async function preview(start: Start): Promise<void> {
  const { site, flags, report, signal } = start;
  let planned: Awaited<ReturnType<typeof mend>>;
  try {
    planned = await mend(start);
  } catch (error) {
    const elsewhere = isKeysError(error) && error.code === "ERR_MOUNTED_ELSEWHERE";
    if (!elsewhere || flags.environmentNamed) throw error;
    const { mounted } = await verifyFleet(fleetOf(site, flags), { signal });
    const environment = mounted?.environment ?? null;
    if (environment === null) throw error;
    report.say(
      `This host mounts ${environment}'s keys: as with --preserve-publisher-token-env ${environment}.`,
    );
    return preview({ ...start, flags: { ...flags, environment, environmentNamed: true } });
  }
  report.say(`Dry run for ${groupsOf(site, namedIn(start)).join(", ")}: nothing is changed.`);
  for (const run of planned.runs) {
    announce(start, run);
    sayPublisher(report, run);
  }
  for (const group of groupsOf(site, planned.afterwards)) {
    report.say(`After that, ${group} would get a new pair.`);
  }
}
