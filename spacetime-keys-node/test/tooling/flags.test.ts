import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { CLI_TOML, IDENTITY, KEYS, PAIR_0, TestHost, finishHosts } from "./test-host.ts";
import { PRIVATE } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

test("--help says what there is, and needs nothing", async () => {
  const host = new TestHost({ empty: true });
  for (const flag of ["--help", "-h"]) {
    const run = await host.tooling(flag, "--preserve-publisher-token-env", "local");
    expect(run.code).toBe(0);
    for (const name of ["--dry-run", "--verify-only", "--all-environments", "--mounted-keys-dir"]) {
      expect(run.stdout).toContain(name);
    }
  }
  expect(host.store.calls()).toEqual([]);
});

test("without --yes a rotation is refused before anything is looked at", async () => {
  const host = new TestHost();
  const before = host.treeHash();
  const run = await host.tooling("--preserve-publisher-token-env", "local");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("--yes");
  expect(host.store.calls()).toEqual([]);
  expect(host.treeHash()).toBe(before);
});

const wrong: [string, string[]][] = [
  ["an option that does not exist", ["--yes", "--rotate-now"]],
  ["an option that does not exist, with a value", ["--yes", "--token=hunter2hunter2"]],
  ["an argument that belongs to no option", ["--yes", "hunter2hunter2"]],
  ["an option without its value", ["--yes", "--mounted-keys-dir"]],
  ["a value for an option that takes none", ["--yes=hunter2hunter2"]],
  ["an option as a value", ["--preserve-publisher-token-env", "--yes"]],
  ["an empty path", ["--yes", "--mounted-keys-dir", ""]],
  [
    "an environment that does not exist",
    ["--yes", "--preserve-publisher-token-env", "hunter2hunter2"],
  ],
  ["a variable that is not ENV", ["--yes", "--preserve-publisher-token-env", "STAGE=prod"]],
  ["two modes", ["--verify-only", "--resign-token-only"]],
];

test.each(wrong)("usage: %s", async (_, args) => {
  const host = new TestHost();
  const before = host.treeHash();
  const run = await host.tooling(...args);
  expect(run.code).toBe(1);
  expect(run.stderr).toStartWith("ERROR: ");
  expect(run.text).not.toContain("hunter2");
  expect(run.text).not.toContain("at parse");
  expect(host.store.calls()).toEqual([]);
  expect(host.treeHash()).toBe(before);
});

test("a mistyped option is named", async () => {
  const host = new TestHost();
  expect((await host.tooling("--dryrun")).stderr).toContain("--dryrun");
});

test.each([["--dry-run"], ["-d"], ["-dv"]])(
  "%s changes nothing and needs no --yes",
  async (flag) => {
    const host = new TestHost();
    host.seedVaults();
    const [tree, vaults] = [host.treeHash(), host.store.contents()];
    const run = await host.tooling(flag);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("Dry run for dev, local: nothing is changed.");
    expect(host.treeHash()).toBe(tree);
    expect(host.store.contents()).toBe(vaults);
    expect(host.store.calls().some(({ action }) => action === "set")).toBeFalse();
    expect(host.leftovers()).toEqual([]);
  },
);

test("a dry run prints the very steps of the run", async () => {
  const host = new TestHost();
  const steps = (text: string) => text.split("\n").filter((line) => /^\s+\d+\. {2}/.test(line));
  const dry = await host.tooling("--dry-run", "--yes");
  expect(host.store.calls().some(({ action }) => action === "set")).toBeFalse();
  const run = await host.tooling("--yes");
  expect(steps(dry.stdout).length).toBeGreaterThan(10);
  expect(steps(run.stdout)).toEqual(steps(dry.stdout));
});

test("--verbose adds the calls of az and the steps' ends; without it there are none", async () => {
  const host = new TestHost();
  host.seedVaults();
  expect((await host.tooling("--yes")).text).not.toContain("az keyvault");
  for (const flag of ["-v", "--verbose"]) {
    const run = await host.tooling("--yes", flag);
    expect(run.stdout).toContain("az keyvault secret set --vault-name kv-dev");
    expect(run.stdout).toContain("  push-private local\n");
  }
});

