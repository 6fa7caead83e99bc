// Judging what was read anew after a plan's steps.

import { auditFleet, type FleetReport, type RotationPlan } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { Problem } from "./problem.ts";
import { type Fleet, contentsOf } from "./vaults.ts";

/** What a token that is left as it is must cause. */
const OF_THE_TOKEN = /^ERR_(?:TOKEN|TOML)_|^ERR_SERVER_KEY_STALE$/;

/**
 * Every vault of each group holds the pair, the mounted files are that pair, the token verifies
 * with it, the identity is the one from before, and the core's audit has nothing to say.
 *
 * @param pairs For each of the plan's targets, the fingerprint of the pair that was pushed.
 */
export function prove(
  after: Fleet,
  flags: Flags,
  plan: RotationPlan,
  pairs: readonly (string | null)[],
): FleetReport {
  const environments = plan.targets.flatMap((target) => target.environments);
  const contents = contentsOf(after);
  const options = { environments, likelyHost: flags.environment };
  const everything = auditFleet(contents, options);
  const withHost = plan.host !== null && flags.syncMounted;
  const report = withHost ? everything : auditFleet(contents, { ...options, host: false });
  for (const problem of report.problems) {
    const foreseen = !flags.preservePublisher && OF_THE_TOKEN.test(problem.code);
    if (problem.severity === "error" && !foreseen) {
      throw unproven(`${problem.environment ?? "host"}: ${problem.message} (${problem.code})`);
    }
  }
  plan.targets.forEach((target, place) => {
    for (const name of target.environments) {
      const found = everything.environments.find((environment) => environment.name === name);
      const pair = pairs[place] ?? null;
      const holds =
        pair !== null && found?.privateFingerprint === pair && found.publicFingerprint === pair;
      if (!holds) throw unproven(`${name}: the vault does not hold the pair that was pushed`);
    }
  });
  if (plan.host === null) return everything;
  const pair = pairs[plan.host.target] ?? null;
  const { mounted, publisher } = everything;
  if (withHost && (mounted?.privateFingerprint !== pair || mounted?.publicFingerprint !== pair)) {
    throw unproven("the mounted files are not the pair that was pushed");
  }
  if (plan.publisher !== null) {
    if (publisher?.identity !== plan.publisher.identity) {
      throw unproven("the publisher's identity is not the one from before");
    }
    if (publisher.verifiedWith !== pair) {
      throw unproven("the publisher token does not verify with the new key");
    }
  }
  return everything;
}

function unproven(what: string): Problem {
  return new Problem(`not proven: ${what}`, "--verify-only shows the state");
}
