// --resign-token-only: signs the publisher token with a key of this host, without az. For a host
// whose data, cli.toml among them, came from another one.

import { dirname, join } from "node:path";
import { resignCliToml, resignCliTomlFile } from "spacetime-keys";
import { fingerprintIn, readText } from "./files.ts";
import { Problem } from "./problem.ts";
import { type Start, mountedFiles } from "./site.ts";

function existing(path: string, hint: string): string {
  const text = readText(path);
  if (text === null) throw new Problem(`there is no ${path}`, hint);
  return text;
}

/** Public keys that may have signed the token: those that lie about on this host. */
function publicKeysAtHand(mounted: string, privateKeyPath: string): string[] {
  const beside = join(dirname(privateKeyPath), "id_ecdsa.pub");
  const places = [...new Set([beside, `${privateKeyPath}.pub`, mounted])];
  const isKey = (place: string) => fingerprintIn(place) !== null;
  return places.filter(isKey).map((place) => readText(place) ?? "");
}

export async function resignOnly({ report, flags }: Start): Promise<void> {
  const { cliToml } = flags;
  const mounted = mountedFiles(flags);
  const privateKeyPath = flags.privateKeyPath ?? mounted.privateKey;
  const privateKey = existing(
    privateKeyPath,
    "name the key that the server has now: --private-key-path",
  );
  const text = existing(cliToml, "name the CLI's file: --publisher-cli-toml-path");
  const options = {
    privateKey,
    previousPublicKey: publicKeysAtHand(mounted.publicKey, privateKeyPath),
    allowUnverified: true,
  };
  const resigned = flags.dryRun
    ? resignCliToml(text, options)
    : await resignCliTomlFile(cliToml, options);
  if (resigned.verifiedWith === null) {
    report.warn(
      "no key at hand has signed the present token (usual after a copy from another host). " +
        `Is this the owner's identity? ${resigned.identity}`,
    );
  }
  if (resigned.expiryCleared) {
    report.warn("the publisher token has an expiry; the new one never expires");
  }
  report.say(
    flags.dryRun
      ? `Dry run: the publisher token in ${cliToml} would be re-signed.`
      : `Re-signed the publisher token in ${cliToml}.`,
  );
  report.say("publisher's identity, which stays the same");
  report.say(`  ${resigned.identity}`);
  report.say("signed by");
  report.say(`  before  ${resigned.verifiedWith ?? "a key that is not at hand"}`);
  report.say(`  now     ${resigned.signedBy}`);
}
