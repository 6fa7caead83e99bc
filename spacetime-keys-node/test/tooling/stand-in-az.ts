// `az keyvault secret …`, played: keeps secrets in files as Key Vault keeps them in a vault,
// records each call, and fails as it is told to.
//
// STAND_IN_DIR: vaults/VAULT/SECRET.json, calls/N.json, faults.json.

import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { ANSWER_LOST, DISABLED, FAILURES, type Words, deleted, notFound } from "./az-words.ts";
import type { Fault, Misbehaviour, StoredSecret, StoredVersion } from "./vault-store.ts";

const root = process.env["STAND_IN_DIR"] ?? "";
const argv = process.argv.slice(2);

function fail(code: number, ...lines: string[]): never {
  for (const line of lines) console.error(line);
  process.exit(code);
}

/** The number of this call: the first that nobody else has taken. */
function numberOfThisCall(): number {
  for (let number = 1; ; number += 1) {
    try {
      writeFileSync(`${root}/calls/${number}.json`, "", { flag: "wx" });
      return number;
    } catch {
      // Taken.
    }
  }
}

const number = numberOfThisCall();
if (argv[0] === "login" || argv[0] === "account") process.exit(0);
if (argv[0] !== "keyvault" || argv[1] !== "secret") fail(2, "ERROR: unrecognized arguments");
const action = argv[2] ?? "";

const OPTIONS = ["vault-name", "name", "version", "query", "file", "encoding", "content-type"];

/** Few modules are loaded here, and no parser: the tests start this a thousand times. */
function parse(args: readonly string[]) {
  const values: Record<string, string> = {};
  const tags: Record<string, string> = {};
  for (let place = 0; place < args.length; place += 1) {
    const name = args[place] ?? "";
    if (name === "--only-show-errors") continue;
    if (name === "--tags") {
      while (args[place + 1]?.startsWith("--") === false) {
        place += 1;
        const [key = "", value = ""] = (args[place] ?? "").split("=");
        tags[key] = value;
      }
      continue;
    }
    const option = name === "-o" ? "output" : name.slice(2);
    const isKnown = option === "output" || (name.startsWith("--") && OPTIONS.includes(option));
    place += 1;
    const value = args[place];
    if (!isKnown || value === undefined) {
      fail(2, `ERROR: unrecognized arguments: ${name}`);
    }
    values[option] = value;
  }
  return { values, tags };
}

const { values, tags } = parse(argv.slice(3));
const vault = values["vault-name"] ?? "";
const secret = values["name"] ?? "";
const folder = `${root}/vaults/${vault}`;
const place = `${folder}/${secret}.json`;

/** What the file holds that a secret is taken from, and who may look at it. */
function describeFile(path: string | undefined) {
  if (path === undefined) return null;
  return {
    path,
    mode: statSync(path).mode & 0o777,
    folderMode: statSync(path.replace(/\/[^/]*$/, "")).mode & 0o777,
    text: readFileSync(path, "utf8"),
  };
}

writeFileSync(
  `${root}/calls/${number}.json`,
  JSON.stringify({
    number,
    argv,
    action,
    vault,
    secret,
    env: process.env,
    temporary: readdirSync(process.env["TMPDIR"] ?? "").length,
    file: describeFile(values["file"]),
  }),
);

function faultHere(): Fault | null {
  const faults: Fault[] = JSON.parse(readFileSync(`${root}/faults.json`, "utf8"));
  return (
    faults.find(
      (fault) =>
        (fault.call === undefined || fault.call === number) &&
        (fault.action === undefined || fault.action === action) &&
        (fault.vault === undefined || fault.vault === vault) &&
        (fault.secret === undefined || fault.secret === secret),
    ) ?? null
  );
}

function failWith({ exit, lines }: Words): never {
  return fail(exit, ...lines);
}

function load(): StoredSecret | null {
  return existsSync(place) ? JSON.parse(readFileSync(place, "utf8")) : null;
}

function wanted(stored: StoredSecret): StoredVersion {
  if (values["version"] === undefined) return stored.versions.at(-1) ?? failWith(notFound(secret));
  return stored.versions.find(({ id }) => id === values["version"]) ?? failWith(notFound(secret));
}

