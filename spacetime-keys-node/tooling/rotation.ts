// A rotation: read, decide, carry out, prove.

import { auditFleet, type RotationPlan } from "spacetime-keys";
import { type Decision, type Phase, decide, planFor } from "./decide.ts";
import { checkReplaceable, removeLeftovers } from "./files.ts";
import type { Flags } from "./flags.ts";
import { sayWhatMendsIt, sayWhatStandsWhere } from "./half-way.ts";
import { type Paths, pathsOf, readHost } from "./host.ts";
import { lock } from "./lock.ts";
import { AlreadyTold, Problem, isCoreError } from "./problem.ts";
import { prove } from "./proof.ts";
import { removeLeftSecretFiles } from "./secret-file.ts";
import { throwIfInterrupted } from "./signals.ts";
import { type Site, environmentsOf, groupsOf } from "./site.ts";
import { Executor } from "./steps.ts";
import { Unfinished } from "./unfinished.ts";
import { type Fleet, type Tools, contentsOf, readFleet, requireReadable } from "./vaults.ts";
import {
  announceNotes,
  environmentsIn,
  fleetLines,
  sayNext,
  sayOutcome,
  sayPublisher,
  stepLines,
} from "./words.ts";

export async function rotate(
  tools: Tools,
  site: Site,
  flags: Flags,
  args: readonly string[],
): Promise<void> {
  if (!flags.yes && !flags.dryRun) {
    throw new Problem(
      "a rotation changes keys in the vaults and on this host: it needs --yes",
      "--dry-run shows its steps and changes nothing",
    );
  }
  if (flags.privateKeyPath !== null) {
    tools.report.warn("--private-key-path counts with --resign-token-only alone");
  }
  const paths = pathsOf(flags);
  if (flags.dryRun) {
    await new Rotation(tools, site, flags, paths, args).preview();
    return;
  }
  const release = lock(paths);
  try {
    removeLeftSecretFiles();
    removeLeftovers(paths.privateKey);
    removeLeftovers(paths.cliToml);
    await new Rotation(tools, site, flags, paths, args).run();
  } finally {
    release();
  }
}

class Rotation {
  readonly #tools: Tools;
  readonly #site: Site;
  readonly #paths: Paths;
  readonly #args: readonly string[];
  readonly #unfinished: Unfinished;
  #flags: Flags;

  constructor(tools: Tools, site: Site, flags: Flags, paths: Paths, args: readonly string[]) {
    this.#tools = tools;
    this.#site = site;
    this.#flags = flags;
    this.#paths = paths;
    this.#args = args;
    this.#unfinished = new Unfinished(paths);
  }

  async preview(): Promise<void> {
    const { report } = this.#tools;
    const decision = await this.#previewDecision();
    const names = this.#scope().join(", ");
    report.say(`Dry run for ${names}: nothing is changed.`);
    for (const phase of [...decision.resume, decision.rotate]) {
      if (phase === null) continue;
      this.#announce(phase);
      sayPublisher(report, phase.plan);
    }
    for (const group of decision.afterwards) {
      report.say(`After that, ${group.join(", ")} would get a new pair.`);
    }
  }

  async run(): Promise<void> {
    let fleet = await this.#read(this.#scope());
    const decision = this.#decide(fleet);
    this.#checkFiles();
    const plans: RotationPlan[] = [];
    for (const { environments } of decision.resume) {
      const plan = planFor(fleet, this.#flags, "resume", environments);
      fleet = await this.#carryOut({ operation: "resume", environments, plan }, fleet);
      plans.push(plan);
    }
    const environments = [
      ...(decision.rotate?.environments ?? []),
      ...decision.afterwards.flatMap((group) => group.slice(0, 1)),
    ];
    if (environments.length > 0) {
      const plan = planFor(fleet, this.#flags, "rotate", environments);
      await this.#carryOut({ operation: "rotate", environments, plan }, fleet);
      plans.push(plan);
    }
    this.#unfinished.end(this.#scope());
    if (environments.length === 0) {
      this.#tools.report.say("The interrupted rotation is finished. No new one was begun.");
    }
    sayNext(this.#tools.report, plans, this.#flags);
  }

  /** The environments of every group that is concerned. */
  #scope(): string[] {
    return this.#groups().flat();
  }

  #groups(): (readonly string[])[] {
    const { allEnvironments, environment } = this.#flags;
    return groupsOf(this.#site, allEnvironments ? environmentsOf(this.#site) : [environment]);
  }

  #decide(fleet: Fleet): Decision {
    try {
      return decide(fleet, this.#flags, this.#groups(), this.#unfinished);
    } catch (error) {
      this.#sayWhyPerhaps(error, fleet);
      throw error;
    }
  }

  #sayWhyPerhaps(error: unknown, fleet: Fleet): void {
    const unknown = ["ERR_MOUNTED_UNKNOWN", "ERR_TOKEN_UNVERIFIED"];
    if (isCoreError(error) && unknown.includes(error.code) && fleet.withoutHistory.length > 0) {
      const vaults = fleet.withoutHistory.join(", ");
      this.#tools.report.warn(
        `earlier versions in ${vaults} could not be listed (secret permission list): ` +
          "what is missing may be there",
      );
    }
  }

