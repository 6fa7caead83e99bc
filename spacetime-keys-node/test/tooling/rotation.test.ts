import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { Signer, generateKeyPair, normalizePem, resignCliToml } from "spacetime-keys";
import { CLI_TOML, IDENTITY, KEYS, PAIR_0, TestHost, finishHosts } from "./test-host.ts";
import { ESCROW, PRIVATE, PUBLIC, VAULTS } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

test("the first rotation adopts the host: its pair is the vault's earlier version", async () => {
  const host = new TestHost();
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  const { privateKey: pair } = host.mounted();
  expect(pair).not.toBe(PAIR_0);
  expect(host.pairsIn("kv-dev")).toEqual([PAIR_0, pair]);
  expect(host.pairsIn("kv-local")).toEqual([PAIR_0, pair]);
  expect(host.audit(["dev", "local"])).toMatchObject({
    ok: true,
    problems: [],
    publisher: { identity: IDENTITY, verifiedWith: pair },
  });
  expect(run.stdout).toContain(`before  ${PAIR_0}`);
  expect(run.stdout).toContain(`now     ${pair}`);
  expect(run.stdout).toContain(IDENTITY);
  expect(run.stdout).toContain("Restart the server");
  expect(run.stdout).toContain("--resign-token-only");
  expect(host.store.secret("kv-prod", PRIVATE).versions).toEqual([]);
  expect(host.mode(KEYS, "id_ecdsa")).toBe(0o600);
  expect(host.mode(KEYS, "id_ecdsa.pub")).toBe(0o644);
  expect(host.leftovers()).toEqual([]);
});

test("what is stored is canonical PEM, the same as what is mounted", async () => {
  const host = new TestHost();
  await host.tooling("--yes");
  for (const [secret, file] of [
    [PRIVATE, "id_ecdsa"],
    [PUBLIC, "id_ecdsa.pub"],
  ] as const) {
    const stored = host.store.latest("kv-local", secret) ?? "";
    expect(stored).toBe(normalizePem(stored));
    expect(host.read(KEYS, file)).toBe(stored);
  }
});

test("escrow before keys, in each vault private before public, each read back", async () => {
  const host = new TestHost();
  host.seedVaults();
  await host.tooling("--yes");
  const calls = host.store.calls();
  const uploads = calls.filter(({ action }) => action === "set");
  expect([uploads[0]?.vault, uploads[0]?.secret]).toEqual(["kv-local", ESCROW]);
  for (const vault of ["kv-dev", "kv-local"]) {
    const keys = uploads.slice(1).filter((call) => call.vault === vault);
    expect(keys.map(({ secret }) => secret)).toEqual([PRIVATE, PUBLIC]);
  }
  expect(uploads).toHaveLength(5);
  for (const { number, vault, secret } of uploads) {
    const next = calls.find(
      (call) => call.number > number && call.vault === vault && call.secret === secret,
    );
    expect(next?.action).toBe("show");
  }
});

test("the publisher's claims are in escrow, once", async () => {
  const host = new TestHost();
  await host.tooling("--yes");
  await host.tooling("--yes");
  const { versions } = host.store.secret("kv-local", ESCROW);
  expect(versions.map(({ value }) => JSON.parse(value))).toEqual([
    {
      publishers: [
        {
          identity: IDENTITY,
          issuer: "localhost",
          subject: expect.any(String),
          added: expect.any(Number),
        },
      ],
    },
  ]);
});

test("each version says which pair it is, which run wrote it, and what it follows", async () => {
  const host = new TestHost();
  await host.tooling("--yes");
  const [first, second] = host.store.secret("kv-dev", PRIVATE).versions;
  expect(first?.tags).toMatchObject({ fingerprint: PAIR_0, origin: "adopt" });
  expect(second?.tags).toMatchObject({
    fingerprint: host.mounted().privateKey,
    origin: "rotate",
    "previous-fingerprint": PAIR_0,
    "rotation-id": first?.tags["rotation-id"],
  });
});

