// --resign-token-only: signs the publisher token with a key of this host, without az. For a host
// whose data, cli.toml among them, came from another one.

import { basename, dirname, join, resolve } from "node:path";
import { existsSync } from "node:fs";
import { auditFleet, normalizePem, resignCliToml, type ResignOptions } from "spacetime-keys";
import { checkReplaceable, readText, removeLeftovers } from "./files.ts";
import type { Flags } from "./flags.ts";
import { type Paths, pathsOf, publicKeyOf, replaceHostFile } from "./host.ts";
import { lock } from "./lock.ts";
import { Problem } from "./problem.ts";
import type { Report } from "./report.ts";

function existing(path: string, hint: string): string {
  const text = readText(path);
  if (text === null) throw new Problem(`there is no ${path}`, hint);
  return text;
}

/** Public keys that may have signed the token: those that lie about on this host. */
function publicKeysAtHand(paths: Paths, privateKeyPath: string): string[] {
  const places = new Set([
    join(dirname(privateKeyPath), "id_ecdsa.pub"),
    join(dirname(privateKeyPath), `${basename(privateKeyPath)}.pub`),
    paths.publicKey,
  ]);
  const keys = [...places].map((place) => publicKeyOf(readText(place)));
  return [...new Set(keys.filter((key) => key !== null))];
}

/** As the core reads it from the file's text. */
function identityIn(cliToml: string): string | null {
  return auditFleet({ vaults: [], host: { cliToml } }).publisher?.identity ?? null;
}

export function resignOnly(report: Report, flags: Flags): void {
  const paths = pathsOf(flags);
  // Where there is no folder for the keys, no rotation can be at work beside it.
  const lockable = !flags.dryRun && existsSync(dirname(resolve(paths.folder)));
  const release = lockable ? lock(paths) : () => undefined;
  try {
    resign(report, flags, paths);
  } finally {
    release();
  }
}

function resign(report: Report, flags: Flags, paths: Paths): void {
  const privateKeyPath = flags.privateKeyPath ?? paths.privateKey;
  const privateKey = normalizePem(
    existing(privateKeyPath, "name the key that the server has now: --private-key-path"),
  );
  const before = existing(paths.cliToml, "name the CLI's file: --publisher-cli-toml-path");
  const options: { privateKey: string } & ResignOptions = {
    privateKey,
    previousPublicKey: publicKeysAtHand(paths, privateKeyPath),
    allowUnverified: true,
  };
  const { text, ...resigned } = resignCliToml(before, options);
  if (identityIn(before) !== resigned.identity || identityIn(text) !== resigned.identity) {
    throw new Problem("the identity would not be the same", "nothing was written; report this");
  }
  if (resigned.verifiedWith === null) {
    report.warn(
      "no key at hand has signed the present token (usual after a copy from another host). " +
        `Is this the owner's identity? ${resigned.identity}`,
    );
  }
  if (resigned.expiryCleared) {
    report.warn("the publisher token has an expiry; the new one never expires");
  }
  if (flags.dryRun) {
    report.say(`Dry run: the publisher token in ${paths.cliToml} would be signed anew.`);
  } else {
    checkReplaceable(paths.cliToml);
    removeLeftovers(paths.cliToml);
    replaceHostFile(report, paths.cliToml, text, "keep");
    report.say(`Signed the publisher token in ${paths.cliToml} anew.`);
  }
  report.say("publisher's identity, which stays the same");
  report.say(`  ${resigned.identity}`);
  report.say("signed by");
  report.say(`  before  ${resigned.verifiedWith ?? "a key that is not at hand"}`);
  report.say(`  now     ${resigned.signedBy}`);
}
