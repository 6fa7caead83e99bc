// The next step in this script's words: the package's hints name the commands of the program.

const PULL =
  'pull its vault\'s pair and run --resign-token-only (bun-tooling.md, "Another host"), ' +
  "or `spacetime-keys sync --env E`";
const ROTATE = "`--yes --preserve-publisher-token-env E` repairs it";

const NAMES = "look at VAULTS, GROUPS and SECRETS at the top of the script";

const HINTS: Readonly<Record<string, string>> = {
  ERR_GROUP_UNSOUND: ROTATE,
  ERR_MOUNTED_UNSOUND: ROTATE,
  ERR_KEY_NOT_CANONICAL: "the next rotation of E writes it clean",
  ERR_POLICY_NOT_SHARED: ROTATE,
  ERR_POLICY_NOT_DISTINCT:
    "`--yes --preserve-publisher-token-env E`, on a host of E, gives its group a pair of its own",
  ERR_VAULT_EMPTY: "`--yes --preserve-publisher-token-env E`, on a host of E, makes its first pair",
  ERR_CONFIG: NAMES,
  ERR_POLICY_GROUPS: NAMES,
  ERR_ENVIRONMENT_NAME: NAMES,
  ERR_STORE_TIMEOUT:
    "look at the network; a slow link: set SPACETIMEDB_TOOLING_AZ_TIMEOUT to more seconds",
  ERR_STORE_VAULT_MISSING:
    "compare VAULTS at the top of the script with `az keyvault list -o table`",
  ERR_TOML_SYNTAX: "repair cli.toml by hand, or name another: --publisher-cli-toml-path",
  ERR_UNPROVEN: "--verify-only shows the state; run the same command again",
  ERR_UNFINISHED: "the same command as then finishes it, or `spacetime-keys resume`",
  ERR_SYMLINK: "name the file itself: --publisher-cli-toml-path, --mounted-keys-dir",
  ERR_MOUNTED_UNKNOWN:
    "it may be the only copy of a key in use: keep it by pushing it first, or move it away " +
    '(bun-tooling.md, "Keys that no vault has")',
  ERR_MOUNTED_ELSEWHERE:
    "name the environment whose keys this host mounts: --preserve-publisher-token-env",
  ERR_MOUNTED_OTHER_NAMES:
    "if the server reads those, rename them to id_ecdsa and id_ecdsa.pub; if not, move them away; " +
    "or name the folder that it reads: --mounted-keys-dir",
  ERR_MOUNTED_BEHIND: PULL,
  ERR_MOUNTED_MISSING: PULL,
  ERR_MOUNTED_DIFFERS: `if this host is to mount E's: ${PULL}`,
  ERR_TOKEN_STALE: "--resign-token-only signs it with the mounted key",
  ERR_SERVER_KEY_STALE: "--resign-token-only brings it up to the mounted key",
  ERR_TOKEN_EXPIRED: "--resign-token-only signs it without an expiry",
  ERR_TOKEN_UNVERIFIED:
    "if the identity in it is the owner's (--resign-token-only --dry-run shows it): " +
    "--resign-token-only re-signs it; if not, put cli.toml back from a backup",
  ERR_PUBLISHER_UNKNOWN:
    "after a mistaken login, put the old cli.toml back, or `spacetime-keys token restore --env E`; " +
    "`spacetime-keys sync --env E --expect-identity HEX` takes the new publisher",
  ERR_TOKEN_EXTERNAL_ISSUER:
    "such a token outlives a rotation as it is: --no-preserve-publisher-token does not change it",
  ERR_TOML_NO_TOKEN:
    "before a first publish: `spacetime login`; or --no-preserve-publisher-token does without",
};

/** What to do about a problem that the package has found. */
export function hintFor(problem: {
  code: string;
  hint: string;
  environment?: string | null | undefined;
}): string {
  const hint = HINTS[problem.code];
  if (hint === undefined) return problem.hint;
  return hint.replace(/\bE\b/g, problem.environment ?? "E");
}
