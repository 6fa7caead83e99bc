// A throwaway host: the real-host files, a repository with the guide's script, the stand-in for az.

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { auditFleet, fingerprint, generateKeyPair } from "spacetime-keys";
import { type Call, PRIVATE, PUBLIC, VAULTS, VaultStore } from "./vault-store.ts";

const PACKAGE = join(import.meta.dir, "..", "..");
const FIXTURE = join(PACKAGE, "..", "tests", "fixtures", "real-host");

export const KEYS = ".generated/spacetimedb-keys";
export const CLI_TOML = "data/.config/spacetime/cli.toml";
export const STATE = ".spacetime-keys/.state";
/** Of the fixture's publisher and its key pair. */
export const IDENTITY = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
export const PAIR_0 = fingerprint(readFileSync(join(FIXTURE, KEYS, "id_ecdsa"), "utf8"));

export interface Run {
  code: number | null;
  signal: string | number | null;
  stdout: string;
  stderr: string;
  /** Both. */
  text: string;
}

/** What a run leaves that is refused. */
const LOCKS = [
  ".spacetime-keys",
  ".spacetime-keys/.gitignore",
  STATE,
  `${STATE}/lock`,
  `${STATE}/.gitignore`,
];

const hosts: TestHost[] = [];

export class TestHost {
  readonly root: string;
  readonly repo: string;
  readonly temp: string;
  readonly bin: string;
  readonly store: VaultStore;
  readonly env: Record<string, string>;
  /** Everything that was ever said. */
  said = "";
  /** Keys and tokens that lay on this host. */
  secrets: string[] = [];

  constructor(options: { empty?: boolean } = {}) {
    this.root = mkdtempSync(join(tmpdir(), "tooling-test-"));
    hosts.push(this);
    this.repo = join(this.root, "repo");
    this.temp = join(this.root, "tmp");
    this.bin = join(this.root, "bin");
    for (const folder of [this.repo, this.temp, this.bin]) mkdirSync(folder);
    this.store = new VaultStore(join(this.root, "azure"));
    if (options.empty !== true) {
      cpSync(FIXTURE, this.repo, { recursive: true });
      chmodSync(this.path(KEYS, "id_ecdsa"), 0o600);
    }
    mkdirSync(join(this.repo, "tools/azure"), { recursive: true });
    mkdirSync(join(this.repo, "node_modules"));
    symlinkSync(PACKAGE, join(this.repo, "node_modules/spacetime-keys"));
    this.write(
      "tools/azure/spacetimedb-tooling.ts",
      readFileSync(join(PACKAGE, "tooling/spacetimedb-tooling.ts"), "utf8"),
    );
    this.command(
      "az",
      `exec "${process.execPath}" "${join(import.meta.dir, "stand-in-az.ts")}" "$@"`,
    );
    this.command("bun", `exec "${process.execPath}" "$@"`);
    this.env = {
      PATH: `${this.bin}:/usr/bin:/bin`,
      HOME: this.root,
      TMPDIR: this.temp,
      STAND_IN_DIR: this.store.root,
      SPACETIMEDB_TOOLING_AZ_TIMEOUT: "120",
    };
    this.noteSecrets();
  }

