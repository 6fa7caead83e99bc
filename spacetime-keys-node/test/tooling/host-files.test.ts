// What a rotation does to this host's files, and how runs keep out of each other's way.

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { generateKeyPair } from "spacetime-keys";
import { CLI_TOML, IDENTITY, KEYS, STATE, TestHost, finishHosts } from "./test-host.ts";
import { PUBLIC } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

test("only the token and the server's key change in cli.toml", async () => {
  const host = new TestHost();
  chmodSync(host.path(CLI_TOML), 0o640);
  const before = host.read(CLI_TOML);
  await host.tooling("--yes");
  const bare = (text: string) =>
    text
      .replace(/(spacetimedb_token = )"[^"]*"/, '$1""')
      .replace(/(-----BEGIN PUBLIC KEY-----)[^-]*(-----END)/, "$1$2");
  expect(bare(host.read(CLI_TOML))).toBe(bare(before));
  expect(host.read(CLI_TOML)).not.toBe(before);
  expect(host.read(CLI_TOML)).toContain(host.read(KEYS, "id_ecdsa.pub").trim());
  expect(host.mode(CLI_TOML)).toBe(0o640);
});

test("a server of another group in the same cli.toml keeps its key there", async () => {
  const host = new TestHost();
  host.seedVaults();
  const prod = host.store.latest("kv-prod", PUBLIC)!;
  const entry = `
[[server_configs]]
nickname = "prod"
host = "stdb.example.com"
protocol = "https"
ecdsa_public_key = """
${prod}"""
`;
  host.write(CLI_TOML, host.read(CLI_TOML) + entry);
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.read(CLI_TOML)).toContain(prod);
  expect(host.read(CLI_TOML)).toContain(host.read(KEYS, "id_ecdsa.pub"));
});

test("owner and group of replaced files are kept", async () => {
  if (process.getuid?.() !== 0) return;
  const host = new TestHost();
  const paths = [`${KEYS}/id_ecdsa`, `${KEYS}/id_ecdsa.pub`, CLI_TOML];
  for (const path of paths) chownSync(host.path(path), 4321, 1234);
  expect((await host.tooling("--yes")).code).toBe(0);
  for (const path of paths) {
    expect(lstatSync(host.path(path))).toMatchObject({ uid: 4321, gid: 1234 });
  }
});

test("a linked folder is written through", async () => {
  const host = new TestHost();
  mkdirSync(host.path("mnt"));
  renameSync(host.path(KEYS), host.path("mnt/keys"));
  symlinkSync("../mnt/keys", host.path(KEYS));
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(lstatSync(host.path(KEYS)).isSymbolicLink()).toBeTrue();
  expect(readdirSync(host.path("mnt/keys")).sort()).toEqual(["id_ecdsa", "id_ecdsa.pub"]);
  expect(host.audit(["local"])).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("a linked cli.toml is refused before anything has changed: name the file itself", async () => {
  const host = new TestHost();
  host.seedVaults();
  mkdirSync(host.path("mnt"));
  renameSync(host.path(CLI_TOML), host.path("mnt/cli.toml"));
  symlinkSync(host.path("mnt/cli.toml"), host.path(CLI_TOML));
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  for (const what of ["--yes", "--resign-token-only"]) {
    const run = await host.tooling(what);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("symbolic link");
    expect(run.stderr).toContain("--publisher-cli-toml-path");
  }
  expect([host.treeHash(), host.store.contents()]).toEqual([tree, vaults]);
  const named = ["--yes", "--publisher-cli-toml-path", "mnt/cli.toml"];
  expect((await host.tooling(...named)).code).toBe(0);
});

test("a folder that cannot be written is said before anything has changed", async () => {
  const host = new TestHost();
  host.seedVaults();
  rmSync(host.path(KEYS), { recursive: true });
  writeFileSync(host.path(KEYS), "in the way");
  const before = host.store.contents();
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(host.store.contents()).toBe(before);
});

test("files that are not text are named, not read as something else", async () => {
  for (const path of [`${KEYS}/id_ecdsa`, CLI_TOML]) {
    const host = new TestHost();
    writeFileSync(host.path(path), new Uint8Array([0xff, 0xfe, 0x41]));
    const run = await host.tooling("--yes");
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/ERR_MOUNTED_UNREADABLE|ERR_TOML_SYNTAX/);
    expect(host.store.calls().some(({ action }) => action === "set")).toBeFalse();
  }
});

test("a key that another program mounts while the run is at work is kept", async () => {
  for (const file of ["id_ecdsa", "id_ecdsa.pub"]) {
    const host = new TestHost();
    host.seedVaults();
    const foreign = generateKeyPair();
    host.write("foreign", foreign.privateKey, 0o600);
    // It comes between the last upload and the mounted files.
    const standIn = join(import.meta.dir, "stand-in-az.ts");
    host.command(
      "az",
      `"${process.execPath}" "${standIn}" "$@"; code=$?
case "$*" in *" set "*kv-local*${PUBLIC}*) cp "${host.path("foreign")}" "${host.path(KEYS, file)}";; esac
exit $code`,
    );
    expect((await host.tooling("--yes")).code).toBe(0);
    const kept = readdirSync(host.path(STATE, "set-aside"));
    expect(kept.map((name) => host.read(STATE, "set-aside", name))).toContain(foreign.privateKey);
    expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
  }
});

test("one run at a time", async () => {
  const host = new TestHost();
  const lock = ".generated/.spacetimedb-tooling.lock";
  // It lives until it is ended, however long the runs take.
  const sleeper = Bun.spawn(["sleep", "3600"]);
  try {
    host.write(lock, `${sleeper.pid}\n`);
    const run = await host.tooling("--yes");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`process ${sleeper.pid}`);
    expect(host.store.calls()).toEqual([]);
    expect((await host.tooling("--dry-run")).code).toBe(0);
    expect(host.read(lock)).toBe(`${sleeper.pid}\n`);
  } finally {
    sleeper.kill();
    await sleeper.exited;
  }
  // Its process is gone: the lock is stale.
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.leftovers()).toEqual([]);
});

