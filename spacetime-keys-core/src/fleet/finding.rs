use std::fmt;

use super::Environment;
use crate::Error;
use crate::error::Unsound;
use crate::pem::Effect;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the audit may still say ok.
    Warning,
    /// The audit says no.
    Error,
}

/// What an audit can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// Something that a command would refuse, too.
    Error(Error),
    /// A run is at work right now.
    Running,
    /// The vault could not be read.
    VaultUnavailable,
    /// A key's text is not canonical, and what a server makes of that.
    NotCanonical(Effect),
    /// A pair is older than the policy allows.
    TooOld,
    /// The environments of one group do not share one pair.
    NotShared,
    /// Environments of different groups share a pair.
    NotDistinct,
    /// The mounted pair is an earlier one.
    MountedBehind,
    /// The mounted pair is another environment's, and how bad that is: an error where the environment
    /// that hosts mount by default was asked about.
    MountedDiffers(Severity),
    /// No key is mounted here, and how bad that is: an error where the vault has a pair.
    MountedMissing(Severity),
    /// The mounted files are no pair, and the environment's vault does not have the private key.
    MountedStrange(Unsound),
    /// A public key is mounted alone, and the vault is empty: there is no pair to be had of it.
    MountedPublicAlone,
    /// Others on this host may read or write the private key.
    WorldAccessible,
    /// `cli.toml` holds no token, and the escrow holds a publisher.
    TokenMissing,
    /// There is no `cli.toml`, and the escrow holds a publisher.
    CliTomlMissing,
    /// `cli.toml` holds the token of somebody else than the escrow's publishers.
    PublisherUnknown,
    /// The token was signed by nobody known.
    TokenUnverified,
    /// The same, where the vault has no pair yet.
    TokenUnverifiedAtFirst,
    /// The token was signed by an earlier key.
    TokenStale,
    /// The token has expired.
    TokenExpired,
    /// `cli.toml` holds an earlier public key of the server.
    ServerKeyStale,
}