  /** Remembers the private key and the token that lie here now. */
  noteSecrets(): void {
    for (const path of [join(KEYS, "id_ecdsa"), CLI_TOML]) {
      if (!existsSync(this.path(path))) continue;
      const text = this.read(path);
      const token = /spacetimedb_token = "([^"]*)"/.exec(text)?.[1];
      this.secrets.push(path === CLI_TOML ? (token ?? "") : text);
    }
  }

  /** The script as somebody copied it who has only these two vaults: fewer calls of az. */
  useTwoVaults(): void {
    const path = "tools/azure/spacetimedb-tooling.ts";
    const vaults = `const VAULTS = { dev: "kv-dev", local: "kv-local" };`;
    const script = this.read(path).replace(/const VAULTS = .*;/, vaults);
    this.write(path, script.replace(/const GROUPS = .*;/, 'const GROUPS = [["dev", "local"]];'));
  }

  path(...parts: string[]): string {
    return join(this.repo, ...parts);
  }

  read(...parts: string[]): string {
    return readFileSync(this.path(...parts), "utf8");
  }

  readIf(...parts: string[]): string | null {
    return existsSync(this.path(...parts)) ? this.read(...parts) : null;
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text, { mode });
  }

  /** A program on PATH. */
  command(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  mode(...parts: string[]): number {
    return lstatSync(this.path(...parts)).mode & 0o777;
  }

  async spawn(command: string[], env: Record<string, string> = {}, stdin = ""): Promise<Run> {
    const child = Bun.spawn(command, {
      cwd: this.repo,
      env: { ...this.env, ...env },
      stdin: new Blob([stdin]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    await child.exited;
    // A script that was killed leaves the calls of az behind that it had begun at once.
    if (child.signalCode !== null) await this.#quiet();
    this.said += stdout + stderr;
    this.noteSecrets();
    const { exitCode: code, signalCode: signal } = child;
    return { code, signal, stdout, stderr, text: stdout + stderr };
  }

  /** Until no process of this host is left. Where there is no /proc, nobody looks. */
  async #quiet(): Promise<void> {
    const mark = `STAND_IN_DIR=${this.store.root}\0`;
    const isOurs = (pid: string) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        // It has ended, or is somebody else's.
        return false;
      }
    };
    const pids = () =>
      existsSync("/proc") ? readdirSync("/proc").filter((name) => +name > 0) : [];
    while (pids().some(isOurs)) await Bun.sleep(20);
  }

  tooling(...args: string[]): Promise<Run> {
    return this.spawn([process.execPath, "tools/azure/spacetimedb-tooling.ts", ...args]);
  }

  /** Every environment has a pair: `dev` and `local` the one that is mounted here. */
  seedVaults(): void {
    const mounted = {
      privateKey: this.read(KEYS, "id_ecdsa"),
      publicKey: this.read(KEYS, "id_ecdsa.pub"),
    };
    this.store.putPair("kv-prod", generateKeyPair());
    this.store.putPair("kv-test", generateKeyPair());
    this.store.putPair("kv-dev", mounted);
    this.store.putPair("kv-local", mounted);
  }

  /** The pairs that a vault has had, oldest first. */
  pairsIn(vault: string): string[] {
    return this.store.secret(vault, PRIVATE).versions.map(({ value }) => fingerprint(value));
  }

  /** As the core judges vaults and host. */
  audit(environments: readonly string[] = Object.keys(VAULTS)) {
    const vaults = Object.entries(VAULTS).map(([environment, vault]) => {
      const versions = this.store.secret(vault, PRIVATE).versions;
      return {
        environment,
        vault,
        privateKey: this.store.latest(vault, PRIVATE),
        publicKey: this.store.latest(vault, PUBLIC),
        earlier: versions.slice(0, -1).map(({ id, value }) => ({ version: id, privateKey: value })),
      };
    });
    const host = {
      privateKey: this.readIf(KEYS, "id_ecdsa"),
      publicKey: this.readIf(KEYS, "id_ecdsa.pub"),
      cliToml: this.readIf(CLI_TOML),
    };
    return auditFleet({ vaults, host }, { environments });
  }

  /** Every file of the repository but its programs and the lock's, with mode and content. */
  treeHash(): string {
    const hash = createHash("sha256");
    const names = readdirSync(this.repo, { recursive: true, encoding: "utf8" }).sort();
    for (const name of names) {
      if (name.startsWith("node_modules") || LOCKS.includes(name)) continue;
      const stat = lstatSync(this.path(name));
      hash.update(`${name} ${stat.mode}\n`);
      if (stat.isFile()) hash.update(`${stat.mtimeMs}`).update(readFileSync(this.path(name)));
    }
    return hash.digest("hex");
  }

  mounted(): { privateKey: string; publicKey: string } {
    return {
      privateKey: fingerprint(this.read(KEYS, "id_ecdsa")),
      publicKey: fingerprint(this.read(KEYS, "id_ecdsa.pub")),
    };
  }

  /** As the core judges cli.toml with the keys of this host and of its vaults. */
  publisher() {
    return this.audit().publisher;
  }

  /** What a run must not leave behind: temporary files, locks, half-written files. */
  leftovers(): string[] {
    const inRepo = readdirSync(this.repo, { recursive: true, encoding: "utf8" });
    return [
      ...readdirSync(this.temp),
      ...inRepo.filter((name) => /\.spacetimedb-tooling|spacetime-keys-tmp|unfinished/.test(name)),
    ];
  }
}

