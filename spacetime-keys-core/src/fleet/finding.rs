use super::Environment;
use crate::Error;
use crate::advice::{Advice, Choice, NextStep as Step};
use crate::error::Unsound;
use crate::pem::{Effect, Half, Oddity};

/// The code of [`Finding::MountedMissing`].
pub(super) const MOUNTED_MISSING: &str = "ERR_MOUNTED_MISSING";

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the audit may still say ok.
    Warning,
    /// The audit says no.
    Error,
}

/// A finding of an audit.
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
    /// A key in a vault is written as something else than PEM text.
    StoredAs(Half, Oddity),
    /// A pair is older than the policy allows.
    TooOld,
    /// The environments of one group do not share one pair.
    NotShared,
    /// Environments of different groups share a pair.
    NotDistinct,
    /// The mounted pair is kept in no vault, for none was set up yet.
    NotKept,
    /// The mounted pair is an earlier one.
    MountedBehind,
    /// The mounted pair is another environment's, and how bad that is: an error where the environment
    /// that hosts mount by default was asked about.
    MountedDiffers(Severity),
    /// No key is mounted here, and how bad that is: an error where the vault has a pair.
    MountedMissing(Severity),
    /// The mounted files are no pair, and the environment's vault does not have the private key.
    MountedStrange(Unsound),
    /// Only a public key is mounted, and the vault is empty: nothing has the private key.
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
    /// The same, of an external issuer's.
    LoginExpired,
    /// `cli.toml` holds an earlier public key of the server.
    ServerKeyStale,
    /// A vault's list of retired keys cannot be read.
    RetiredKeysDamaged,
    /// The vaults of one group hold different lists of retired keys.
    RetiredKeysNotShared,
    /// This host's `retired-keys.json` is not its vault's list.
    RetiredKeysBehind,
}