impl Finding {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Error(error) => error.code(),
            Self::MountedStrange(how) => Error::MountedUnsound(how).code(),
            Self::MountedPublicAlone => Error::MountedUnsound(Unsound::HalfWritten).code(),
            Self::Running => "ERR_RUNNING",
            Self::VaultUnavailable => "ERR_VAULT_UNAVAILABLE",
            Self::NotCanonical(_) => "ERR_KEY_NOT_CANONICAL",
            Self::TooOld => "ERR_KEY_TOO_OLD",
            Self::NotShared => "ERR_POLICY_NOT_SHARED",
            Self::NotDistinct => "ERR_POLICY_NOT_DISTINCT",
            Self::MountedBehind => "ERR_MOUNTED_BEHIND",
            Self::MountedDiffers(_) => "ERR_MOUNTED_DIFFERS",
            Self::MountedMissing(_) => "ERR_MOUNTED_MISSING",
            Self::WorldAccessible => "ERR_KEY_WORLD_ACCESSIBLE",
            Self::TokenMissing => "ERR_TOKEN_MISSING",
            Self::CliTomlMissing => "ERR_CLI_TOML_MISSING",
            Self::PublisherUnknown => Error::PublisherUnknown.code(),
            Self::TokenUnverified | Self::TokenUnverifiedAtFirst => Error::TokenUnverified.code(),
            Self::TokenStale => "ERR_TOKEN_STALE",
            Self::TokenExpired => "ERR_TOKEN_EXPIRED",
            Self::ServerKeyStale => "ERR_SERVER_KEY_STALE",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::MountedMissing(severity) | Self::MountedDiffers(severity) => severity,
            Self::NotCanonical(Effect::Harmless) | Self::CliTomlMissing | Self::ServerKeyStale => {
                Severity::Warning
            }
            _ => Severity::Error,
        }
    }

    /// What to do next; `E` stands for the environment.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Error(error) => error.hint(),
            Self::Running => "wait until it has ended, then `spacetime-keys verify` again",
            Self::VaultUnavailable => "see the store's own message",
            Self::NotCanonical(Effect::Harmless) => {
                "the next `spacetime-keys rotate --env E` writes it clean"
            }
            Self::NotCanonical(_) | Self::NotShared => "`spacetime-keys resume --env E` mends it",
            Self::TooOld => "`spacetime-keys rotate --env E`",
            Self::NotDistinct => {
                "`spacetime-keys rotate --env E` gives this environment's group a pair of its own"
            }
            Self::MountedDiffers(_) => {
                "if it is to mount this environment's: `spacetime-keys sync --env E`"
            }
            Self::WorldAccessible => "`chmod 600` it (a rotation or a sync does that, too)",
            Self::TokenMissing | Self::CliTomlMissing => {
                "`spacetime-keys token restore --env E` signs a token for the publisher in escrow"
            }
            Self::PublisherUnknown => {
                "after a mistaken login: `spacetime-keys token restore --env E` brings the known publisher back; if the new one is right: `spacetime-keys sync --env E --expect-identity HEX` with the identity shown adds it to the escrow"
            }
            Self::MountedBehind
            | Self::MountedMissing(_)
            | Self::TokenStale
            | Self::ServerKeyStale => {
                "`spacetime-keys sync --env E` brings this host up to its vault"
            }
            Self::TokenUnverified => {
                "if the identity shown is the owner's: `spacetime-keys sync --env E --expect-identity HEX` signs it anew; if not: `spacetime-keys token restore --env E`"
            }
            Self::TokenUnverifiedAtFirst => {
                "if the identity shown is the owner's: `spacetime-keys rotate --env E --expect-identity HEX` makes the vault's first pair and signs the token with it"
            }
            Self::MountedPublicAlone => {
                "`spacetime-keys rotate --env E` makes the vault's first pair and mounts it"
            }
            Self::MountedStrange(_) => {
                "the vault does not have this private key: `spacetime-keys sync --env E` sets it aside and mounts the vault's pair"
            }
            Self::TokenExpired => {
                "`spacetime-keys token resign --cli-toml FILE --private-key FILE` signs it without an expiry"
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error(error) => return error.fmt(f),
            Self::MountedStrange(how) => return Error::MountedUnsound(*how).fmt(f),
            Self::MountedPublicAlone => {
                return Error::MountedUnsound(Unsound::HalfWritten).fmt(f);
            }
            Self::Running => "a run is at work right now",
            Self::VaultUnavailable => "the vault could not be read",
            Self::NotCanonical(Effect::Harmless) => {
                "a key's text is not in canonical form (a server reads it all the same)"
            }
            Self::NotCanonical(Effect::StartsBroken) => {
                "a key is in a form with which a server starts, but issues tokens that do not work"
            }
            Self::NotCanonical(Effect::RefusesToStart) => {
                "a key is in a form with which a server refuses to start"
            }
            Self::TooOld => "the pair is older than the policy's max_age_days",
            Self::NotShared => "the environments of one group do not share one pair",
            Self::NotDistinct => "environments of different groups share one pair",
            Self::MountedBehind => "the mounted keys are an earlier pair of the vault",
            Self::MountedDiffers(_) => "the mounted keys are another environment's",
            Self::MountedMissing(_) => {
                "no keys are mounted here: id_ecdsa and id_ecdsa.pub are missing (a server that finds none makes a pair of its own, silently)"
            }
            Self::WorldAccessible => "others on this host can read or change the mounted private key",
            Self::TokenMissing => "cli.toml holds no publisher token, and the escrow holds a publisher",
            Self::CliTomlMissing => "there is no cli.toml here, and the escrow holds a publisher",
            Self::PublisherUnknown => {
                "cli.toml holds the token of another publisher than the escrow: its identity does not own what the known one has published"
            }
            Self::TokenUnverified | Self::TokenUnverifiedAtFirst => {
                "the publisher token is signed by none of the known keys: a server answers 401"
            }
            Self::TokenStale => "the publisher token was signed by an earlier key: a server answers 401",
            Self::TokenExpired => "the publisher token has expired: a server answers 401",
            Self::ServerKeyStale => "cli.toml remembers an earlier public key of the server",
        })
    }
}

/// A finding, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// A stable name for programs.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub environment: Option<Environment>,
    /// What was found.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl Problem {
    /// A finding, with the environment's name put into its hint.
    pub fn new(finding: Finding, environment: Option<&Environment>) -> Self {
        Self {
            code: finding.code(),
            severity: finding.severity(),
            environment: environment.cloned(),
            message: finding.to_string(),
            hint: hint_for(finding.hint(), environment),
        }
    }
}

impl Error {
    /// [`Error::hint`] with the environment's name in the place of `E`.
    pub fn hint_for(self, environment: Option<&Environment>) -> String {
        hint_for(self.hint(), environment)
    }
}

pub(super) fn hint_for(hint: &str, environment: Option<&Environment>) -> String {
    match environment {
        Some(environment) => hint.replace("--env E", &format!("--env {environment}")),
        None => hint.to_owned(),
    }
}