/**
 * `established`: its pair is in the vaults, `of two`: of two, and there are no others. `first met`:
 * two vaults that are empty.
 */
export type Start = "established" | "established of two" | "first met";

export function hostAt(start: Start): TestHost {
  const host = new TestHost();
  if (start !== "first met") host.seedVaults();
  if (start !== "established") host.useTwoVaults();
  return host;
}

/** The calls of a run that nothing happens to. */
export async function callsOf(start: Start, args: string[]): Promise<Call[]> {
  const host = hostAt(start);
  const { code } = await host.tooling(...args);
  if (code !== 0) throw new Error("the run without a fault fails");
  return host.store.calls();
}

/** Processes of an az that has hung: itself, and the program that it waited for. */
export function hanging(host: TestHost): number[] {
  const place = join(host.store.root, "hanging.json");
  return existsSync(place) ? JSON.parse(readFileSync(place, "utf8")) : [];
}

/** Those of them that are still there. Where there is no /proc, nobody looks. */
export function stillHanging(host: TestHost): number[] {
  return hanging(host).filter((pid) => {
    const stat = `/proc/${pid}/stat`;
    // A process that nobody has waited for yet is dead all the same.
    return existsSync(stat) && !readFileSync(stat, "utf8").includes(") Z ");
  });
}

/** What nobody may find in an output or in an argument: 12 characters of a key or a token. */
const PIECE = 12;

function secretsOf(host: TestHost): string[] {
  const keys = host.store.everyVersion(PRIVATE).concat(host.secrets);
  const bodies = keys.map((text) => text.replace(/-----[A-Z ]+-----|\s|\\n/g, ""));
  return bodies.filter((body) => body.length >= PIECE);
}

/** Fails if a piece of a secret was ever printed, or handed to az in the open. */
export function checkCanary(host: TestHost): void {
  const calls = host.store.calls().map(({ argv, env }) => JSON.stringify([argv, env]));
  const open = host.said + calls.join("");
  const pieces = new Set<string>();
  for (let at = 0; at + PIECE <= open.length; at += 1) pieces.add(open.slice(at, at + PIECE));
  for (const secret of secretsOf(host)) {
    for (let at = 0; at + PIECE <= secret.length; at += 1) {
      if (pieces.has(secret.slice(at, at + PIECE))) throw new Error("a piece of a secret is seen");
    }
  }
}

/** For `afterEach`: judges every host's outputs, and removes the hosts. */
export function finishHosts(): void {
  const finished = hosts.splice(0);
  try {
    for (const host of finished) {
      host.noteSecrets();
      checkCanary(host);
      const vaults = Object.keys(VAULTS).length;
      const uploads = host.store.calls().filter(({ action }) => action === "set");
      for (const { file, temporary } of uploads) {
        // One a vault, at the same time.
        if (temporary > vaults) throw new Error("an earlier upload's file was still there");
        if (file?.mode !== 0o600 || file.folderMode !== 0o700) {
          throw new Error("a secret lay in a file that others may read");
        }
      }
    }
  } finally {
    for (const { root } of finished) rmSync(root, { recursive: true, force: true });
  }
}