function show(stale: boolean): void {
  const stored = load();
  if (stored === null || stored.deleted) failWith(notFound(secret));
  const version = (stale ? stored.versions.at(-2) : undefined) ?? wanted(stored);
  if (!version.enabled) failWith(DISABLED);
  if (values["output"] === "json") {
    console.log(JSON.stringify({ ...described(version), value: version.value }, null, 2));
  } else if (values["query"] === "value" && values["output"] === "tsv") {
    // As the guide reads a secret.
    process.stdout.write(`${version.value}\n`);
  } else fail(2, "ERROR: the stand-in does not know this query");
}

/** A version, as `show` and `list-versions` print it. */
function described({ id, created, enabled, tags }: StoredVersion) {
  const time = new Date(created * 1000).toISOString().replace(".000Z", "+00:00");
  return {
    attributes: { created: time, enabled, expires: null, notBefore: null, updated: time },
    contentType: null,
    id: idOf(id),
    kid: null,
    managed: null,
    name: secret,
    tags,
  };
}

function idOf(version: string): string {
  return `https://${vault}.vault.azure.net/secrets/${secret}/${version}`;
}

function set(): void {
  if (values["file"] === undefined) fail(2, "ERROR: the stand-in takes secrets from files alone");
  const stored = load() ?? { deleted: false, versions: [] };
  if (stored.deleted) failWith(deleted(secret));
  const value = readFileSync(values["file"], "utf8");
  if (value.length > 25_600) fail(1, "ERROR: (BadParameter) The value is too long.");
  const id = crypto.randomUUID().replaceAll("-", "");
  stored.versions.push({
    id,
    value,
    // Whole seconds, as the service has it.
    created: Math.floor(Date.now() / 1000),
    enabled: true,
    tags: { ...tags, "file-encoding": values["encoding"] ?? "utf-8" },
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(place, JSON.stringify(stored));
  if (values["query"] !== "id") fail(2, "ERROR: the stand-in does not know this query");
  console.log(JSON.stringify(idOf(id)));
}

function listVersions(): void {
  const stored = load();
  if (stored === null || stored.deleted) failWith(notFound(secret));
  const list = stored.versions.map(described);
  list.sort(() => Math.random() - 0.5);
  console.log(JSON.stringify(list, null, 2));
}

async function hang(): Promise<never> {
  // As az does: a script that waits for a program of its own.
  const child = Bun.spawn(["sleep", "3600"], { stdin: "ignore", stdout: "inherit" });
  // It may be stopped while it writes: then there is no file, and not half of one.
  writeFileSync(`${root}/hanging.new`, JSON.stringify([process.pid, child.pid]));
  renameSync(`${root}/hanging.new`, `${root}/hanging.json`);
  await child.exited;
  process.exit(1);
}

async function misbehave(kind: Misbehaviour): Promise<void> {
  switch (kind) {
    case "after":
      act();
      return failWith(ANSWER_LOST);
    case "hang":
      return hang();
    case "hang-after":
      act();
      return hang();
    case "stale":
      return act(true);
    case "garbage":
      process.stdout.write(new Uint8Array([0xff, 0xfe, 0x00, 0xd8, 0x0a]));
      return;
    case "nonsense":
      console.log("{ this is not");
      return;
    case "kill":
      return signalTheScript("SIGKILL");
    case "kill-after":
      act();
      return signalTheScript("SIGKILL");
    case "term":
      signalTheScript("SIGTERM");
      return hang();
    case "int-after":
      act();
      signalTheScript("SIGINT");
      return hang();
  }
}

function signalTheScript(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): void {
  // Without its parent, it is a child of the first process of the machine.
  if (process.ppid > 1) process.kill(process.ppid, signal);
}

function act(stale = false): void {
  if (action === "show") show(stale);
  else if (action === "set") set();
  else if (action === "list-versions") listVersions();
  else fail(2, `ERROR: '${action}' is misspelled or not recognized by the system.`);
}

const kind = faultHere()?.kind;
if (kind === undefined) act();
else if (kind in FAILURES) failWith(FAILURES[kind as keyof typeof FAILURES]);
else await misbehave(kind as Misbehaviour);
