// The guide's recipes that call the script, run by just as the guide prints them.

import { afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair, resignCliToml } from "spacetime-keys";
import { CLI_TOML, IDENTITY, KEYS, PAIR_0, TestHost, finishHosts } from "./test-host.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

const JUST = process.env["JUST"] ?? "";

beforeAll(() => {
  if (!existsSync(JUST)) throw new Error("set JUST to the program just (PyPI: rust-just)");
});

const SYNCED = ".config/spacetimedb/data/";

function justHost(): TestHost {
  const host = new TestHost();
  chmodSync(host.path(CLI_TOML), 0o600);
  host.write("justfile", readFileSync(join(import.meta.dir, "guide.justfile"), "utf8"));
  host.command("just", `exec "${JUST}" "$@"`);
  const calls = join(host.root, "calls.txt");
  for (const name of ["docker", "spacetime"]) {
    host.command(name, `echo ${name} "$@" >> ${calls}; echo PUBLISH_SUCCESS`);
  }
  host.command("rg", 'exec grep -E "$@"');
  // What comes from the other host: its data, cli.toml among them, signed by its key.
  mkdirSync(join(host.root, "remote/.config/spacetime"), { recursive: true });
  const { privateKey } = generateKeyPair();
  const remote = resignCliToml(host.read(CLI_TOML), { privateKey, allowUnverified: true });
  appendFileSync(join(host.root, "remote/.config/spacetime/cli.toml"), remote.text);
  host.secrets.push(/spacetimedb_token = "([^"]*)"/.exec(remote.text)![1]!);
  host.command("rsync", `for to; do :; done; mkdir -p "$to"; cp -R ${host.root}/remote/. "$to"`);
  // The other machine is the same folder.
  host.command(
    "ssh",
    `for it; do :; done; case "$it" in rsync*) exec rsync ${host.repo}/${SYNCED};; esac
exec sh -c "$(echo "$it" | sed 's#/home/deploy/spacetimedb-app#${host.repo}#g')"`,
  );
  return host;
}

test("preview, rotate and verify, for the host of each environment", async () => {
  for (const environment of ["local", "prod"]) {
    const host = justHost();
    host.store.putPair("kv-test", generateKeyPair());
    host.store.putPair("kv-prod", generateKeyPair());
    if (environment === "prod") {
      host.store.putPair("kv-dev", generateKeyPair());
      host.store.change("kv-local", "spacetimedb-jwt-private-key", (stored) => {
        stored.versions = host.store.secret("kv-dev", "spacetimedb-jwt-private-key").versions;
      });
      host.store.change("kv-local", "spacetimedb-jwt-public-key", (stored) => {
        stored.versions = host.store.secret("kv-dev", "spacetimedb-jwt-public-key").versions;
      });
      const mounted = {
        privateKey: host.read(KEYS, "id_ecdsa"),
        publicKey: host.read(KEYS, "id_ecdsa.pub"),
      };
      host.store.putPair("kv-prod", mounted);
    }
    const [tree, vaults] = [host.treeHash(), host.store.contents()];
    const preview = await host.spawn([JUST, "kv-rotate-jwt-keys-preview"]);
    expect([preview.code, preview.stdout]).toEqual([
      0,
      expect.stringContaining("nothing is changed"),
    ]);
    expect([host.treeHash(), host.store.contents()]).toEqual([tree, vaults]);

    const rotated = await host.spawn([JUST, "--yes", "kv-rotate-jwt-keys", `ENV=${environment}`]);
    expect(rotated.code).toBe(0);
    expect(rotated.stdout).toContain(IDENTITY);
    expect(host.mounted().privateKey).not.toBe(PAIR_0);

    const verified = await host.spawn([JUST, "kv-verify-jwt-keys"]);
    expect([verified.code, verified.stderr.includes("ERR_")]).toEqual([0, false]);
  }
});

test("without an answer just does not even start it; with the default it is local", async () => {
  const host = justHost();
  expect((await host.spawn([JUST, "kv-rotate-jwt-keys", "ENV=local"])).code).not.toBe(0);
  expect(host.store.calls()).toEqual([]);
  expect((await host.spawn([JUST, "kv-rotate-jwt-keys"], {}, "y\n")).code).toBe(0);
  expect((await host.spawn([JUST, "--yes", "kv-rotate-jwt-keys", "local"])).code).toBe(0);
  expect(host.audit(["dev", "local"])).toMatchObject({
    ok: true,
    publisher: { identity: IDENTITY },
  });
});

test("kv-resign-jwt-token, with its defaults and with paths", async () => {
  const host = justHost();
  const before = host.read(CLI_TOML);
  expect((await host.spawn([JUST, "kv-resign-jwt-token"])).code).toBe(0);
  expect(host.read(CLI_TOML)).not.toBe(before);
  host.write("other/cli.toml", before);
  const run = await host.spawn([JUST, "kv-resign-jwt-token", "other/cli.toml", `${KEYS}/id_ecdsa`]);
  expect(run.code).toBe(0);
  expect(host.read("other/cli.toml")).not.toBe(before);
  expect(host.publisher()).toMatchObject({ identity: IDENTITY, verifiedWith: PAIR_0 });
  expect(host.store.calls()).toEqual([]);
});

test.each(["sync-from-prod", "sync-from-test", "sync-prod-to-test"])(
  "%s: the copied token lives here",
  async (recipe) => {
    const host = justHost();
    const run = await host.spawn([JUST, recipe]);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("Sync complete")]);
    expect(run.stderr).toContain(`WARNING: no key at hand has signed the present token`);
    expect(run.stderr).toContain(IDENTITY);
    host.write(CLI_TOML, host.read(SYNCED, ".config/spacetime/cli.toml"));
    expect(host.publisher()).toMatchObject({ identity: IDENTITY, verifiedWith: PAIR_0 });
  },
);

test("the guide's whole rotation of a host, as a script", async () => {
  const host = justHost();
  host.seedVaults();
  const script = join(import.meta.dir, "guide-rotate.sh");
  const run = await host.spawn(["bash", script], { ENVIRONMENT: "dev" }, "y\n");
  expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("PUBLISH_SUCCESS")]);
  expect(readFileSync(join(host.root, "calls.txt"), "utf8")).toContain("spacetime publish --yes");
  expect(host.mounted().privateKey).not.toBe(PAIR_0);
  expect(host.audit()).toMatchObject({ ok: true, publisher: { identity: IDENTITY } });
});

test("an environment that does not exist is refused in a line", async () => {
  const host = justHost();
  const run = await host.spawn([JUST, "--yes", "kv-rotate-jwt-keys", "ENV=stage"]);
  expect(run.code).not.toBe(0);
  expect(run.stderr).toContain("takes one of prod, test, dev, local");
  expect(host.store.calls()).toEqual([]);
});
