// What a run does, as the engine tells it; and how far it came, if it fails.

import { relative } from "node:path";
import type { Run, RunEvent } from "spacetime-keys";
import { fingerprintIn } from "./files.ts";
import { isKeysError } from "./problem.ts";
import { table } from "./report.ts";
import { type Start, mountedFiles } from "./site.ts";
import { announce, sayOutcome } from "./words.ts";

export class Progress {
  readonly #start: Start;
  /** `ENVIRONMENT SECRET` = fingerprint: what was put there, and whether it was read back. */
  readonly #written = new Map<string, { pair: string; isCertain: boolean }[]>();
  /** The run at hand. `null`: none has begun. */
  run: Run | null = null;

  constructor(start: Start) {
    this.#start = start;
  }

  readonly onEvent = (event: RunEvent): void => {
    const { report } = this.#start;
    switch (event.type) {
      case "continues":
        if (event.elsewhere === null) break;
        report.say(`Another host, which mounts ${event.elsewhere}, has to finish its own files.`);
        break;
      case "begins":
        this.run = event;
        announce(this.#start, event);
        for (const line of this.#whatStandsWhere(event)) report.detail(line);
        break;
      case "step":
        report.detail(`  ${event.action} ${event.environment}`);
        break;
      case "writes":
        this.#note(event, false);
        break;
      case "wrote":
        this.#note(event, true);
        break;
      case "ends":
        this.run = null;
        sayOutcome(report, event);
        break;
      case "az":
        report.detail(azLine(event));
        break;
    }
  };

  #note(event: { environment: string; secret: string; fingerprint: string }, isCertain: boolean) {
    const place = `${event.environment} ${event.secret}`;
    const before = (this.#written.get(place) ?? []).filter((written) => written.isCertain);
    this.#written.set(place, [...before, { pair: event.fingerprint, isCertain }]);
  }

  sayHowItFailed(run: Run, error: unknown): void {
    const { report, args } = this.#start;
    report.fail(error);
    if (isKeysError(error) && error.resumable !== true) {
      report.say("Nothing has been changed.");
      return;
    }
    report.say("What stands where, as far as this run knows:");
    for (const line of this.#whatStandsWhere(run)) report.say(line);
    this.#sayNothingIsLost(run);
    report.say("The same command again finishes what was begun (restart the server after that):");
    report.say(`  ${["bun", relative(process.cwd(), Bun.main), ...args].map(quoted).join(" ")}`);
  }

  #whatStandsWhere(run: Run): string[] {
    const { site, flags } = this.#start;
    const rows = run.held.flatMap((held) => [
      [held.environment, held.vault, "private", this.#standing(held, site.secrets.privateKey)],
      [held.environment, held.vault, "public", this.#standing(held, site.secrets.publicKey)],
    ]);
    const { privateKey, publicKey } = mountedFiles(flags);
    rows.push(["mounted", privateKey, "private", fingerprintIn(privateKey) ?? "none"]);
    rows.push(["mounted", publicKey, "public", fingerprintIn(publicKey) ?? "none"]);
    return table(rows);
  }

  #standing(held: Run["held"][number], secret: string): string {
    const { privateKey } = this.#start.site.secrets;
    const before = secret === privateKey ? held.privateFingerprint : held.publicFingerprint;
    const written = this.#written.get(`${held.environment} ${secret}`) ?? [];
    const last = written.findLast(({ isCertain }) => isCertain)?.pair ?? before ?? "none";
    const perhaps = written.find(({ isCertain }) => !isCertain);
    return perhaps === undefined ? last : `${last}, or ${perhaps.pair} if the upload went through`;
  }

  #sayNothingIsLost({ pairs, held, plan, mounted: was }: Run): void {
    const mounted = fingerprintIn(mountedFiles(this.#start.flags).privateKey);
    pairs.forEach(({ environments, before }, place) => {
      const isStored = held.some(
        (vault) => environments.includes(vault.environment) && vault.privateFingerprint !== null,
      );
      const pair = before ?? (plan.host?.target === place ? was : null);
      const where = isStored ? ["in the vault, as its latest version or an earlier one"] : [];
      if (mounted === pair) where.push("mounted here");
      if (pair === null || where.length === 0) return;
      const { report } = this.#start;
      report.say(`No key in use is lost. The pair of ${environments.join(", ")} from before,`);
      report.say(`  ${pair},`);
      report.say(`  is ${where.join(", and ")}.`);
    });
  }
}

/** As a shell would have to read it again. */
function quoted(argument: string): string {
  return /^[\w./=:@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function azLine({ arguments: words, exitCode, milliseconds }: RunEvent & { type: "az" }): string {
  const ended = exitCode === null ? "stopped" : exitCode === 0 ? "ok" : `exit code ${exitCode}`;
  return `  az ${words.join(" ")}  (${ended}, ${milliseconds} ms)`;
}