impl Finding {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        self.problem().code
    }

    /// The table: code, severity, message, and what to do next.
    #[allow(clippy::too_many_lines)] // a table: easier to read in one piece
    fn problem(self) -> Problem {
        use Severity::{Error as Bad, Warning};
        const UNVERIFIED: &str =
            "the publisher token is signed by none of the known keys: a server answers 401";
        let (code, severity, message, hint) = match self {
            Self::Error(error) => return Problem::of(error, error.advice()),
            Self::MountedStrange(how) => {
                let hint = "the vault does not have this private key: {} sets it aside and mounts the vault's pair";
                return Problem::of(Error::MountedUnsound(how), (hint, [Step::SYNC]));
            }
            Self::MountedPublicAlone => {
                let hint = "{} makes the vault's first pair and mounts it";
                let error = Error::MountedUnsound(Unsound::HalfWritten);
                return Problem::of(error, (hint, [Step::ROTATE]));
            }
            Self::PublisherUnknown => (
                Error::PublisherUnknown.code(), Bad, "cli.toml holds the token of another publisher than the escrow: its identity does not own what the known one has published",
                ("after a mistaken login, {} brings the known publisher back. If the new one is right, {} with the identity shown adds it to the escrow",
                    [Step::TOKEN_RESTORE, Step::SYNC.with(Choice::ExpectIdentity(None))]).into(),
            ),
            Self::TokenUnverified => (
                Error::TokenUnverified.code(), Bad, UNVERIFIED,
                ("if the identity shown is the owner's: {} re-signs it; if not: {}",
                    [Step::SYNC.with(Choice::ExpectIdentity(None)), Step::TOKEN_RESTORE]).into(),
            ),
            Self::TokenUnverifiedAtFirst => (
                Error::TokenUnverified.code(), Bad, UNVERIFIED,
                ("if the identity shown is the owner's: {} makes the vault's first pair and signs the token with it",
                    [Step::ROTATE.with(Choice::ExpectIdentity(None))]).into(),
            ),
            Self::Running => (
                "ERR_RUNNING", Bad, "a run is at work right now",
                ("wait until it has ended, then {} again", [Step::Verify]).into(),
            ),
            Self::VaultUnavailable => (
                "ERR_VAULT_UNAVAILABLE", Bad, "the vault could not be read",
                "see the store's own message".into(),
            ),
            Self::NotCanonical(effect) => {
                let (severity, message, hint) = match effect {
                    Effect::Harmless => (
                        Warning, "a key's text is not in canonical form (a server reads it all the same)",
                        ("the next {} writes it clean", [Step::ROTATE]).into(),
                    ),
                    Effect::StartsBroken => (
                        Bad, "a key is in a form with which a server starts, but issues tokens that do not work",
                        mends(),
                    ),
                    Effect::RefusesToStart => (
                        Bad, "a key is in a form with which a server refuses to start",
                        mends(),
                    ),
                };
                ("ERR_KEY_NOT_CANONICAL", severity, message, hint)
            }
            Self::StoredAs(half, oddity) => {
                let form = oddity.form().unwrap_or("an odd text");
                return Problem {
                    code: "ERR_KEY_NOT_CANONICAL",
                    severity: Warning,
                    environment: None,
                    message: format!("the stored {half} key is whole, but it is written as {form}"),
                    hint: ("{} writes it clean; so does the next {}", [Step::RESUME, Step::ROTATE]).into(),
                };
            }
            Self::TooOld => (
                "ERR_KEY_TOO_OLD", Bad, "the pair is older than the policy's max_age_days",
                ("{}", [Step::ROTATE]).into(),
            ),
            Self::NotShared => (
                "ERR_POLICY_NOT_SHARED", Bad, "the environments of one group do not share one pair",
                mends(),
            ),
            Self::NotDistinct => (
                "ERR_POLICY_NOT_DISTINCT", Bad, "environments of different groups share one pair",
                ("{} gives this environment's group a pair of its own", [Step::ROTATE]).into(),
            ),
            Self::NotKept => (
                "ERR_NOT_KEPT", Warning, "the mounted keys are the only copy: no vault was set up yet",
                ("the first {} keeps them in the vault, for a rollback", [Step::ROTATE]).into(),
            ),
            Self::MountedBehind => (
                "ERR_MOUNTED_BEHIND", Bad, "the mounted keys are an earlier pair of the vault",
                brings_up(),
            ),
            Self::MountedDiffers(severity) => (
                "ERR_MOUNTED_DIFFERS", severity, "the mounted keys are another environment's",
                ("if it is to mount this environment's: {}", [Step::SYNC]).into(),
            ),
            Self::MountedMissing(severity) => (
                MOUNTED_MISSING, severity, "no keys are mounted here: id_ecdsa and id_ecdsa.pub are missing (a server that finds none makes a pair of its own, silently)",
                brings_up(),
            ),
            Self::WorldAccessible => (
                "ERR_KEY_WORLD_ACCESSIBLE", Bad, "others on this host can read or change the mounted private key",
                "`chmod 600` it (a rotation or a sync does that, too)".into(),
            ),
            Self::TokenMissing => (
                "ERR_TOKEN_MISSING", Bad, "cli.toml holds no publisher token, and the escrow holds a publisher",
                restores(),
            ),
            Self::CliTomlMissing => (
                "ERR_CLI_TOML_MISSING", Warning, "there is no cli.toml here, and the escrow holds a publisher",
                restores(),
            ),
            Self::TokenStale => (
                "ERR_TOKEN_STALE", Bad, "the publisher token was signed by an earlier key: a server answers 401",
                brings_up(),
            ),
            Self::TokenExpired => (
                "ERR_TOKEN_EXPIRED", Bad, "the publisher token has expired: a server answers 401",
                ("{} signs it without an expiry", [Step::PublisherResign]).into(),
            ),
            Self::LoginExpired => (
                "ERR_TOKEN_EXPIRED", Bad, "the publisher token has expired: a server answers 401",
                Error::EscrowExternal.advice(),
            ),
            Self::ServerKeyStale => (
                "ERR_SERVER_KEY_STALE", Warning, "cli.toml remembers an earlier public key of the server",
                brings_up(),
            ),
            Self::RetiredKeysDamaged => (
                Error::RetiredKeysDamaged.code(), Bad, "the vault's list of retired keys cannot be read",
                ("{} begins a new one, with what earlier versions and this host have of it", [Step::RESUME]).into(),
            ),
            Self::RetiredKeysNotShared => (
                "ERR_RETIRED_KEYS_NOT_SHARED", Bad, "the vaults of one group hold different lists of retired keys",
                mends(),
            ),
            Self::RetiredKeysBehind => (
                "ERR_RETIRED_KEYS_BEHIND", Bad, "retired-keys.json is not the vault's list: the exchange honours other keys than it should",
                brings_up(),
            ),
        };
        Problem { code, severity, environment: None, message: message.to_owned(), hint }
    }

    /// Every finding, with everything that it can name: for lists of them.
    pub fn all() -> Vec<Self> {
        use Effect::{Harmless, RefusesToStart, StartsBroken};
        let mut all: Vec<_> = Error::all().into_iter().map(Self::Error).collect();
        all.extend([Harmless, StartsBroken, RefusesToStart].map(Self::NotCanonical));
        let forms = [Oddity::Base64, Oddity::NoArmour, Oddity::Jwk, Oddity::Json];
        all.extend(forms.map(|form| Self::StoredAs(Half::Private, form)));
        all.extend([
            Self::Running,
            Self::VaultUnavailable,
            Self::TooOld,
            Self::NotShared,
            Self::NotDistinct,
            Self::NotKept,
            Self::MountedBehind,
            Self::MountedDiffers(Severity::Warning),
            Self::MountedMissing(Severity::Warning),
            Self::MountedStrange(Unsound::Mismatched),
            Self::MountedPublicAlone,
            Self::WorldAccessible,
            Self::TokenMissing,
            Self::CliTomlMissing,
            Self::PublisherUnknown,
            Self::TokenUnverified,
            Self::TokenUnverifiedAtFirst,
            Self::TokenStale,
            Self::TokenExpired,
            Self::LoginExpired,
            Self::ServerKeyStale,
            Self::RetiredKeysDamaged,
            Self::RetiredKeysNotShared,
            Self::RetiredKeysBehind,
        ]);
        all
    }
}

fn mends() -> Advice {
    ("{} repairs it", [Step::RESUME]).into()
}

fn brings_up() -> Advice {
    ("{} brings this host up to its vault", [Step::SYNC]).into()
}

fn restores() -> Advice {
    ("{} signs a token for the publisher in escrow", [Step::TOKEN_RESTORE]).into()
}

/// A finding, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// A stable name for programs.
    pub code: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// The environment that it is about, if it is about one.
    pub environment: Option<Environment>,
    /// The finding.
    pub message: String,
    /// What to do next. In JSON it stands in the program's commands.
    pub hint: Advice,
}

impl Problem {
    /// A finding, with the environment's name put into its hint.
    pub fn new(finding: Finding, environment: Option<&Environment>) -> Self {
        let Self { code, severity, message, hint, .. } = finding.problem();
        let hint = hint.at(environment);
        Self { code, severity, environment: environment.cloned(), message, hint }
    }

    fn of(error: Error, hint: impl Into<Advice>) -> Self {
        let (code, message) = (error.code(), error.to_string());
        Self { code, severity: Severity::Error, environment: None, message, hint: hint.into() }
    }
}
