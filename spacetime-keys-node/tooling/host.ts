// This host: its mounted keys and its cli.toml.

import { statSync } from "node:fs";
import { join } from "node:path";
import { Signer, fingerprint, normalizePem, type HostContents } from "spacetime-keys";
import type { Flags } from "./flags.ts";
import { makeFolder, readText, replaceFile } from "./files.ts";
import type { Report } from "./report.ts";

export interface Paths {
  folder: string;
  privateKey: string;
  publicKey: string;
  cliToml: string;
}

export function pathsOf(flags: Flags): Paths {
  const folder = flags.mountedKeysDir;
  return {
    folder,
    privateKey: join(folder, "id_ecdsa"),
    publicKey: join(folder, "id_ecdsa.pub"),
    cliToml: flags.cliToml,
  };
}

export function readHost(paths: Paths): HostContents {
  const privateKey = readText(paths.privateKey);
  const mode = privateKey === null ? 0 : statSync(paths.privateKey).mode;
  return {
    privateKey,
    publicKey: readText(paths.publicKey),
    worldAccessible: (mode & 0o027) !== 0,
    cliToml: readText(paths.cliToml),
  };
}

/** `null`: nothing, or nothing that is a key. */
export function fingerprintOf(pem: string | null | undefined): string | null {
  if (pem === null || pem === undefined) return null;
  try {
    return fingerprint(pem);
  } catch {
    return null;
  }
}

/** The public PEM of a key of either kind; `null` if it is none. */
export function publicKeyOf(pem: string | null | undefined): string | null {
  if (pem === null || pem === undefined) return null;
  try {
    return pem.includes("PRIVATE KEY") ? new Signer(pem).publicKey : normalizePem(pem);
  } catch {
    return null;
  }
}

/** Replaces a file of this host, and says if it has another owner now. */
export function replaceHostFile(
  report: Report,
  path: string,
  text: string,
  mode: number | "keep",
): void {
  if (!replaceFile(path, text, mode)) {
    report.warn(`${path} belongs to another user now: its owner could not be kept`);
  }
}

/** The server's user must get into the folder. */
export function mountPrivateKey(report: Report, paths: Paths, pem: string): void {
  makeFolder(paths.folder);
  replaceHostFile(report, paths.privateKey, pem, 0o600);
}

export function mountPublicKey(report: Report, paths: Paths, pem: string): void {
  makeFolder(paths.folder);
  replaceHostFile(report, paths.publicKey, pem, 0o644);
}
