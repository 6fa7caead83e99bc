// A throwaway host with a directory store that the program fills, and the same as FleetContents.

import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { cli } from "./cli.mjs";
import { throwawayHost } from "./files.mjs";

export const environments = ["prod", "test", "dev", "local"];
export const groups = [["prod"], ["test"], ["dev", "local"]];
const privateSecret = "spacetimedb-jwt-private-key";
const publicSecret = "spacetimedb-jwt-public-key";

const textOf = (path) => (existsSync(path) ? readFileSync(path, "utf8") : null);

/** The versions of a secret, the latest last. */
function versions(vault, secret) {
  const folder = join(vault, secret);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((version) => ({
      version,
      path: join(folder, version, "value"),
      value: readFileSync(join(folder, version, "value"), "utf8"),
      created: JSON.parse(readFileSync(join(folder, version, "properties.json"), "utf8")).created,
    }));
}

/** What lies on the host and in its vaults. */
export class World {
  constructor() {
    Object.assign(this, throwawayHost());
  }

  /** Runs the program here. */
  cli(...args) {
    return cli(args, { folder: this.folder });
  }

  vault(environment) {
    return join(this.folder, ".spacetime-keys", `kv-${environment}`);
  }

  /** The path of the latest value of a half. */
  latest(environment, half) {
    const secret = half === "private" ? privateSecret : publicSecret;
    return versions(this.vault(environment), secret).at(-1)?.path;
  }

  /** Puts a value in the place of the latest one, as only a hand can do it. */
  overwrite(environment, half, text) {
    writeFileSync(this.latest(environment, half), text, { mode: 0o600 });
  }

  /** Stores a first version, without tags, as other tools do it. */
  store(environment, pair, created = Math.floor(Date.now() / 1000)) {
    const values = { [privateSecret]: pair.privateKey, [publicSecret]: pair.publicKey };
    for (const [secret, value] of Object.entries(values)) {
      const folder = join(this.vault(environment), secret, "00000001");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, "value"), value, { mode: 0o600 });
      const properties = { created, content_type: "application/x-pem-file", tags: {} };
      writeFileSync(join(folder, "properties.json"), JSON.stringify(properties), { mode: 0o600 });
    }
  }

  /** All of it, in the package's words. */
  contents() {
    const vaults = environments.map((environment) => {
      const vault = this.vault(environment);
      const all = versions(vault, privateSecret);
      const latest = all.pop();
      return {
        environment,
        vault: `kv-${environment}`,
        privateKey: latest?.value ?? null,
        publicKey: versions(vault, publicSecret).at(-1)?.value ?? null,
        created: latest?.created ?? null,
        version: latest?.version ?? "latest",
        earlier: all.map(({ version, value, created }) => ({
          version,
          privateKey: value,
          created,
        })),
        escrow: versions(vault, "spacetimedb-publisher-claims").at(-1)?.value ?? null,
      };
    });
    const exists = existsSync(this.privateKey);
    return {
      vaults,
      groups,
      host: {
        privateKey: textOf(this.privateKey),
        publicKey: textOf(this.publicKey),
        worldAccessible: exists && (statSync(this.privateKey).mode & 0o027) !== 0,
        cliToml: textOf(this.cliToml),
      },
    };
  }
}
