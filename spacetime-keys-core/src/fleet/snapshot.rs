use crate::error::{Algorithm, Unsound};
use crate::exchange::RetiredKeys;
use crate::jwt::{Publisher, Times};
use crate::pem::{Effect, Oddity, worst_effect};
use crate::{Error, Fingerprint, Identity, PrivateKey, PublicKey, Result};

use super::order::in_order;
use super::version::StoredVersion;
use super::{Environment, Escrow};

/// The state of one place where a key is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing.
    #[default]
    Missing,
    /// A key, of this fingerprint (of its public key), and what is odd about its text.
    Found {
        /// The public key's fingerprint.
        fingerprint: Fingerprint,
        /// The oddities that were repaired on reading.
        oddities: Vec<Oddity>,
    },
    /// Something that is not a P-256 key.
    Bad(Error),
    /// The place could not be read at all.
    Unavailable,
}

impl KeyState {
    /// What a private key's text says, and its public key. The private key is dropped at once.
    pub fn of_private(pem: impl AsRef<[u8]>) -> (Self, Option<PublicKey>) {
        Self::of(
            PrivateKey::from_pem_with_oddities(pem)
                .map(|(key, oddities)| (key.public_key().clone(), oddities)),
        )
    }

    /// A public key with its text.
    pub fn of_public(pem: impl AsRef<[u8]>) -> (Self, Option<PublicKey>) {
        Self::of(PublicKey::from_pem_with_oddities(pem))
    }

    fn of(parsed: Result<(PublicKey, Vec<Oddity>)>) -> (Self, Option<PublicKey>) {
        match parsed {
            Ok((key, oddities)) => {
                (Self::Found { fingerprint: key.fingerprint(), oddities }, Some(key))
            }
            Err(error) => (Self::Bad(error), None),
        }
    }

    /// The key's fingerprint, if there is a key.
    pub const fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::Found { fingerprint, .. } => Some(*fingerprint),
            _ => None,
        }
    }

    /// Whether it is this key in canonical form: nothing is left to write.
    pub fn is_canonical(&self, expected: Fingerprint) -> bool {
        matches!(self, Self::Found { fingerprint, oddities }
            if *fingerprint == expected && oddities.is_empty())
    }

    /// The form of its text, if it is a key in another form than PEM.
    pub fn form(&self) -> Option<Oddity> {
        let Self::Found { oddities, .. } = self else { return None };
        oddities.iter().copied().find(|oddity| oddity.form().is_some())
    }

    /// A server's behaviour with such a file.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Found { oddities, .. } => worst_effect(oddities),
            _ => Effect::Harmless,
        }
    }
}

/// The state of two keys together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairState {
    /// Neither is there.
    Empty,
    /// They belong together.
    Sound(Fingerprint),
    /// They do not.
    Unsound(Unsound),
    /// At least one could not be read.
    Unavailable,
}

impl PairState {
    /// Judges a private and a public key.
    pub fn of(private: &KeyState, public: &KeyState) -> Self {
        match (private, public) {
            (KeyState::Unavailable, _) | (_, KeyState::Unavailable) => Self::Unavailable,
            (KeyState::Missing, KeyState::Missing) => Self::Empty,
            (KeyState::Bad(_), _) | (_, KeyState::Bad(_)) => Self::Unsound(Unsound::Unreadable),
            (KeyState::Missing, _) | (_, KeyState::Missing) => Self::Unsound(Unsound::HalfWritten),
            (
                KeyState::Found { fingerprint: private, .. },
                KeyState::Found { fingerprint: public, .. },
            ) => {
                if private == public {
                    Self::Sound(*private)
                } else {
                    Self::Unsound(Unsound::Mismatched)
                }
            }
        }
    }
}

/// One environment's vault.
#[derive(Clone, Debug)]
pub struct Vault {
    /// The environment.
    pub environment: Environment,
    /// The vault's own name.
    pub name: String,
    /// The latest private key.
    pub private: KeyState,
    /// The latest public key.
    pub public: KeyState,
    /// The latest private key's version.
    pub latest: Option<StoredVersion>,
    /// Its earlier versions, in no order.
    pub earlier: Vec<StoredVersion>,
    /// The publishers in escrow.
    pub escrow: Result<Escrow>,
    /// The list of retired keys, if one is kept.
    pub retired: Result<Option<RetiredKeys>>,
    /// What the list said before, where it cannot be read: what has leaked is not forgotten with it.
    pub retired_before: RetiredKeys,
}

impl Vault {
    /// The state of its two keys together.
    pub fn pair(&self) -> PairState {
        PairState::of(&self.private, &self.public)
    }

    /// All versions of the private key.
    pub fn versions(&self) -> impl Iterator<Item = &StoredVersion> {
        self.latest.iter().chain(&self.earlier)
    }

    /// The earlier versions of the private key, the oldest first.
    pub fn earlier_in_order(&self) -> Vec<&StoredVersion> {
        in_order(self.earlier.iter().collect(), |version| version.stamp())
    }

