// The guide's flags, and --all-environments.

import { parseArgs } from "node:util";
import { Problem } from "./problem.ts";
import type { Site } from "./site.ts";

export type Mode = "help" | "rotate" | "verify" | "resign";

export type Flags = ReturnType<typeof readFlags>;

const OPTIONS = {
  "dry-run": { type: "boolean", short: "d" },
  "verify-only": { type: "boolean" },
  "resign-token-only": { type: "boolean" },
  "preserve-publisher-token": { type: "boolean" },
  "no-preserve-publisher-token": { type: "boolean" },
  "preserve-publisher-token-env": { type: "string" },
  "publisher-cli-toml-path": { type: "string", default: "./data/.config/spacetime/cli.toml" },
  "private-key-path": { type: "string" },
  "sync-mounted-keys": { type: "boolean" },
  "no-sync-mounted-keys": { type: "boolean" },
  "mounted-keys-dir": { type: "string", default: ".generated/spacetimedb-keys" },
  "all-environments": { type: "boolean" },
  yes: { type: "boolean" },
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
} as const;

export const HELP = `Rotates a SpacetimeDB's signing keys in Azure Key Vault.
The publisher's identity stays what it is.

  bun tools/azure/spacetimedb-tooling.ts --yes --preserve-publisher-token-env prod

What to do (without one of these: rotate, which needs --yes)
  -d, --dry-run                         print the steps, change nothing
      --verify-only                     check pairs, policy, mounted files and token
      --resign-token-only               re-sign the publisher token, without az
What to rotate
      --preserve-publisher-token-env E  the group of E, whose keys this host mounts (local)
      --all-environments                every group; E is still this host's
The publisher token
      --no-preserve-publisher-token     leave it as it is (--preserve-publisher-token)
      --publisher-cli-toml-path P       where it is (./data/.config/spacetime/cli.toml)
      --private-key-path P              with --resign-token-only: the key to sign with
                                        (id_ecdsa in the mounted keys folder)
The mounted keys
      --no-sync-mounted-keys            leave them as they are (--sync-mounted-keys)
      --mounted-keys-dir D              where they are (.generated/spacetimedb-keys)
Else
      --yes                             do it
  -v, --verbose                         each call of az, each fingerprint
  -h, --help                            this

Exit code 0: done, or all is well. 1: anything else.`;

function usage(message: string): Problem {
  return new Problem(message, "see --help");
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // What node:util says of wrong arguments repeats them; this does not.
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") {
      throw usage("an argument that belongs to no option");
    }
    if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      throw usage("an option without its value, or with one that it does not take");
    }
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    const unknown = args.find((arg) => /^--[a-z][a-z-]{1,40}$/.test(arg) && !known.includes(arg));
    throw usage(`an option that does not exist${unknown === undefined ? "" : `: ${unknown}`}`);
  }
}

/**
 * `just recipe ENV=prod`, as the guide prints it, hands `ENV=prod` to the recipe as the argument's
 * value: after a recipe's name, just knows no overrides. What is meant is clear.
 */
function environmentOf(named: string | undefined, mode: Mode, site: Site): string {
  const name = (named ?? "local").replace(/^ENV=/, "");
  const known = Object.keys(site.vaults);
  if (known.includes(name)) return name;
  // Only a rotation needs one.
  const any = known[0];
  if (named === undefined && mode !== "rotate" && any !== undefined) return any;
  throw usage(`--preserve-publisher-token-env takes one of ${known.join(", ")}`);
}

function modeOf(values: ReturnType<typeof parse>): Mode {
  if (values.help === true) return "help";
  const verify = values["verify-only"] === true;
  const resign = values["resign-token-only"] === true;
  if (verify && resign) throw usage("--verify-only and --resign-token-only exclude each other");
  if (verify) return "verify";
  return resign ? "resign" : "rotate";
}

export function readFlags(args: readonly string[], site: Site) {
  const values = parse(args);
  const named = values["preserve-publisher-token-env"];
  const mode = modeOf(values);
  const paths = ["publisher-cli-toml-path", "private-key-path", "mounted-keys-dir"] as const;
  for (const name of paths) {
    if (values[name] === "") throw usage(`--${name} is empty`);
  }
  return {
    mode,
    dryRun: values["dry-run"] === true,
    yes: values.yes === true,
    verbose: values.verbose === true,
    allEnvironments: values["all-environments"] === true,
    /** The environment whose keys this host mounts, and whether it was named or is the default. */
    environment: environmentOf(named, mode, site),
    environmentNamed: named !== undefined,
    preservePublisher: values["no-preserve-publisher-token"] !== true,
    syncMounted: values["no-sync-mounted-keys"] !== true,
    cliToml: values["publisher-cli-toml-path"],
    mountedKeysDir: values["mounted-keys-dir"],
    privateKeyPath: values["private-key-path"] ?? null,
  };
}
