//! The parts of a plan.

use crate::jwt::Publisher;
use crate::{Error, Fingerprint, Identity};

use super::{Environment, Operation, Origin, Retirement};

/// A request: the operation and its choices.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
pub struct Request {
    /// The operation that the plan carries out.
    pub operation: Operation,
    /// The run's id; the same again when a run that was cut short is continued.
    pub rotation_id: String,
    /// Whether such a run is continued.
    pub continuing: bool,
    /// The environments that were named. Their whole groups are meant.
    pub environments: Vec<Environment>,
    /// The environment whose keys this host mounts.
    pub host: Option<Environment>,
    /// Whether somebody said so, so that the keys of another environment may be replaced here.
    pub host_is_named: bool,
    /// Whether the mounted files follow.
    pub sync_mounted: bool,
    /// Whether the publisher token is re-signed.
    pub preserve_publisher: bool,
    /// Keep a mounted pair that the vault has never seen, as the version before the new one.
    pub adopt_mounted: bool,
    /// Make a new pair although the private key of the present one is nowhere to be found.
    pub replace_lost_key: bool,
    /// The identity that the publisher token must have.
    pub expect_identity: Option<Identity>,
    /// Re-sign a token that no known key has signed.
    pub allow_unverified: bool,
    /// Re-sign a token of an external issuer.
    pub allow_external_issuer: bool,
    /// For how many seconds what the replaced pair has signed is honoured; `None`: as the policy has
    /// it. `Some(0)` ends it for all earlier pairs, too.
    pub honor_old_tokens: Option<u32>,
    /// The replaced pair has leaked: it is revoked.
    pub compromised: bool,
}

impl Request {
    /// An operation without environments, a host and an id, as it is where nothing else is said: the
    /// mounted files and the publisher token follow, and nothing is allowed.
    pub const fn new(operation: Operation) -> Self {
        Self {
            operation,
            rotation_id: String::new(),
            continuing: false,
            environments: Vec::new(),
            host: None,
            host_is_named: false,
            sync_mounted: true,
            preserve_publisher: true,
            adopt_mounted: false,
            replace_lost_key: false,
            expect_identity: None,
            allow_unverified: false,
            allow_external_issuer: false,
            honor_old_tokens: None,
            compromised: false,
        }
    }
}

/// The origin of the pair that a group is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It has yet to be made.
    New,
    /// From a vault.
    Stored {
        /// The environment of the vault.
        environment: Environment,
        /// The version of the private key, as the store names it.
        version: String,
        /// The pair's fingerprint.
        fingerprint: Fingerprint,
    },
    /// From the mounted files.
    Mounted {
        /// The pair's fingerprint.
        fingerprint: Fingerprint,
    },
}

impl Source {
    /// The pair's fingerprint, if it exists already.
    pub const fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::New => None,
            Self::Stored { fingerprint, .. } | Self::Mounted { fingerprint } => Some(*fingerprint),
        }
    }
}

/// One group and the pair that it holds at the end.
#[derive(Clone, Debug)]
pub struct Target {
    /// The environments of the group.
    pub environments: Vec<Environment>,
    /// Where its pair comes from.
    pub source: Source,
    /// The mounted pair, if it is pushed first.
    pub adopt: Option<Fingerprint>,
    /// Why the pair is pushed.
    pub origin: Origin,
    /// The note about the previous pair, where a list of retired keys is kept.
    pub retirement: Option<Retirement>,
}

/// The action of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Keep the publisher's claims in the host's vault.
    Escrow,
    /// Push the mounted private key, as the version that a rollback returns to.
    AdoptPrivate,
    /// Push its public key.
    AdoptPublic,
    /// Note the pair before in the vault's list of retired keys, and read it back.
    RetireKeys,
    /// Make a pair and test it.
    Generate,
    /// Read the pair from where it is, and test it.
    Load,
    /// Push the private key, and read it back.
    PushPrivate,
    /// Push the public key, and read it back.
    PushPublic,
    /// Bring this host's `retired-keys.json` up to its vault's list.
    MountRetiredKeys,
    /// Put a mounted private key that no vault has out of the way, without losing it.
    SetAside,
    /// Replace the mounted private key.
    MountPrivate,
    /// Replace the mounted public key.
    MountPublic,
    /// Re-sign the publisher token in `cli.toml`.
    ResignToken,
    /// Put the new public key in the place of the server's earlier one, in a `cli.toml` whose token
    /// stays as it is.
    UpdateServerKey,
    /// Look at everything again, and judge it.
    Prove,
}