    /// Whether some version of the private key is that of this public key.
    pub fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.versions().any(|version| version.fingerprint == Some(fingerprint))
    }

    /// Whether the escrow holds publishers, and not this one: somebody has logged in again.
    pub fn is_unknown(&self, publisher: &Publisher) -> bool {
        self.escrow.as_ref().is_ok_and(|escrow| {
            !escrow.publishers().is_empty() && !escrow.holds(publisher.identity)
        })
    }

    /// Whether the escrow holds publishers, and only such whose tokens an external issuer signs.
    pub fn logs_in_elsewhere(&self) -> bool {
        self.has_publisher()
            && self
                .escrow
                .as_ref()
                .is_ok_and(|escrow| !escrow.publishers().iter().any(Publisher::is_local))
    }

    /// Whether nobody has ever set this environment up: no keys, no earlier ones, nobody in escrow.
    pub fn is_new(&self) -> bool {
        let has_versions = self.latest.is_some() || !self.earlier.is_empty();
        let escrow_is_empty =
            self.escrow.as_ref().is_ok_and(|escrow| escrow.publishers().is_empty());
        self.pair() == PairState::Empty && !has_versions && escrow_is_empty
    }

    /// Whether the escrow holds somebody.
    pub fn has_publisher(&self) -> bool {
        self.escrow.as_ref().is_ok_and(|escrow| !escrow.publishers().is_empty())
    }
}

/// The publisher token in a host's `cli.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PublisherState {
    /// There is no `cli.toml`.
    #[default]
    NoFile,
    /// There is one, but no token in it that could be re-signed.
    Bad(Error),
    /// There is a token.
    Found {
        /// The publisher that the token is for: `iss`, `sub` and their identity.
        publisher: Publisher,
        /// The algorithm that its header names.
        algorithm: Algorithm,
        /// The known key that its signature verifies with.
        verified_with: Option<Fingerprint>,
        /// `iat` and `exp`.
        times: Times,
    },
}

/// The host: its mounted keys and its publisher.
#[derive(Clone, Debug)]
pub struct Host {
    /// `id_ecdsa`.
    pub private: KeyState,
    /// `id_ecdsa.pub`.
    pub public: KeyState,
    /// Whether others than the owner may write `id_ecdsa`, or others than owner and group read it.
    pub world_accessible: bool,
    /// Whether the folder of the mounted files is there: then this machine is a server's host, even
    /// where the files are missing.
    pub has_folder: bool,
    /// The publisher token in `cli.toml`.
    pub publisher: PublisherState,
    /// Servers' keys in `cli.toml`.
    pub server_keys: Vec<Fingerprint>,
    /// `retired-keys.json`, if it is there.
    pub retired: Result<Option<RetiredKeys>>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            private: KeyState::Missing,
            public: KeyState::Missing,
            world_accessible: false,
            has_folder: false,
            publisher: PublisherState::NoFile,
            server_keys: Vec::new(),
            retired: Ok(None),
        }
    }
}

impl Host {
    /// The state of the two mounted files together.
    pub fn pair(&self) -> PairState {
        PairState::of(&self.private, &self.public)
    }

    /// Whether its `retired-keys.json` is a copy of this list of a vault's. No list is one with nothing
    /// in it.
    pub fn has_list(&self, list: Option<&RetiredKeys>) -> bool {
        let nothing = RetiredKeys::default();
        let copy = self.retired.as_ref().map(|copy| copy.as_ref().unwrap_or(&nothing));
        copy.is_ok_and(|copy| copy.is_copy_of(list.unwrap_or(&nothing)))
    }
}

/// The operation that a person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Make a new pair.
    Rotate,
    /// Repair what is half-done or inconsistent.
    Resume,
    /// Go back to the previous pair.
    Rollback,
    /// Copy the vault's keys to this host.
    Sync,
}

impl Operation {
    /// The command's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Resume => "resume",
            Self::Rollback => "rollback",
            Self::Sync => "sync",
        }
    }

    /// The command of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rotate, Self::Resume, Self::Rollback, Self::Sync]
            .into_iter()
            .find(|operation| operation.as_str() == name)
    }
}

/// A run that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Whether it is still at work (it holds the lock).
    pub running: bool,
    /// Whose identity it set out to keep.
    pub identity: Option<Identity>,
}

/// The state of a fleet at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// One vault an environment.
    pub vaults: Vec<Vault>,
    /// The host that the program runs on.
    pub host: Host,
    /// A run that was cut short, or is at work.
    pub unfinished: Option<Unfinished>,
}

impl Snapshot {
    /// An environment's vault.
    pub fn vault(&self, environment: &Environment) -> Option<&Vault> {
        self.vaults.iter().find(|vault| vault.environment == *environment)
    }

    /// The vaults of a group, in its order.
    pub fn group<'a>(&'a self, group: &'a [Environment]) -> impl Iterator<Item = &'a Vault> {
        group.iter().filter_map(|environment| self.vault(environment))
    }
}