  /**
   * The guide's preview names no environment, on whatever host it runs. Where the default is not
   * the one whose keys are mounted, the preview is of that one.
   */
  async #previewDecision(): Promise<Decision> {
    const fleet = await this.#read(this.#scope());
    try {
      return this.#decide(fleet);
    } catch (error) {
      const elsewhere = isCoreError(error) && error.code === "ERR_MOUNTED_ELSEWHERE";
      const mounted = auditFleet(contentsOf(fleet)).mounted?.environment ?? null;
      if (!elsewhere || this.#flags.environmentNamed || mounted === null) throw error;
      this.#flags = { ...this.#flags, environment: mounted };
      this.#tools.report.say(
        `This host mounts ${mounted}'s keys: as with --preserve-publisher-token-env ${mounted}.`,
      );
      return this.#decide(await this.#read(this.#scope()));
    }
  }

  async #read(scope: readonly string[]): Promise<Fleet> {
    const host = readHost(this.#paths);
    const fleet = await readFleet(this.#tools, this.#site, host, scope, this.#flags.environment);
    requireReadable(this.#tools.report, fleet, scope);
    for (const line of fleetLines(fleet, this.#paths)) this.#tools.report.detail(line);
    return fleet;
  }

  /** Fails where a later step surely would, before anything has been changed. */
  #checkFiles(): void {
    if (this.#flags.syncMounted) {
      checkReplaceable(this.#paths.privateKey);
      checkReplaceable(this.#paths.publicKey);
    }
    if (this.#flags.preservePublisher) checkReplaceable(this.#paths.cliToml);
  }

  #announce({ operation, plan }: Phase): void {
    const { report } = this.#tools;
    const names = environmentsIn(plan).join(", ");
    report.say(
      operation === "rotate"
        ? `A new pair for ${names}:`
        : `An interrupted rotation of ${names} is finished, instead of beginning a new one:`,
    );
    announceNotes(report, plan, this.#paths);
    for (const line of stepLines(plan, this.#site, this.#paths)) report.say(line);
  }

  /** Returns what was read as the proof. */
  async #carryOut(phase: Phase, before: Fleet): Promise<Fleet> {
    const { plan } = phase;
    const { report } = this.#tools;
    this.#announce(phase);
    const executor = new Executor(this.#tools, this.#paths, plan, before, this.#unfinished);
    let at = "";
    try {
      for (const step of plan.steps) {
        at = `${step.action} ${step.environment}`;
        await executor.step(step);
        report.detail(`  ${at}: done`);
      }
      const after = await this.#read(environmentsIn(plan));
      const pairs = executor.fingerprints();
      prove(after, this.#flags, plan, pairs);
      throwIfInterrupted();
      sayOutcome(report, phase, before, pairs);
      return after;
    } catch (error) {
      report.fail(error);
      report.say(`It stopped at: ${at}.`);
      if (executor.changed) {
        const { known } = executor;
        await sayWhatStandsWhere(this.#tools, this.#site, this.#paths, plan, before, known);
        sayWhatMendsIt(report, this.#args);
      } else {
        report.say("Nothing has been changed.");
      }
      throw new AlreadyTold();
    }
  }
}
