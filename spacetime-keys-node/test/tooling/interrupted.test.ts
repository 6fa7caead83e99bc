// A run is cut short: what it says, and what the same command does next.

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { fingerprint } from "spacetime-keys";
import {
  CLI_TOML,
  IDENTITY,
  KEYS,
  PAIR_0,
  STATE,
  callsOf,
  finishHosts,
  hostAt,
  stillHanging,
} from "./test-host.ts";
import { PRIVATE, PUBLIC } from "./vault-store.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

/** The first upload of a key to this vault. */
const upload = (vault: string, secret = PRIVATE) => ({ action: "set", vault, secret }) as const;

test("the second upload fails: what stands where, that no key is lost, what mends it", async () => {
  const host = hostAt("established");
  host.store.fail({ kind: "crash", ...upload("kv-dev", PUBLIC) });
  const run = await host.tooling("--yes", "--preserve-publisher-token-env", "local");
  expect(run.code).toBe(1);
  const pushed = fingerprint(host.store.latest("kv-dev", PRIVATE)!);
  expect(run.stdout).toMatch(new RegExp(`dev +kv-dev +private +${pushed}`));
  expect(run.stdout).toMatch(new RegExp(`dev +kv-dev +public +${PAIR_0}`));
  // The other vault does not wait for this one.
  expect(run.stdout).toMatch(new RegExp(`local +kv-local +private +${pushed}`));
  expect(run.stdout).toMatch(new RegExp(`mounted +\\S+id_ecdsa +private +${PAIR_0}`));
  expect(run.stdout).toContain("No key in use is lost");
  expect(run.stdout).toContain("mounted here");
  expect(run.stdout).toContain(
    "bun tools/azure/spacetimedb-tooling.ts --yes --preserve-publisher-token-env local",
  );
  host.store.fail();

  const verified = await host.tooling("--verify-only");
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain("mismatched");

  const dry = await host.tooling("--dry-run");
  expect(dry.stdout).toContain("An interrupted rotation of dev, local is finished");
  const again = await host.tooling("--yes", "--preserve-publisher-token-env", "local");
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("An interrupted rotation of dev, local is finished");
  expect(again.stdout).toContain("No new one was begun");
  expect(host.mounted().privateKey).toBe(pushed);
  expect((await host.tooling("--verify-only")).code).toBe(0);
});

