// Plans and their outcome, in words.

import type { Run } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { type Report, table } from "./report.ts";
import { type Start, mountedFiles } from "./site.ts";

type Step = Run["plan"]["steps"][number];

function describe({ action, environment }: Step, { site, flags }: Start): string {
  const vault = site.vaults[environment] ?? "";
  const { secrets } = site;
  const { privateKey, publicKey } = mountedFiles(flags);
  return {
    escrow: `keep the publisher's iss, sub and identity as ${secrets.escrow} in ${vault}`,
    "adopt-private": `push the mounted private key to ${vault}, as the version before the new one`,
    "adopt-public": `push its public key to ${vault}`,
    "retire-keys": `note the pair before in the list of retired keys in ${vault}`,
    generate: `make a P-256 key pair and test it`,
    load: `read the pair that is to hold, and test it`,
    "push-private": `push the private key as ${secrets.privateKey} to ${vault}, and read it back`,
    "push-public": `push the public key as ${secrets.publicKey} to ${vault}, and read it back`,
    "mount-retired-keys": `bring ${flags.mountedKeysDir}/retired-keys.json up to the list in ${vault}`,
    "set-aside": `keep what is in ${privateKey}`,
    "mount-private": `replace ${privateKey} (0600)`,
    "mount-public": `replace ${publicKey} (0644)`,
    "update-server-key": `put the new public key into ${flags.cliToml}`,
    "resign-token": `re-sign the publisher token in ${flags.cliToml}`,
    prove: `read everything again and judge it`,
  }[action];
}

/** What a run does: a dry run and a run in earnest print the same. */
export function announce(start: Start, run: Run): void {
  const { report, flags } = start;
  const names = environmentsIn(run).join(", ");
  report.say(
    run.operation === "rotate" && !run.continued
      ? `A new pair for ${names}:`
      : `An interrupted rotation of ${names} is finished, instead of beginning a new one:`,
  );
  for (const note of run.plan.notes) {
    const words = NOTES[note]?.(flags);
    if (words !== undefined) report.warn(words);
  }
  if (run.plan.notes.includes("adopts")) {
    report.say("The mounted pair is new to the vault: it is kept there first.");
  }
  const rows = run.plan.steps.map((step, place) => [
    `${String(place + 1).padStart(2)}.`,
    step.action,
    step.environment,
    describe(step, start),
  ]);
  for (const line of table(rows)) report.say(line);
}

export function environmentsIn({ plan }: Run): string[] {
  return plan.targets.flatMap((target) => target.environments);
}

/** What a person should know before it happens. */
const NOTES: Readonly<Record<string, (flags: Flags) => string>> = {
  "no-cli-toml": ({ cliToml }) => `there is no ${cliToml}: no publisher token is re-signed`,
  "another-publisher": () =>
    "the escrow holds another publisher than cli.toml's: " +
    "if this one is a new login by mistake, put the old cli.toml back",
  "token-unverified": () => "the publisher token was signed by no known key",
  "becomes-eternal": () => "the publisher token has an expiry; the new one never expires",
  "token-not-preserved": () =>
    "the publisher token is left: a server with the new key answers 401 to it",
  "token-of-issuer": () =>
    "the publisher token is a login at an external issuer: it is left as it is, and stays valid",
  "mounted-not-synced": () => "the mounted files are left: they are not the vault's pair any more",
};

export function sayPublisher(report: Report, { plan: { publisher } }: Run): void {
  if (publisher === null) return;
  report.say("publisher's identity, which stays the same");
  report.say(`  ${publisher.identity}`);
}

export function sayOutcome(report: Report, run: Run & { setAside: string[] }): void {
  const names = environmentsIn(run).join(", ");
  report.say(`${run.operation === "rotate" ? "Rotated" : "Repaired"} ${names}: done and proven.`);
  for (const { environments, before, now } of run.pairs) {
    report.say(`keys of ${environments.join(", ")}`);
    report.say(`  before  ${before ?? "none"}`);
    report.say(`  now     ${now ?? "none"}`);
  }
  sayPublisher(report, run);
  for (const path of run.setAside) {
    report.say(
      `What was mounted is in no vault; it is kept in ${path}. ` +
        "Delete it when you are sure that nothing needs it.",
    );
  }
}

/** What is left to a person. */
export function sayNext({ report, flags }: Start, runs: readonly Run[]): void {
  const mounts = ({ action }: Step) => action.startsWith("mount-");
  const lines: string[] = [];
  if (runs.some(({ plan }) => plan.steps.some(mounts))) {
    lines.push("Restart the server: it reads its keys at start-up only.");
  }
  const others = [...new Set(runs.flatMap(environmentsIn))].filter(
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
  if (runs.some(({ plan }) => plan.notes.includes("no-cli-toml"))) {
    lines.push("After the first login and publish, the next run keeps that publisher's claims.");
  }
  if (!flags.preservePublisher) {
    lines.push("To keep the publisher token: --resign-token-only re-signs it.");
  }
  if (lines.length > 0) report.say("next");
  for (const line of lines) report.say(`  - ${line}`);
}
