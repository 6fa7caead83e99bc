import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, rmSync } from "node:fs";
import { generateKeyPair } from "spacetime-keys";
import { CLI_TOML, IDENTITY, KEYS, TestHost, finishHosts } from "./test-host.ts";
import { PRIVATE, PUBLIC } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

async function verify(host: TestHost, ...args: string[]) {
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  const run = await host.tooling("--verify-only", ...args);
  expect(host.treeHash()).toBe(tree);
  expect(host.store.contents()).toBe(vaults);
  expect(host.leftovers()).toEqual([]);
  return run;
}

test("all is well after --all-environments; fingerprints are shown in full", async () => {
  const host = new TestHost();
  chmodSync(host.path(CLI_TOML), 0o600);
  await host.tooling("--yes", "--all-environments");
  const run = await verify(host);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("All is well.");
  expect(run.stdout).toContain(IDENTITY);
  for (const { privateFingerprint } of host.audit().environments) {
    expect(run.stdout).toContain(privateFingerprint!);
  }
  expect(run.stderr).toBe("");
});

test("a missing pair fails, unless only another group is asked about", async () => {
  const host = new TestHost();
  await host.tooling("--yes");
  const all = await verify(host);
  expect(all.code).toBe(1);
  expect(all.stderr).toContain("prod: ");
  expect(all.stderr).toContain("ERR_VAULT_EMPTY");
  expect((await verify(host, "--preserve-publisher-token-env", "dev")).code).toBe(0);
  expect((await verify(host, "--preserve-publisher-token-env", "prod")).code).toBe(1);
});

test("two groups with one pair break the policy", async () => {
  const host = new TestHost();
  host.seedVaults();
  host.store.putPair("kv-test", {
    privateKey: host.store.latest("kv-prod", PRIVATE)!,
    publicKey: host.store.latest("kv-prod", PUBLIC)!,
  });
  const run = await verify(host);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("ERR_POLICY_NOT_DISTINCT");
});

test("a group with two pairs breaks the policy", async () => {
  const host = new TestHost();
  host.seedVaults();
  host.store.putPair("kv-dev", generateKeyPair());
  const run = await verify(host, "--verbose");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("ERR_POLICY_NOT_SHARED");
  expect(run.stdout).toContain("NO");
});

test("a pair that does not match is shown with both fingerprints", async () => {
  const host = new TestHost();
  host.seedVaults();
  const other = generateKeyPair();
  host.store.put("kv-prod", PUBLIC, other.publicKey);
  const run = await verify(host);
  expect(run.code).toBe(1);
  expect(run.stdout).toContain("mismatched");
  expect(run.stdout).toContain(other.fingerprint);
  expect(run.stderr).toContain("--yes --preserve-publisher-token-env prod");
});

test("what is no key is named, and not shown", async () => {
  const host = new TestHost();
  host.seedVaults();
  host.store.put("kv-prod", PRIVATE, "hunter2hunter2");
  const run = await verify(host);
  expect(run.code).toBe(1);
  expect(run.stdout).toContain("unreadable");
  expect(run.text).not.toContain("hunter2");
});

test("mounted keys that are behind, everybody's, or gone", async () => {
  const host = new TestHost();
  host.seedVaults();
  chmodSync(host.path(KEYS, "id_ecdsa"), 0o644);
  expect((await verify(host)).stderr).toContain("ERR_KEY_WORLD_ACCESSIBLE");
  chmodSync(host.path(KEYS, "id_ecdsa"), 0o600);
  const newer = generateKeyPair();
  for (const vault of ["kv-dev", "kv-local"]) host.store.putPair(vault, newer);
  const behind = await verify(host);
  expect(behind.code).toBe(1);
  expect(behind.stderr).toContain("ERR_MOUNTED_BEHIND");
  rmSync(host.path(KEYS), { recursive: true });
  expect((await verify(host)).stderr).toContain("ERR_MOUNTED_MISSING");
});

test("a vault that cannot be read fails, and the others are judged all the same", async () => {
  const host = new TestHost();
  host.seedVaults();
  host.store.fail({ kind: "firewall", vault: "kv-test" });
  const run = await verify(host);
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/kv-prod +ok/);
  expect(run.stdout).toMatch(/kv-test +unavailable/);
  expect(run.stderr).toContain("test: kv-test takes no connections from this address");
  const other = await verify(host, "--preserve-publisher-token-env", "prod");
  expect(other.stderr).toContain("not compared with test");
});