test("of two runs at once, one at most is at work", async () => {
  const host = new TestHost();
  host.seedVaults();
  const runs = await Promise.all([host.tooling("--yes"), host.tooling("--yes")]);
  const refused = runs.filter(({ code }) => code !== 0);
  for (const { stderr } of refused) expect(stderr).toContain("another run is at work");
  // Both succeed where the second began after the first had ended.
  expect(host.pairsIn("kv-local")).toHaveLength(3 - refused.length);
  expect(refused.length).toBeLessThan(2);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

/** Until it holds the lock. */
async function holdsTheLock(host: TestHost): Promise<void> {
  while (!existsSync(host.path(KEYS, ".spacetime-keys-tmp-holder"))) await Bun.sleep(2);
}

test("the program and the script refuse each other by name", async () => {
  const program = process.env["SPACETIME_KEYS_BIN"] ?? "";
  expect(program).not.toBe("");
  const rotate = [program, "rotate", "--env", "local", "--yes", "--json"];
  const options = { stdout: "pipe", stderr: "pipe" } as const;

  const host = new TestHost();
  host.seedVaults();
  const env = { ...host.env, SPACETIME_KEYS_FAILPOINT: "before mount-private local=stop" };
  const first = Bun.spawn(rotate, { cwd: host.repo, env, ...options });
  await holdsTheLock(host);
  const script = await host.tooling("--yes");
  expect(script.code).toBe(1);
  expect(script.stderr).toMatch(/another run is at work here: `rotate`, since 2/);
  // It stops itself a little after it has the lock.
  while (!/^\d+ \(.*\) T /.test(readFileSync(`/proc/${first.pid}/stat`, "utf8")))
    await Bun.sleep(2);
  first.kill("SIGCONT");
  expect(await first.exited).toBe(0);

  const other = new TestHost();
  other.seedVaults();
  const name = "tools/azure/spacetimedb-tooling.ts";
  const second = Bun.spawn([join(other.bin, "bun"), name, "--yes"], {
    cwd: other.repo,
    env: other.env,
    ...options,
  });
  await holdsTheLock(other);
  second.kill("SIGSTOP");
  const refused = await other.spawn(rotate);
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout).error).toMatchObject({
    code: "ERR_LOCKED",
    message: expect.stringContaining("`rotate`, since 2"),
  });
  second.kill("SIGCONT");
  expect(await second.exited).toBe(0);
  expect(other.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});