test("a rotation touches its own group alone, and may be repeated", async () => {
  const host = new TestHost();
  host.seedVaults();
  const others = () => [host.pairsIn("kv-prod"), host.pairsIn("kv-test")];
  const before = others();
  expect((await host.tooling("--yes")).code).toBe(0);
  expect((await host.tooling("--yes", "--preserve-publisher-token-env", "local")).code).toBe(0);
  expect(others()).toEqual(before);
  expect(host.pairsIn("kv-local")).toHaveLength(3);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("data that came from a host of prod: its token follows this host's new key", async () => {
  const host = new TestHost();
  host.seedVaults();
  const privateKey = host.store.latest("kv-prod", PRIVATE)!;
  const options = { privateKey, allowUnverified: true };
  host.write(CLI_TOML, resignCliToml(host.read(CLI_TOML), options).text);
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit()).toMatchObject({
    ok: true,
    publisher: { identity: IDENTITY, verifiedWith: host.mounted().privateKey },
  });
});

test("--all-environments rotates every group, this host's among them", async () => {
  const host = new TestHost();
  host.seedVaults();
  const before = Object.values(VAULTS).map((vault) => host.pairsIn(vault)[0]);
  const run = await host.tooling("--yes", "--all-environments");
  expect(run.code).toBe(0);
  const now = Object.values(VAULTS).map((vault) => host.pairsIn(vault).at(-1));
  expect(now.some((pair, place) => pair === before[place])).toBeFalse();
  expect(new Set(now).size).toBe(3);
  expect(now[2]).toBe(now[3]);
  expect(host.mounted().privateKey).toBe(now[3]!);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
  expect(run.stdout).toContain("keys of prod, test, dev are behind");
});

test("a host of prod: its vault, its files, its publisher", async () => {
  const host = new TestHost();
  const run = await host.tooling("--yes", "--preserve-publisher-token-env", "ENV=prod");
  expect(run.code).toBe(0);
  expect(host.pairsIn("kv-prod")).toEqual([PAIR_0, host.mounted().privateKey]);
  expect(host.pairsIn("kv-local")).toEqual([]);
  expect(host.store.latest("kv-prod", ESCROW)).toContain(IDENTITY);

  // The guide's preview names no environment. It is of the keys that are mounted here.
  const tree = host.treeHash();
  const preview = await host.tooling("--dry-run", "--verbose");
  expect(preview.code).toBe(0);
  expect(preview.stdout).toContain("Dry run for prod:");
  expect(host.treeHash()).toBe(tree);

  // A run in earnest takes the default at its word.
  const mistaken = await host.tooling("--yes");
  expect(mistaken.code).toBe(1);
  expect(mistaken.stderr).toContain("ERR_MOUNTED_ELSEWHERE");
  expect(host.treeHash()).toBe(tree);
});

test("a login that sees its own vault alone can rotate it", async () => {
  const host = new TestHost();
  host.store.fail(
    ...["kv-test", "kv-dev", "kv-local"].map((vault) => ({ kind: "rbac", vault }) as const),
  );
  const run = await host.tooling("--yes", "--preserve-publisher-token-env", "prod");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("not compared with test");
});

test("a host that was never logged in: keys alone", async () => {
  const host = new TestHost();
  rmSync(host.path("data"), { recursive: true });
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("no publisher token is re-signed");
  expect(existsSync(host.path("data"))).toBeFalse();
  expect(host.store.secret("kv-local", ESCROW).versions).toEqual([]);
});

test("a machine without anything gets its first pair, in folders of its own", async () => {
  const host = new TestHost({ empty: true });
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.mode(".generated/spacetimedb-keys")).toBe(0o755);
  expect(host.mounted().privateKey).toBe(host.pairsIn("kv-local")[0]!);
  expect(host.leftovers()).toEqual([]);
});

