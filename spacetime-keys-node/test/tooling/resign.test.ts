import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { sign } from "node:crypto";
import { chmodSync, existsSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { Signer, decodeToken, fingerprint, generateKeyPair, verifyToken } from "spacetime-keys";
import { CLI_TOML, IDENTITY, KEYS, PAIR_0, TestHost, finishHosts } from "./test-host.ts";

setDefaultTimeout(1_800_000);
afterEach(finishHosts);

const tokenIn = (text: string) => /spacetimedb_token = "([^"]*)"/.exec(text)?.[1] ?? "";
const withoutToken = (text: string) => text.replace(tokenIn(text), "");

function withToken(host: TestHost, token: string): void {
  host.write(CLI_TOML, host.read(CLI_TOML).replace(tokenIn(host.read(CLI_TOML)), token));
}

test("the real host's token, with its own key: only the token's bytes change", async () => {
  const host = new TestHost();
  chmodSync(host.path(CLI_TOML), 0o640);
  const before = host.read(CLI_TOML);
  const run = await host.tooling("--resign-token-only");
  expect(run.code).toBe(0);
  expect(run.stderr).toBe("");
  expect(run.stdout).toContain(IDENTITY);
  expect(run.stdout).toContain(`before  ${PAIR_0}`);
  const after = host.read(CLI_TOML);
  expect(tokenIn(after)).not.toBe(tokenIn(before));
  expect(withoutToken(after)).toBe(withoutToken(before));
  expect(decodeToken(tokenIn(after)).identity).toBe(IDENTITY);
  expect(verifyToken(tokenIn(after), { publicKey: host.read(KEYS, "id_ecdsa.pub") }).identity).toBe(
    IDENTITY,
  );
  expect(host.mode(CLI_TOML)).toBe(0o640);
  expect(host.store.calls()).toEqual([]);
  expect(host.leftovers()).toEqual([]);
});

test("a pipe or a file without end in a file's place is refused at once", async () => {
  for (const flag of ["--publisher-cli-toml-path", "--private-key-path"]) {
    const host = new TestHost();
    host.write("large", "");
    truncateSync(host.path("large"), 2 ** 33);
    const large = await host.tooling("--resign-token-only", flag, "large");
    expect(large.code).toBe(1);
    expect(large.stderr).toContain("is larger than 4 MiB: it has 8589934592 bytes");
    execFileSync("mkfifo", [host.path("pipe")]);
    const pipe = await host.tooling("--resign-token-only", flag, "pipe");
    expect(pipe.code).toBe(1);
    expect(pipe.stderr).toContain("is not a file");
  }
});

test("after a copy from another host: a warning with the identity, and it is signed", async () => {
  const host = new TestHost();
  const here = generateKeyPair();
  host.write("mine/id_ecdsa", here.privateKey, 0o600);
  host.write("mine/id_ecdsa.pub", here.publicKey);
  rmSync(host.path(".generated"), { recursive: true });
  const before = host.read(CLI_TOML);
  const run = await host.tooling(
    "--resign-token-only",
    "--publisher-cli-toml-path",
    CLI_TOML,
    "--private-key-path",
    "mine/id_ecdsa",
  );
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("WARNING");
  expect(run.stderr).toContain(IDENTITY);
  expect(run.stdout).toContain(here.fingerprint);
  const after = host.read(CLI_TOML);
  expect(withoutToken(after)).toBe(withoutToken(before));
  expect(verifyToken(tokenIn(after), { publicKey: here.publicKey }).identity).toBe(IDENTITY);
  expect(existsSync(host.path(".generated"))).toBeFalse();
});

test("a new private key beside the old public one: the server's key follows", async () => {
  const host = new TestHost();
  const now = generateKeyPair();
  host.write(`${KEYS}/id_ecdsa`, now.privateKey, 0o600);
  const run = await host.tooling("--resign-token-only");
  expect(run.code).toBe(0);
  expect(run.stderr).toBe("");
  expect(host.read(CLI_TOML)).toContain(now.publicKey.trim());
});