test("az is called as the guide has it, and with nothing else", async () => {
  const host = new TestHost();
  await host.tooling("--yes");
  const shown = host.store
    .calls()
    .find(
      ({ action, vault, secret }) => action === "show" && vault === "kv-dev" && secret === PRIVATE,
    );
  expect(shown?.argv.join(" ")).toBe(
    `keyvault secret show --vault-name kv-dev --name ${PRIVATE} --only-show-errors --output json`,
  );
  const set = host.store
    .calls()
    .find(({ action, vault }) => action === "set" && vault === "kv-dev");
  const tags = /--tags( [a-z-]+=[\w/.-]+)+/;
  expect(
    set?.argv
      .join(" ")
      .replace(/--file \S+/, "--file F")
      .replace(tags, "--tags T"),
  ).toBe(
    `keyvault secret set --vault-name kv-dev --name ${PRIVATE} --file F --encoding utf-8 ` +
      "--content-type application/x-pem-file --tags T --query id --only-show-errors --output json",
  );
  expect(host.store.calls().flatMap(({ argv }) => argv)).not.toContain("--value");
});

test("--mounted-keys-dir and --publisher-cli-toml-path name other places", async () => {
  const host = new TestHost();
  host.write("keys of mine/id_ecdsa", host.read(KEYS, "id_ecdsa"), 0o600);
  host.write("keys of mine/id_ecdsa.pub", host.read(KEYS, "id_ecdsa.pub"));
  host.write("elsewhere/cli.toml", host.read(CLI_TOML), 0o640);
  rmSync(host.path(".generated"), { recursive: true });
  rmSync(host.path("data"), { recursive: true });
  const run = await host.tooling(
    "--yes",
    "--mounted-keys-dir",
    "keys of mine/",
    "--publisher-cli-toml-path",
    "elsewhere/cli.toml",
  );
  expect(run.code).toBe(0);
  expect(run.stdout).toContain(IDENTITY);
  expect(host.read("keys of mine/id_ecdsa")).toBe(
    host.store.latest("kv-local", "spacetimedb-jwt-private-key")!,
  );
  expect(host.mode("keys of mine/id_ecdsa")).toBe(0o600);
  expect(host.mode("elsewhere/cli.toml")).toBe(0o640);
  expect(readdirSync(host.repo).sort()).toEqual([
    ".spacetime-keys",
    "elsewhere",
    "keys of mine",
    "node_modules",
    "tools",
  ]);
});

test("--no-sync-mounted-keys leaves the mounted files", async () => {
  const host = new TestHost();
  const files = () => [host.read(KEYS, "id_ecdsa"), host.read(KEYS, "id_ecdsa.pub")];
  const before = files();
  const run = await host.tooling("--yes", "--no-sync-mounted-keys");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("mounted files are left");
  expect(files()).toEqual(before);
  expect(host.publisher()).toMatchObject({
    identity: IDENTITY,
    verifiedWith: host.audit().environments.find(({ name }) => name === "local")
      ?.privateFingerprint,
  });
});

test("--no-preserve-publisher-token leaves cli.toml, and keeps its claims in escrow", async () => {
  const host = new TestHost();
  const before = host.read(CLI_TOML);
  const run = await host.tooling("--yes", "--no-preserve-publisher-token");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("401");
  expect(host.read(CLI_TOML)).toBe(before);
  expect(host.mounted().privateKey).not.toBe(PAIR_0);
  expect(host.store.latest("kv-local", "spacetimedb-publisher-claims")).toContain(IDENTITY);
});

test("--sync-mounted-keys, --preserve-publisher-token are defaults; --no-… wins", async () => {
  const host = new TestHost();
  const keys = ["--sync-mounted-keys", "--preserve-publisher-token"];
  expect((await host.tooling("--yes", ...keys)).code).toBe(0);
  const pair = host.mounted();
  expect(pair.privateKey).not.toBe(PAIR_0);
  expect(host.publisher()?.verifiedWith).toBe(pair.privateKey);
  const token = host.read(CLI_TOML);
  const not = ["--no-sync-mounted-keys", "--no-preserve-publisher-token"];
  expect((await host.tooling("--yes", ...keys, ...not)).code).toBe(0);
  expect(host.mounted()).toEqual(pair);
  expect(host.read(CLI_TOML)).toBe(token);
});

test("--private-key-path belongs to another mode, and that is said", async () => {
  const host = new TestHost();
  const run = await host.tooling("--dry-run", "--private-key-path", "no/such");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("only with --resign-token-only");
});

test("ENV=local means local, as the guide's just commands hand it on", async () => {
  const host = new TestHost();
  const run = await host.tooling("--dry-run", "--preserve-publisher-token-env", "ENV=test");
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("Dry run for test:");
});