test("a mounted key that no vault has, beside another in it, is refused", async () => {
  const host = new TestHost();
  host.store.putPair("kv-dev", generateKeyPair());
  host.store.change("kv-local", PRIVATE, (stored) => {
    stored.versions = host.store.secret("kv-dev", PRIVATE).versions;
  });
  host.store.change("kv-local", PUBLIC, (stored) => {
    stored.versions = host.store.secret("kv-dev", PUBLIC).versions;
  });
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("ERR_MOUNTED_UNKNOWN");
  expect(host.treeHash()).toBe(tree);
  expect(host.store.contents()).toBe(vaults);
});

test("a host that is behind its vault is found by its history, and rotated", async () => {
  const host = new TestHost();
  host.seedVaults();
  for (const vault of ["kv-dev", "kv-local"]) {
    for (let count = 0; count < 3; count += 1) host.store.putPair(vault, pairs[count]!);
  }
  // A disabled version is left out, not fatal.
  host.store.change("kv-local", PRIVATE, ({ versions }) => {
    versions[1]!.enabled = false;
  });
  const run = await host.tooling("--yes", "--verbose");
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("list-versions");
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

const pairs = [generateKeyPair(), generateKeyPair(), generateKeyPair()];

test.each([
  ["rbac", "ERR_STORE_FORBIDDEN"],
  ["nonsense", "ERR_STORE_ANSWER"],
  ["old", "az upgrade"],
] as const)("without history (%s) nothing is rotated", async (kind, said) => {
  const host = new TestHost();
  host.seedVaults();
  host.store.fail({ kind, action: "list-versions", vault: "kv-dev" });
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(said);
  expect([host.treeHash(), host.store.contents()]).toEqual([tree, vaults]);
});

const damage: [string, (pem: string) => string][] = [
  ["CRLF", (pem) => pem.replaceAll("\n", "\r\n")],
  ["all on one line", (pem) => pem.trim().replaceAll("\n", " ")],
  ["literal \\n in quotes", (pem) => `"${pem.trim().replaceAll("\n", "\\n")}"`],
];

test.each(damage)("keys in the vault as %s are read, and written clean", async (_, spoil) => {
  const host = new TestHost();
  host.seedVaults();
  for (const vault of ["kv-dev", "kv-local"]) {
    host.store.put(vault, PRIVATE, spoil(host.store.latest(vault, PRIVATE)!));
    host.store.put(vault, PUBLIC, spoil(host.store.latest(vault, PUBLIC)!));
  }
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, problems: [] });
});

test("a login at an external issuer is left as it is", async () => {
  const host = new TestHost();
  host.seedVaults();
  const signer = new Signer(host.read(KEYS, "id_ecdsa"));
  const claims = { iss: "https://id.example.com", sub: "a", iat: 1, exp: null };
  const login = signer.sign(claims);
  host.write(CLI_TOML, `spacetimedb_token = "${login}"\n`);
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  expect(run.stderr + run.stdout).toContain("stays valid");
  expect(host.read(CLI_TOML)).toContain(login);
});

test("the script may be imported instead of copied", async () => {
  const host = new TestHost();
  host.write(
    "tools/azure/spacetimedb-tooling.ts",
    'import "spacetime-keys/tooling/spacetimedb-tooling.ts";\n',
  );
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit(["dev", "local"]).ok).toBeTrue();
});

test("other vaults and groups, by the constants at the top of the copied script", async () => {
  const host = new TestHost();
  const path = "tools/azure/spacetimedb-tooling.ts";
  const script = host.read(path);
  host.write(
    path,
    script
      .replace(/const VAULTS = .*;/, 'const VAULTS = { local: "kv-acme-1" };')
      .replace(/const GROUPS = .*;/, "const GROUPS = [];"),
  );
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.pairsIn("kv-acme-1")).toEqual([PAIR_0, host.mounted().privateKey]);
  host.write(path, script.replace("kv-local", "--value"));
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("VAULTS");
});
