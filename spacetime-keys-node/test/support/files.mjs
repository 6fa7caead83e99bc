// Where the vectors are, and folders that are gone at the end.

import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder = fileURLToPath(new URL("../..", import.meta.url));
export const repository = join(packageFolder, "..");
const coreTests = join(repository, "spacetime-keys-core/tests");
export const pemFolder = join(coreTests, "fixtures/pem");
const betterAuth = join(repository, "tests/fixtures/better-auth");
const realHost = join(repository, "tests/fixtures/real-host");

export const pemNames = () => readdirSync(pemFolder).sort();
export const pemText = (name) => readFileSync(join(pemFolder, name), "utf8");
export const betterAuthText = (name) => readFileSync(join(betterAuth, name), "utf8").trim();

/** The verdicts that were measured on servers, and the key of the tokens in them. */
export function measuredVerdicts() {
  const read = (name) => readFileSync(join(coreTests, "fixtures", name), "utf8");
  const samples = read("token-verdicts.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { samples, publicKey: read("token-verdicts.pub.pem") };
}

const folders = [];

/** An empty folder that only its owner can read. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "spacetime-keys-test-"));
  folders.push(folder);
  return folder;
}

process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a text where only its owner can read it, and returns the path. */
export function secretFile(folder, name, text) {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** A copy of the throwaway host, with the paths of its files. */
export function throwawayHost() {
  const folder = temporaryFolder();
  cpSync(realHost, folder, { recursive: true });
  const privateKey = join(folder, ".generated/spacetimedb-keys/id_ecdsa");
  const publicKey = `${privateKey}.pub`;
  const cliToml = join(folder, "data/.config/spacetime/cli.toml");
  // Written again: a checkout knows no modes.
  for (const path of [privateKey, cliToml]) {
    const text = readFileSync(path, "utf8");
    rmSync(path);
    writeFileSync(path, text, { mode: 0o600 });
  }
  return { folder, privateKey, publicKey, cliToml };
}

export const read = (path) => readFileSync(path, "utf8");
