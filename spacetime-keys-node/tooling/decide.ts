// What a run has to do: finish what an earlier one has begun, then rotate.

import { planRotation, type RotationPlan } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { fingerprintOf } from "./host.ts";
import { isCoreError } from "./problem.ts";
import type { Unfinished } from "./unfinished.ts";
import { type Fleet, contentsOf } from "./vaults.ts";

type Group = readonly string[];

export interface Phase {
  operation: "resume" | "rotate";
  environments: string[];
  plan: RotationPlan;
}

export interface Decision {
  /** What was begun and is finished now, or mended: a phase a group. */
  resume: Phase[];
  /** The new pairs. `null`: none, for what was finished were the new pairs. */
  rotate: Phase | null;
  /** Groups that are mended first and get new pairs after that. */
  afterwards: Group[];
}

/** `resume` mends these; everything else that is refused needs a person. */
const MENDABLE = ["ERR_GROUP_UNSOUND", "ERR_MOUNTED_UNSOUND"];

export function planFor(
  fleet: Fleet,
  flags: Flags,
  operation: Phase["operation"],
  environments: Group,
): RotationPlan {
  return planRotation(contentsOf(fleet), {
    operation,
    environments: [...environments],
    host: flags.environment,
    syncMounted: flags.syncMounted,
    preservePublisher: flags.preservePublisher,
  });
}

/** The environment that stands for a group: the host's own, if it is one of it. */
function nameOf(group: Group, flags: Flags): string[] {
  const named = group.includes(flags.environment) ? flags.environment : group[0];
  return named === undefined ? [] : [named];
}

/** The pair that a plan without a new one leads to. */
function resultOf(plan: RotationPlan): string | null {
  const source = plan.targets[0]?.source;
  return source === undefined || source.kind === "new" ? null : source.fingerprint;
}

function isUnsound(fleet: Fleet, flags: Flags, group: Group): boolean {
  try {
    planFor(fleet, flags, "rotate", nameOf(group, flags));
    return false;
  } catch (error) {
    if (isCoreError(error)) return MENDABLE.includes(error.code);
    throw error;
  }
}

/** Whether the group holds the new pair of a run that was cut short, and what it left undone. */
function leftUndone(
  fleet: Fleet,
  flags: Flags,
  group: Group,
  unfinished: Unfinished,
): "nothing" | "something" | "unrelated" {
  const begun = unfinished.pairOf(group[0] ?? "");
  if (begun === null) return "unrelated";
  try {
    const plan = planFor(fleet, flags, "resume", nameOf(group, flags));
    if (resultOf(plan) !== begun) return "unrelated";
    return plan.steps.some(({ action }) => action !== "prove") ? "something" : "nothing";
  } catch (error) {
    if (isCoreError(error)) return "unrelated";
    throw error;
  }
}

/**
 * Whether mending has brought a new pair: the one that an earlier run had made, or, where nothing
 * is known of such a run, another one than this host mounts.
 */
function isReplaced(
  fleet: Fleet,
  flags: Flags,
  group: Group,
  plan: RotationPlan,
  unfinished: Unfinished,
): boolean {
  const result = resultOf(plan);
  const begun = unfinished.pairOf(group[0] ?? "");
  if (result !== null && result === begun) return true;
  const mounted = group.includes(flags.environment) ? fingerprintOf(fleet.host.privateKey) : null;
  return mounted === null ? begun === null : mounted !== result;
}

/** @throws What makes a rotation unsafe. Nothing has been changed then. */
export function decide(
  fleet: Fleet,
  flags: Flags,
  groups: readonly Group[],
  unfinished: Unfinished,
): Decision {
  const decision: Decision = { resume: [], rotate: null, afterwards: [] };
  const left = (group: Group) => leftUndone(fleet, flags, group, unfinished);
  const state = new Map(groups.map((group) => [group, left(group)]));
  const toMend = groups.filter(
    (group) => state.get(group) === "something" || isUnsound(fleet, flags, group),
  );
  for (const group of toMend) {
    const environments = nameOf(group, flags);
    const plan = planFor(fleet, flags, "resume", environments);
    decision.resume.push({ operation: "resume", environments, plan });
    if (!isReplaced(fleet, flags, group, plan, unfinished)) decision.afterwards.push(group);
  }
  // A group that the same earlier run had already brought to its end is not rotated again.
  const isDone = (group: Group) => toMend.length > 0 && state.get(group) === "nothing";
  const rest = groups.filter((group) => !toMend.includes(group) && !isDone(group));
  if (rest.length > 0) {
    const environments = rest.flatMap((group) => nameOf(group, flags));
    const plan = planFor(fleet, flags, "rotate", environments);
    decision.rotate = { operation: "rotate", environments, plan };
  }
  return decision;
}