// Slow: it waits as long as Key Vault may show an old version.
test("what the last look finds otherwise is not called done", async () => {
  const host = hostAt("established");
  // The last look asks four vaults for four secrets each, by two calls, and two for an earlier version.
  // Whatever is asked again shows the old version, too.
  const last = (await callsOf("established", ["--yes"])).length - (4 * 4 * 2 + 2);
  const calls = Array.from({ length: 60 }, (_, at) => last + 1 + at);
  const stale = { kind: "stale", action: "show", vault: "kv-dev", secret: PRIVATE } as const;
  host.store.fail(...calls.map((call) => ({ ...stale, call })));
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/step `prove dev`/);
  expect(run.stdout).toContain("What stands where");
  host.store.fail();
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("the mounted private key is gone: the vault's comes back, and is then rotated", async () => {
  const host = hostAt("established");
  rmSync(host.path(KEYS, "id_ecdsa"));
  expect((await host.tooling("--yes")).code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("a write whose answer is lost: both keys that the vault may hold are named", async () => {
  const host = hostAt("established");
  host.store.fail({ kind: "after", ...upload("kv-dev") });
  const run = await host.tooling("--yes");
  expect(run.code).toBe(1);
  const pushed = fingerprint(host.store.latest("kv-dev", PRIVATE)!);
  expect(run.stdout).toContain(`${PAIR_0}, or ${pushed} if the upload went through`);
  expect(run.stdout).toMatch(/local +kv-local +public +[0-9a-f]{64}$/m);
});

test("cut short after the last upload: finished with the same pair", async () => {
  const host = hostAt("established");
  const uploads = (await callsOf("established", ["--yes"])).filter(
    ({ action }) => action === "set",
  );
  host.store.fail({ kind: "kill-after", call: uploads.at(-1)!.number });
  expect((await host.tooling("--yes")).signal).toBe("SIGKILL");
  const pushed = fingerprint(host.store.latest("kv-local", PRIVATE)!);
  expect(host.mounted().privateKey).toBe(PAIR_0);
  host.store.fail();
  const again = await host.tooling("--yes");
  expect(again.stdout).toContain("No new one was begun");
  expect(host.mounted().privateKey).toBe(pushed);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("cut short while adopting: the pair in use is kept, and then rotated", async () => {
  const host = hostAt("first met");
  host.store.fail({ kind: "kill-after", ...upload("kv-dev") });
  await host.tooling("--yes");
  host.store.fail();
  const again = await host.tooling("--yes");
  expect(again.code).toBe(0);
  expect(host.mounted().privateKey).not.toBe(PAIR_0);
  expect(fingerprint(host.store.everyVersion(PRIVATE)[0]!)).toBe(PAIR_0);
});

test("cut short between the mounted files: mended from the vault, and then rotated", async () => {
  const host = hostAt("established");
  await host.tooling("--yes");
  const pair = host.mounted().privateKey;
  // As if the process had died there: the old public key, the old token.
  const old = hostAt("established");
  host.write(`${KEYS}/id_ecdsa.pub`, old.read(KEYS, "id_ecdsa.pub"));
  host.write(CLI_TOML, old.read(CLI_TOML));
  const dry = await host.tooling("--dry-run");
  expect(dry.stdout).toContain("After that, dev, local would get a new pair.");
  const again = await host.tooling("--yes");
  expect([again.code, again.stderr]).toEqual([0, ""]);
  expect(again.stdout).toContain("Repaired dev, local: done and proven.");
  expect(host.pairsIn("kv-local").slice(-2)).toEqual([pair, host.mounted().privateKey]);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("what an old run has left in its note does not keep a new one from rotating", async () => {
  const host = hostAt("established");
  await host.tooling("--yes");
  const pair = host.mounted().privateKey;
  for (const note of [
    JSON.stringify({ pairs: { dev: pair, local: pair } }),
    "damaged",
    '{"pairs":3}',
  ]) {
    host.write(".generated/.spacetimedb-tooling.unfinished", note);
    const now = host.mounted().privateKey;
    expect((await host.tooling("--yes")).code).toBe(0);
    expect(host.mounted().privateKey).not.toBe(now);
  }
});

test("the program does not finish the script's run on another store", async () => {
  const program = process.env["SPACETIME_KEYS_BIN"] ?? "";
  expect(program).not.toBe("");
  const host = hostAt("established");
  host.store.fail({ kind: "crash", ...upload("kv-dev", PUBLIC) });
  expect((await host.tooling("--yes")).code).toBe(1);
  host.store.fail();
  const [tree, vaults] = [host.treeHash(), host.store.contents()];
  // Without a configuration, its store is a folder.
  for (const command of [["resume"], ["rotate", "--env", "local"], ["sync", "--env", "local"]]) {
    const yes = command[0] === "rotate" ? ["--yes"] : [];
    const run = await host.spawn([program, ...command, ...yes]);
    expect([command[0], run.code]).toEqual([command[0], 3]);
    expect(run.stderr).toContain("another store");
    expect([host.treeHash(), host.store.contents()]).toEqual([tree, vaults]);
  }
  expect((await host.tooling("--yes")).stdout).toContain("No new one was begun");
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("half of --all-environments: done groups stay, the others follow", async () => {
  const host = hostAt("established");
  host.store.fail({ kind: "crash", ...upload("kv-test", PUBLIC) });
  expect((await host.tooling("--yes", "--all-environments")).code).toBe(1);
  const prod = fingerprint(host.store.latest("kv-prod", PRIVATE)!);
  const test = fingerprint(host.store.latest("kv-test", PRIVATE)!);
  host.store.fail();
  expect((await host.tooling("--yes", "--all-environments")).code).toBe(0);
  expect(fingerprint(host.store.latest("kv-prod", PRIVATE)!)).toBe(prod);
  expect(fingerprint(host.store.latest("kv-test", PRIVATE)!)).toBe(test);
  expect(host.mounted().privateKey).not.toBe(PAIR_0);
  expect(host.audit().ok).toBeTrue();
});

test.each(["term", "int-after"] as const)(
  "a signal (%s) during an upload leaves no secret behind",
  async (kind) => {
    const host = hostAt("established");
    host.store.fail({ kind, ...upload("kv-dev") });
    const run = await host.tooling("--yes");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("interrupted by a signal");
    expect(run.stdout).toMatch(/dev +kv-dev +private +\S+, or [0-9a-f]{64} if the upload/);
    expect(host.leftovers()).toEqual([`${STATE}/unfinished.json`]);
    expect(stillHanging(host)).toEqual([]);
    host.store.fail();
    expect((await host.tooling("--yes")).code).toBe(0);
    expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
  },
);

test("a private key in the vault that is none: an earlier version takes its place", async () => {
  const host = hostAt("established");
  host.store.put("kv-dev", PRIVATE, "not a key");
  host.store.put("kv-local", PRIVATE, "not a key");
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("a mounted file that is no key is kept beside the new one", async () => {
  const host = hostAt("established");
  host.write(`${KEYS}/id_ecdsa`, "not a key, but perhaps somebody's\n");
  const run = await host.tooling("--yes");
  expect(run.code).toBe(0);
  const kept = /kept in (\S+)\. Delete/.exec(run.stdout)?.[1] ?? "";
  expect(host.read(kept)).toBe("not a key, but perhaps somebody's\n");
  expect(host.mode(kept)).toBe(0o600);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});
