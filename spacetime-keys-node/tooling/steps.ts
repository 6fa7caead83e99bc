// Carrying a plan's steps out, one after the other.

import {
  Signer,
  generateKeyPair,
  normalizePem,
  resignCliToml,
  type Resigned,
  type RotationPlan,
} from "spacetime-keys";
import { readText } from "./files.ts";
import {
  type Paths,
  fingerprintOf,
  mountPrivateKey,
  mountPublicKey,
  publicKeyOf,
  replaceHostFile,
} from "./host.ts";
import { Problem } from "./problem.ts";
import { pause, throwIfInterrupted } from "./signals.ts";
import { type Site, groupOf, vaultOf } from "./site.ts";
import type { Unfinished } from "./unfinished.ts";
import type { Fleet, Tools } from "./vaults.ts";

export type Step = RotationPlan["steps"][number];

/** How often, and after how long, a value is read back that is not yet what was written. */
const READ_BACK_PAUSES = [500, 1500];

interface Pair {
  privateKey: string;
  publicKey: string;
  fingerprint: string;
}

/** What the vaults and files hold, as far as this run knows. */
export interface Known {
  /** `ENVIRONMENT private` or `ENVIRONMENT public` = fingerprint. */
  stored: Map<string, string | null>;
  /** Writes whose end is not known. */
  uncertain: Map<string, string>;
}

export class Executor {
  readonly #tools: Tools;
  readonly #site: Site;
  readonly #paths: Paths;
  readonly #plan: RotationPlan;
  readonly #before: Fleet;
  readonly #unfinished: Unfinished;
  readonly #pairs: (Pair | undefined)[] = [];
  readonly known: Known = { stored: new Map(), uncertain: new Map() };
  resigned: Resigned | null = null;
  /** Whether anything may have been changed. */
  changed = false;

  constructor(
    tools: Tools,
    paths: Paths,
    plan: RotationPlan,
    before: Fleet,
    unfinished: Unfinished,
  ) {
    this.#tools = tools;
    this.#site = before.site;
    this.#paths = paths;
    this.#plan = plan;
    this.#before = before;
    this.#unfinished = unfinished;
    for (const { environment, privateKey, publicKey } of before.vaults) {
      this.known.stored.set(`${environment} private`, fingerprintOf(privateKey));
      this.known.stored.set(`${environment} public`, fingerprintOf(publicKey));
    }
  }

