//! Flags of the self-hosting guide's script, and what they are here.

use crate::failure::Failure;

const FLAGS: &[(&str, &str)] = &[
    ("--verify-only", "`spacetime-keys verify` checks, and changes nothing"),
    (
        "--resign-token-only",
        "`spacetime-keys sync` re-signs the publisher token with the vault's key",
    ),
    ("--preserve-publisher-token", "`rotate` does that by default"),
    ("--preserve-publisher-token-env", "`--host-env E` names the environment of this host"),
    ("--publisher-cli-toml-path", "`--cli-toml FILE` names it"),
    (
        "--private-key-path",
        "`--keys-dir DIR` names the folder of the keys; `token resign` takes `--private-key FILE`",
    ),
    ("--sync-mounted-keys", "`rotate` does that by default"),
];

/// What is said of a flag of the guide's.
pub(super) fn answer(flag: &str) -> Option<Failure> {
    let (flag, hint) = FLAGS.iter().find(|(name, _)| *name == flag)?;
    Some(Failure::usage(format!("{flag} is a flag of the guide's script"), *hint))
}
