import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { IDENTITY, STATE, TestHost, finishHosts, hanging, stillHanging } from "./test-host.ts";
import { type Call, ESCROW, type Fault, PRIVATE, PUBLIC } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

/** Fault, what is said, the hint. */
const failures: [string, Fault, RegExp, RegExp][] = [
  ["not logged in", { kind: "login" }, /not logged in/, /`az login`/],
  ["a login that has expired", { kind: "expired" }, /not logged in/, /`az login`/],
  [
    "no role to read",
    { kind: "rbac", vault: "kv-dev" },
    /this login may not read .* in kv-dev/,
    /"Key Vault Secrets User" .*--name kv-dev/,
  ],
  [
    "no access policy",
    { kind: "policy", vault: "kv-local" },
    /may not read .* in kv-local/,
    /"Key Vault Secrets User"/,
  ],
  [
    "no role to write",
    { kind: "rbac", action: "set" },
    /this login may not write .* in kv-local/,
    /"Key Vault Secrets Officer" .*--name kv-local/,
  ],
  [
    "the firewall",
    { kind: "firewall", vault: "kv-dev" },
    /no connections from this address/,
    /network-rule add/,
  ],
  [
    "no such vault",
    { kind: "dns", vault: "kv-local" },
    /there is no vault kv-local/,
    /VAULTS .*az keyvault list/,
  ],
  ["no name server", { kind: "dns-login" }, /no connection to Azure's login/, /network/],
  ["throttled", { kind: "throttled", vault: "kv-dev" }, /throttled/, /wait/],
  ["another error", { kind: "other", vault: "kv-dev" }, /something is wrong with itself/, /./],
  ["a crash of az", { kind: "crash", vault: "kv-dev" }, /exit code 255/, /./],
  [
    "an old az",
    { kind: "old", action: "set" },
    /does not know a command or an option/,
    /az upgrade/,
  ],
  ["bytes that are no text", { kind: "garbage", vault: "kv-dev" }, /cannot be read/, /proxy/],
];

test.each(failures)("%s: said in a line, with the next step", async (_, fault, said, hint) => {
  const host = new TestHost();
  host.seedVaults();
  host.store.fail(fault);
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(said);
  expect(run.stderr).toMatch(hint);
  expect(run.text).not.toContain("hunter2");
  expect(run.text).not.toContain("Caller is not authorized");
  expect(host.store.contents()).toBe(vaults);
  if (fault.action === "set") {
    // Whether a write took place is known to nobody: the run is finished by the next one.
    expect(host.leftovers()).toEqual([`${STATE}/unfinished.json`]);
    host.store.fail();
    expect((await host.tooling("--yes")).code).toBe(0);
  } else {
    expect(host.treeHash()).toBe(tree);
  }
});

test("not logged in is said once, not for each vault", async () => {
  const host = new TestHost();
  host.store.fail({ kind: "login" });
  for (const args of [["--yes"], ["--verify-only"], ["--dry-run"]]) {
    const run = await host.tooling(...args);
    expect(run.code).toBe(1);
    expect(run.stderr.match(/ERROR/g)).toHaveLength(1);
  }
});

test("no az on PATH", async () => {
  const host = new TestHost();
  rmSync(join(host.bin, "az"));
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("az) is not installed here");
  // That mode does without.
  expect((await host.tooling("--resign-token-only")).code).toBe(0);
});

test("a secret whose latest version is disabled", async () => {
  const host = new TestHost();
  host.seedVaults();
  host.store.change("kv-dev", PRIVATE, ({ versions }) => {
    versions.at(-1)!.enabled = false;
  });
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("is disabled");
  expect(run.stderr).toContain("--enabled true");
  expect(run.stderr).not.toContain("role");
});

test("a deleted secret is not recovered unasked", async () => {
  const host = new TestHost();
  host.seedVaults();
  for (const secret of [PRIVATE, PUBLIC, ESCROW]) {
    host.store.change("kv-local", secret, (stored) => {
      stored.deleted = true;
    });
  }
  const before = host.store.contents();
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("az keyvault secret recover --vault-name kv-local");
  expect(host.store.contents()).toBe(before);
  expect(host.store.calls().some(({ argv }) => argv.includes("recover"))).toBeFalse();
});

test.each(["show", "set"] as const)(
  "az hangs in `%s`: stopped with all its children",
  async (action) => {
    const host = new TestHost();
    host.seedVaults();
    host.store.fail({ kind: "hang", action, vault: "kv-local" });
    // The calls before the one that hangs must end within it on a busy machine, too.
    host.env["SPACETIMEDB_TOOLING_AZ_TIMEOUT"] = "10";
    const run = await host.tooling("--yes");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("has not ended within 10 s");
    expect(run.stderr).toContain("SPACETIMEDB_TOOLING_AZ_TIMEOUT");
    // It was that call: az and the program that it waits for.
    expect(hanging(host)).toHaveLength(2);
    expect(stillHanging(host)).toEqual([]);
    expect(readdirSync(host.temp)).toEqual([]);
  },
);

test("a deadline that is no number is refused", async () => {
  const host = new TestHost();
  for (const seconds of ["soon", "0", "-1", "1e9"]) {
    host.env["SPACETIMEDB_TOOLING_AZ_TIMEOUT"] = seconds;
    const run = await host.tooling("--verify-only");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("SPACETIMEDB_TOOLING_AZ_TIMEOUT");
  }
  expect(host.store.calls()).toEqual([]);
});

/** The calls of a rotation of the seeded vaults until the first key is written. */
async function callsBeforeTheFirstKey(): Promise<number> {
  const other = new TestHost();
  other.seedVaults();
  await other.tooling("--yes");
  const isKey = ({ action, secret }: Call) => action === "set" && secret === PRIVATE;
  return other.store.calls().find(isKey)!.number;
}

test("a read that is behind the write is read again", async () => {
  const host = new TestHost();
  host.seedVaults();
  const after = (await callsBeforeTheFirstKey()) + 1;
  const stale = { kind: "stale", action: "show", vault: "kv-dev", secret: PRIVATE } as const;
  host.store.fail(...[0, 1, 2, 3].map((more) => ({ ...stale, call: after + more })));
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

// Slow: it waits as long as Key Vault may show an old version.
test("a value that stays another one fails", async () => {
  const host = new TestHost();
  host.seedVaults();
  const after = (await callsBeforeTheFirstKey()) + 1;
  const stale = { kind: "stale", action: "show", vault: "kv-dev", secret: PRIVATE } as const;
  host.store.fail(...Array.from({ length: 60 }, (_, more) => ({ ...stale, call: after + more })));
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/ERR_STORE_STALE|ERR_UNPROVEN/);
  host.store.fail();
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("what a process that az leaves behind holds open is not waited for", async () => {
  const host = new TestHost();
  const stay = join(host.root, "stay");
  const standIn = join(import.meta.dir, "stand-in-az.ts");
  host.command(
    "az",
    `touch ${stay}; (while [ -e ${stay} ]; do sleep 0.1; done) &
exec "${process.execPath}" "${standIn}" "$@"`,
  );
  // It would wait for ever: the file goes only when the run has ended.
  const run = await host.tooling("--verify-only", "--preserve-publisher-token-env", "prod");
  rmSync(stay);
  expect(run.stderr).toContain("ERR_VAULT_EMPTY");
});