impl Action {
    /// The step's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escrow => "escrow",
            Self::AdoptPrivate => "adopt-private",
            Self::AdoptPublic => "adopt-public",
            Self::RetireKeys => "retire-keys",
            Self::Generate => "generate",
            Self::Load => "load",
            Self::PushPrivate => "push-private",
            Self::PushPublic => "push-public",
            Self::MountRetiredKeys => "mount-retired-keys",
            Self::SetAside => "set-aside",
            Self::MountPrivate => "mount-private",
            Self::MountPublic => "mount-public",
            Self::ResignToken => "resign-token",
            Self::UpdateServerKey => "update-server-key",
            Self::Prove => "prove",
        }
    }
}

/// Steps of one stage that concern different environments do not depend on each other.
#[derive(PartialEq, Eq)]
enum Stage {
    Escrow,
    Adopt,
    Retire,
    Keys,
    Push,
    Host,
    Prove,
}

impl Action {
    const fn stage(self) -> Stage {
        match self {
            Self::Escrow => Stage::Escrow,
            Self::AdoptPrivate | Self::AdoptPublic => Stage::Adopt,
            Self::RetireKeys => Stage::Retire,
            Self::Generate | Self::Load => Stage::Keys,
            Self::PushPrivate | Self::PushPublic => Stage::Push,
            Self::MountRetiredKeys
            | Self::SetAside
            | Self::MountPrivate
            | Self::MountPublic
            | Self::ResignToken
            | Self::UpdateServerKey => Stage::Host,
            Self::Prove => Stage::Prove,
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its action.
    pub action: Action,
    /// Where; for steps of a whole group or of all, the first environment concerned.
    pub environment: Environment,
    /// The target that it belongs to, as an index into the plan's targets.
    pub target: usize,
}

/// Something that a person should know about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Note {
    /// There is no `cli.toml`: no token to re-sign.
    NoCliToml,
    /// The token stays as it is, and servers will refuse it.
    TokenNotPreserved,
    /// The token is an external issuer's: a rotation leaves it as it is, and it stays valid.
    TokenOfIssuer,
    /// The mounted files stay as they are.
    MountedNotSynced,
    /// This host mounts the keys of an environment that is not concerned.
    HostNotConcerned,
    /// The mounted pair becomes the vault's first version.
    Adopts,
    /// The escrow holds another publisher than the token's.
    AnotherPublisher,
    /// The token is re-signed, though no known key had signed it.
    TokenUnverified,
    /// The token would have expired, and will not any more.
    BecomesEternal,
}

/// The steps from a snapshot to the end of an operation.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The groups and their pairs.
    pub targets: Vec<Target>,
    /// The steps that are left, in their order.
    pub steps: Vec<Step>,
    /// The host's environment and its target, if this host is concerned.
    pub host: Option<(Environment, usize)>,
    /// The publisher whose claims are to be in escrow.
    pub escrow: Option<Publisher>,
    /// The publisher whose token follows.
    pub publisher: Option<Publisher>,
    /// The key that its present token verifies with.
    pub verified_with: Option<Fingerprint>,
    /// Notes for a person.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Every environment concerned.
    pub fn environments(&self) -> impl Iterator<Item = &Environment> {
        self.targets.iter().flat_map(|target| &target.environments)
    }

    /// The steps in stages. A stage begins when the one before has ended; within one, steps of the
    /// same environment follow each other, and those of different environments (they stand
    /// together) may be carried out at once.
    pub fn stages(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.chunk_by(|a, b| a.action.stage() == b.action.stage())
    }

    /// Whether there is anything left to do but to prove it.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(|step| step.action != Action::Prove)
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The problem.
    pub error: Error,
    /// Where; for the hint.
    pub environment: Option<Environment>,
}
