import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { IDENTITY, TestHost, finishHosts, hanging, stillHanging } from "./test-host.ts";
import { ESCROW, PRIVATE, PUBLIC, type Fault } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

/** Fault, what is said, the hint. */
const failures: [string, Fault, RegExp, RegExp][] = [
  ["not logged in", { kind: "login" }, /not logged in/, /`az login`/],
  ["a login that has expired", { kind: "expired" }, /not logged in/, /`az login`/],
  [
    "no role to read",
    { kind: "rbac", vault: "kv-dev" },
    /reading .* in kv-dev: this login has no right/,
    /"Key Vault Secrets User" on kv-dev/,
  ],
  [
    "no access policy",
    { kind: "policy", vault: "kv-local" },
    /no right/,
    /access policies: secret permission get/,
  ],
  [
    "no role to write",
    { kind: "rbac", action: "set" },
    /writing .* in kv-local: this login has no right/,
    /"Key Vault Secrets Officer" on kv-local/,
  ],
  ["the firewall", { kind: "firewall", vault: "kv-dev" }, /firewall/, /networking settings/],
  [
    "no such vault",
    { kind: "dns", vault: "kv-local" },
    /kv-local: no such vault answers/,
    /az keyvault list/,
  ],
  ["no name server", { kind: "dns-login" }, /Azure was not reached/, /network/],
  ["throttled", { kind: "throttled", vault: "kv-dev" }, /429/, /wait/],
  ["another error", { kind: "other", vault: "kv-dev" }, /exit code 1 \(InternalServerError\)/, /./],
  ["a crash of az", { kind: "crash", vault: "kv-dev" }, /exit code 255/, /./],
  ["an old az", { kind: "old", action: "set" }, /does not know the command/, /az upgrade/],
  ["bytes that are no text", { kind: "garbage", vault: "kv-dev" }, /no text in UTF-8/, /portal/],
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
  expect(host.treeHash()).toBe(tree);
  expect(host.store.contents()).toBe(vaults);
  expect(host.leftovers()).toEqual([]);
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
  expect(run.stderr).toContain("az is not on PATH");
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
    expect(run.stderr).toContain("did not end in time");
    expect(run.stderr).toContain("SPACETIMEDB_TOOLING_AZ_TIMEOUT");
    // It was that call: az and the program that it waits for.
    expect(hanging(host)).toHaveLength(2);
    expect(stillHanging(host)).toEqual([]);
    expect(host.leftovers()).toEqual([]);
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

test("a read that is behind the write is read again", async () => {
  const host = new TestHost();
  host.seedVaults();
  // The call after the first upload of a key: escrow is written and read before it.
  host.store.fail({ kind: "stale", call: host.store.nextCall() + 12 });
  const run = await host.tooling("--yes", "--verbose");
  expect(run.code).toBe(0);
  const reads = host.store
    .calls()
    .filter(({ number, vault, secret }) => number > 11 && vault === "kv-dev" && secret === PRIVATE);
  expect(reads.map(({ action }) => action)).toEqual(["set", "show", "show", "show"]);
});

test("a value that stays another one fails", async () => {
  const host = new TestHost();
  host.seedVaults();
  const last = host.store.nextCall() + 9;
  const stale = Array.from(
    { length: 9 },
    (_, at) => ({ kind: "stale", call: last + at, action: "show", vault: "kv-dev" }) as const,
  );
  host.store.fail(...stale);
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("is not what is read back");
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