test("--dry-run says what it would do, and does not", async () => {
  const host = new TestHost();
  const before = host.treeHash();
  const run = await host.tooling("--resign-token-only", "--dry-run");
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("would be re-signed");
  expect(run.stdout).toContain(IDENTITY);
  expect(host.treeHash()).toBe(before);
});

/** The addon's own signer would not. */
function signedAnyhow(host: TestHost, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
  const key = { key: host.read(KEYS, "id_ecdsa"), dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

test("what the core refuses stays as it is, with the hint", async () => {
  const host = new TestHost();
  const signer = new Signer(host.read(KEYS, "id_ecdsa"));
  const external = signer.sign({
    iss: "https://id.example.com",
    sub: "a",
    aud: ["x"],
    iat: 1,
    exp: null,
  });
  const forged = signedAnyhow(host, { iss: "localhost", sub: "a", hex_identity: IDENTITY, iat: 1 });
  for (const [token, hint] of [
    [external, "ERR_TOKEN_EXTERNAL_ISSUER"],
    [forged, "ERR_TOKEN_IDENTITY_MISMATCH"],
    ["opaque", "ERR_TOKEN"],
  ] as const) {
    withToken(host, token);
    const before = host.treeHash();
    const run = await host.tooling("--resign-token-only");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(hint);
    expect(run.stderr.trim().split("\n")).toHaveLength(2);
    expect(host.treeHash()).toBe(before);
  }
});

test("files that are not there are named, with the flag that names another", async () => {
  const host = new TestHost();
  expect(
    (await host.tooling("--resign-token-only", "--private-key-path", "no/such")).stderr,
  ).toContain("--private-key-path");
  expect(
    (await host.tooling("--resign-token-only", "--publisher-cli-toml-path", "no/such")).stderr,
  ).toContain("--publisher-cli-toml-path");
  host.write(`${KEYS}/id_ecdsa`, host.read(KEYS, "id_ecdsa.pub"), 0o600);
  const run = await host.tooling("--resign-token-only");
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("ERR_");
});

test("a token that would have expired becomes one that never does, and that is said", async () => {
  const host = new TestHost();
  const signer = new Signer(host.read(KEYS, "id_ecdsa"));
  withToken(host, signer.sign({ iss: "localhost", sub: "a", aud: ["spacetimedb"] }, { ttl: 3600 }));
  const run = await host.tooling("--resign-token-only");
  expect(run.code).toBe(0);
  expect(run.stderr).toContain("expiry");
  expect(decodeToken(tokenIn(host.read(CLI_TOML))).claims).not.toHaveProperty("exp");
  expect(fingerprint(host.read(KEYS, "id_ecdsa"))).toBe(PAIR_0);
});

test("a host that is behind is brought up as the documentation has it", async () => {
  const docs = join(import.meta.dir, "../../../docs/bun-tooling.md");
  const page = readFileSync(docs, "utf8").split("## Another host")[1] ?? "";
  const script = /```\n([^`]*)```/.exec(page)?.[1] ?? "";
  const host = new TestHost();
  const newer = generateKeyPair();
  host.seedVaults();
  for (const vault of ["kv-dev", "kv-local"]) host.store.putPair(vault, newer);
  const run = await host.spawn(["bash", "-c", script]);
  expect([run.code, run.stderr]).toEqual([0, ""]);
  expect(host.audit()).toMatchObject({ ok: true, problems: [] });
  expect(host.publisher()).toMatchObject({ identity: IDENTITY, verifiedWith: newer.fingerprint });
  expect([host.mode(KEYS, "id_ecdsa"), host.mode(KEYS, "id_ecdsa.pub")]).toEqual([0o600, 0o644]);
  expect(host.read(CLI_TOML)).toContain(newer.publicKey);
});
