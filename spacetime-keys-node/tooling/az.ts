// Running az: an argument array, never a shell; no secret in an argument or in the environment.

import { type AzCall, classify, failure } from "./az-errors.ts";
import { Interrupted, Problem, systemCode } from "./problem.ts";
import type { Report } from "./report.ts";
import { withSecretFile } from "./secret-file.ts";
import { isInterrupted, onInterrupt } from "./signals.ts";

const DEFAULT_TIMEOUT_SECONDS = 60;
/** What a process that was asked to end gets to do so. */
const GRACE_MILLISECONDS = 2000;
const IDLE_MILLISECONDS = 500;

export interface Version {
  version: string;
  /** Unix seconds. */
  created: number | null;
}

function timeoutSeconds(): number {
  const text = process.env["SPACETIMEDB_TOOLING_AZ_TIMEOUT"];
  if (text === undefined || text === "") return DEFAULT_TIMEOUT_SECONDS;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3600) return seconds;
  throw new Problem(
    "SPACETIMEDB_TOOLING_AZ_TIMEOUT is not a number of seconds",
    "set it to 1 to 3600, or not at all",
  );
}

const running = new Set<number>();

// At a second signal nobody waits: a write that is still under way must not outlive its file.
process.on("exit", () => {
  for (const pid of running) killGroup(pid, "SIGKILL");
});

/** az is a script that starts Python: the whole group has to go. */
function killGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  // Itself, too: an older bun does not give it a group of its own.
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
    } catch (error) {
      if (systemCode(error) !== "ESRCH") throw error;
    }
  }
}

/**
 * Everything that a child prints. Some process that az has left behind may keep the pipe open: what
 * az itself has said is there soon after its end.
 */
async function collect(
  stream: ReadableStream<Uint8Array>,
  exited: Promise<number>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  const idle = Symbol();
  let waiting = reader.read();
  // Two pauses: after the first, this process itself may have been the one that stood still.
  for (let pauses = 0; pauses < 2; ) {
    const pause = exited.then(() => Bun.sleep(IDLE_MILLISECONDS)).then(() => idle);
    const next = await Promise.race([waiting, pause]);
    if (typeof next === "symbol") {
      pauses += 1;
    } else if (next.done) {
      break;
    } else {
      chunks.push(next.value);
      waiting = reader.read();
      pauses = 0;
    }
  }
  void reader.cancel();
  return Buffer.concat(chunks);
}

/** What `-o tsv` prints ends with one line break of its own. */
function textOf(stdout: Uint8Array, call: AzCall): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(stdout);
    return text.endsWith("\n") ? text.slice(0, -1) : text;
  } catch {
    throw failure("unreadable", call);
  }
}

export class Az {
  readonly #report: Report;
  readonly #timeout: number;

  constructor(report: Report) {
    this.#report = report;
    this.#timeout = timeoutSeconds();
  }

  /** A secret's value as text; `null` if there is none. */
  async read(vault: string, secret: string, version?: string): Promise<string | null> {
    const which = version === undefined ? [] : ["--version", version];
    const args = ["show", "--vault-name", vault, "--name", secret, ...which];
    const call: AzCall = { action: "read", vault, secret };
    const stdout = await this.#run(call, [...args, "--query", "value", "-o", "tsv"]);
    return stdout === null ? null : textOf(stdout, call);
  }

  async write(vault: string, secret: string, value: string): Promise<void> {
    await withSecretFile(value, async (file) => {
      const args = ["set", "--vault-name", vault, "--name", secret, "--file", file];
      const how = ["--encoding", "utf-8", "--only-show-errors", "-o", "none"];
      const call: AzCall = { action: "write", vault, secret };
      if ((await this.#run(call, [...args, ...how])) === null) throw failure("other", call);
    });
  }

  /** In no order. */
  async versions(vault: string, secret: string): Promise<Version[]> {
    const call: AzCall = { action: "list", vault, secret };
    const args = ["list-versions", "--vault-name", vault, "--name", secret];
    const query = "[].{id:id,created:attributes.created}";
    const stdout = await this.#run(call, [...args, "--query", query, "-o", "json"]);
    if (stdout === null) return [];
    return versionsOf(textOf(stdout, call)) ?? Promise.reject(failure("other", call));
  }

  /** What the call printed; `null` if there is no such secret. */
  async #run(call: AzCall, args: string[]): Promise<Uint8Array | null> {
    if (isInterrupted()) throw new Interrupted();
    const begun = performance.now();
    const command = ["az", "keyvault", "secret", ...args];
    const log = (outcome: string) => {
      const took = Math.round(performance.now() - begun);
      this.#report.detail(`  ${command.join(" ")}  (${outcome}, ${took} ms)`);
    };
    const child = this.#spawn(call, command);
    running.add(child.pid);
    let ended: "in-time" | "timeout" | "interrupted" = "in-time";
    let graceTimer: Timer | undefined;
    const stop = (why: "timeout" | "interrupted") => {
      if (ended !== "in-time") return;
      ended = why;
      killGroup(child.pid, "SIGTERM");
      graceTimer = setTimeout(() => killGroup(child.pid, "SIGKILL"), GRACE_MILLISECONDS);
    };
    const forget = onInterrupt(() => stop("interrupted"));
    const timer = setTimeout(() => stop("timeout"), this.#timeout * 1000);
    try {
      const [stdout, stderr, exitCode] = await Promise.all([
        collect(child.stdout, child.exited),
        collect(child.stderr, child.exited),
        child.exited,
      ]);
      const why = ended as "in-time" | "timeout" | "interrupted";
      if (why !== "in-time") {
        log("stopped");
        throw why === "timeout" ? failure("timeout", call) : new Interrupted();
      }
      if (exitCode === 0) {
        log("ok");
        return stdout;
      }
      const code = child.signalCode === null ? exitCode : null;
      const problem = classify(call, code, new TextDecoder().decode(stderr));
      log(problem.kind);
      if (problem.kind === "not-found") return null;
      throw problem;
    } finally {
      running.delete(child.pid);
      clearTimeout(timer);
      clearTimeout(graceTimer);
      forget();
    }
  }

  #spawn(call: AzCall, command: string[]) {
    try {
      return Bun.spawn(command, {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
        // A process group of its own, so that all of it can be stopped.
        detached: true,
      });
    } catch (error) {
      if (systemCode(error) === "ENOENT") throw failure("not-installed", call);
      throw new Problem(
        `az could not be started (${systemCode(error) ?? "unknown"})`,
        "look whether the `az` on PATH is an executable file",
      );
    }
  }
}

function versionsOf(json: string): Version[] | null {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(list)) return null;
  const versions: Version[] = [];
  for (const entry of list as { id?: unknown; created?: unknown }[]) {
    // The version goes into an argument again.
    const version = /\/([0-9A-Za-z]{1,64})$/.exec(String(entry?.id))?.[1];
    const time = typeof entry?.created === "string" ? Date.parse(entry.created) : NaN;
    if (version !== undefined) {
      versions.push({ version, created: Number.isNaN(time) ? null : Math.floor(time / 1000) });
    }
  }
  return versions;
}