  /** The pairs that the plan's targets hold at the end. */
  fingerprints(): (string | null)[] {
    return this.#plan.targets.map(({ source }, place) => {
      const made = this.#pairs[place]?.fingerprint;
      return made ?? (source.kind === "new" ? null : source.fingerprint);
    });
  }

  async step(step: Step): Promise<void> {
    throwIfInterrupted();
    const pair = this.#pairs[step.target];
    switch (step.action) {
      case "escrow":
        return this.#escrow(step.environment);
      case "adopt-private":
        return this.#pushPrivate(step, this.#mountedPair(step));
      case "adopt-public":
        return this.#pushPublic(step, this.#mountedPair(step));
      case "generate":
        return this.#generate(step);
      case "load":
        this.#pairs[step.target] = await this.#load(step);
        return;
      case "push-private":
        return this.#pushPrivate(step, needed(pair));
      case "push-public":
        return this.#pushPublic(step, needed(pair));
      case "set-aside":
        return this.#setAside();
      case "mount-private":
        this.changed = true;
        return mountPrivateKey(this.#tools.report, this.#paths, needed(pair).privateKey);
      case "mount-public":
        this.changed = true;
        return mountPublicKey(this.#tools.report, this.#paths, needed(pair).publicKey);
      case "resign-token":
        return this.#resign(step.environment, needed(pair));
      case "prove":
        return;
    }
  }

  #generate(step: Step): void {
    const pair = generateKeyPair();
    this.#pairs[step.target] = pair;
    this.#unfinished.begin(this.#plan.targets[step.target]?.environments ?? [], pair.fingerprint);
  }

  async #escrow(environment: string): Promise<void> {
    const { escrow } = this.#plan;
    if (escrow === null) return;
    const vault = vaultOf(this.#site, environment);
    const secret = this.#site.secrets.escrow;
    this.changed = true;
    await this.#tools.az.write(vault, secret, escrow);
    await this.#readBack(vault, secret, (value) => value.trimEnd() === escrow.trimEnd());
  }

  /** Read anew: what is pushed is what is mounted now, and must be what was planned. */
  #mountedPair(step: Step): Pair {
    const target = this.#plan.targets[step.target];
    const mounted = pairOf(readText(this.#paths.privateKey));
    const source = target?.source.kind === "mounted" ? target.source.fingerprint : null;
    if (mounted !== null && mounted.fingerprint === (target?.adopt ?? source)) return mounted;
    throw new Problem(`${this.#paths.privateKey} has changed meanwhile`, "run the command again");
  }

  async #load(step: Step): Promise<Pair> {
    const source = this.#plan.targets[step.target]?.source;
    if (source?.kind !== "stored") return this.#mountedPair(step);
    const vault = vaultOf(this.#site, source.environment);
    const secret = this.#site.secrets.privateKey;
    const version = source.version === "latest" ? undefined : source.version;
    // By version and by fingerprint: what has changed since the plan was made is not taken.
    const pair = pairOf(await this.#tools.az.read(vault, secret, version));
    if (pair !== null && pair.fingerprint === source.fingerprint) return pair;
    throw new Problem(`${secret} in ${vault} has changed meanwhile`, "run the command again");
  }

  #pushPrivate(step: Step, pair: Pair): Promise<void> {
    return this.#push(step, "private", this.#site.secrets.privateKey, pair.privateKey);
  }

  #pushPublic(step: Step, pair: Pair): Promise<void> {
    return this.#push(step, "public", this.#site.secrets.publicKey, pair.publicKey);
  }

  async #push(step: Step, half: string, secret: string, pem: string): Promise<void> {
    const vault = vaultOf(this.#site, step.environment);
    const place = `${step.environment} ${half}`;
    const fingerprint = fingerprintOf(pem) ?? "";
    this.changed = true;
    this.known.uncertain.set(place, fingerprint);
    await this.#tools.az.write(vault, secret, pem);
    await this.#readBack(vault, secret, (value) => isSameKey(value, pem));
    this.known.uncertain.delete(place);
    this.known.stored.set(place, fingerprint);
  }

  async #readBack(vault: string, secret: string, same: (value: string) => boolean): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const value = await this.#tools.az.read(vault, secret);
      if (value !== null && same(value)) return;
      const wait = READ_BACK_PAUSES[attempt];
      if (wait === undefined) break;
      await pause(wait);
    }
    throw new Problem(
      `what was written to ${secret} in ${vault} is not what is read back`,
      "look whether somebody else writes to this vault, then run the same command again",
    );
  }

  /** A copy: until it is replaced, the mounted file stays where a server looks for it. */
  #setAside(): void {
    const text = readText(this.#paths.privateKey);
    if (text === null) return;
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const kept = `${this.#paths.privateKey}.set-aside-${now}-${process.pid}`;
    this.changed = true;
    replaceHostFile(this.#tools.report, kept, text, 0o600);
    this.#tools.report.say(
      `What was mounted as a private key is in no vault; it is kept in ${kept}. ` +
        "Delete it when you are sure that nothing needs it.",
    );
  }

  /** cli.toml is read anew: its owner may have changed other things in it meanwhile. */
  #resign(environment: string, pair: Pair): void {
    const { publisher } = this.#plan;
    const path = this.#paths.cliToml;
    const text = readText(path);
    if (publisher === null || text === null) {
      throw new Problem(`${path} is gone meanwhile`, "put it back, then run the command again");
    }
    const { text: signed, ...resigned } = resignCliToml(text, {
      privateKey: pair.privateKey,
      previousPublicKey: this.#ownPublicKeys(environment),
      // The plan has judged the token; here it must still be the same publisher's.
      expectIdentity: publisher.identity,
    });
    this.changed = true;
    replaceHostFile(this.#tools.report, path, signed, "keep");
    this.resigned = resigned;
  }

  /**
   * Every public key that this host's environment has had. Those of other groups are left out: a
   * server of theirs may stand in the same cli.toml.
   */
  #ownPublicKeys(environment: string): string[] {
    const group = groupOf(this.#site, environment);
    const { host, vaults } = this.#before;
    const pems = [host.privateKey, host.publicKey];
    for (const state of vaults.filter((vault) => group.includes(vault.environment))) {
      pems.push(state.privateKey, state.publicKey);
      pems.push(...state.earlier.map((version) => version.privateKey));
    }
    const keys = pems.map(publicKeyOf).filter((key) => key !== null);
    return [...new Set(keys)];
  }
}

function pairOf(text: string | null): Pair | null {
  if (text === null) return null;
  const privateKey = normalizePem(text);
  const { publicKey, fingerprint } = new Signer(privateKey);
  return { privateKey, publicKey, fingerprint };
}

function needed(pair: Pair | undefined): Pair {
  if (pair === undefined) throw new TypeError("a step came before its key");
  return pair;
}

function isSameKey(value: string, pem: string): boolean {
  try {
    return normalizePem(value) === pem && fingerprintOf(value) === fingerprintOf(pem);
  } catch {
    return false;
  }
}
