//! The observations: what was seen, and what was not.

use crate::advice::Advice;
use crate::fleet::{Environment, Mounted, Place, Unfinished, Vault};
use crate::pem::Effect;
use crate::server::Wording;
use crate::{Identity, PublicKey};

use super::{
    CheckName, CliTomlSeen, DatabaseAnswer, Foreign, LogSeen, Reply, ServedKey, TokenAnswer,
    TokenSeen, Unreached, Withheld,
};

/// Everything that a diagnosis is made from. [`Default`]: nothing was seen at all.
#[derive(Debug, Default)]
pub struct Observations {
    /// The present moment, in Unix seconds.
    pub now: i64,
    /// The server's answers.
    pub server: ServerSeen,
    /// The mounted key files; `None`: they were not looked at, or are not on this machine.
    pub mounted: Option<MountedSeen>,
    /// The SpacetimeDB CLI's file.
    pub cli_toml: CliTomlSeen,
    /// The vaults of the key store, if one is at hand.
    pub vaults: Vec<Vault>,
    /// A run that was cut short, or is at work.
    pub unfinished: Option<Unfinished>,
    /// The content of a log.
    pub log: Option<LogSeen>,
    /// The settings of the project in the working folder.
    pub project: ProjectSeen,
    /// Things that are there, and could not be read.
    pub unread: Vec<Unread>,
    /// Names for commands.
    pub places: Places,
}

/// The files of a project, `spacetime.json` and those over it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProjectSeen {
    /// There is none, or nobody looked.
    #[default]
    None,
    /// They were read.
    Read {
        /// The name of the first of them.
        file: String,
        /// Whether they say that publishes are sent without a token.
        anonymous: bool,
    },
    /// They are none that the SpacetimeDB CLI reads.
    Unread {
        /// The finding.
        detail: String,
        /// The next step.
        hint: Advice,
    },
    /// They could not be read here, or are not to be believed: nothing was taken from them.
    NotTaken {
        /// The finding.
        detail: String,
        /// The next step.
        hint: Advice,
    },
}

/// Something that is there, and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The check that wanted it.
    pub name: CheckName,
    /// Where it is, and why it could not be read.
    pub detail: String,
    /// The next step.
    pub hint: Advice,
}

/// A server's answers.
#[derive(Clone, Debug, Default)]
pub struct ServerSeen {
    /// To `GET /v1/health`.
    pub health: Reply<String>,
    /// To `GET /v1/identity/public-key`.
    pub public_key: Reply<ServedKey>,
    /// To `GET /v1/identity/IDENTITY/verify` or, where a token tells no identity, `GET /v1/ping`,
    /// with the token.
    pub token: Reply<TokenAnswer>,
    /// Why the token was not sent there, if it was kept back.
    pub withheld: Option<Withheld>,
    /// To `GET /v1/database/NAME`.
    pub database: Reply<DatabaseAnswer>,
    /// The same of its parent, where the name is `parent/name`.
    pub parent: Reply<DatabaseAnswer>,
    /// To `GET /v1/identity/IDENTITY/databases`, of the token's identity.
    pub databases: Reply<Vec<String>>,
}

/// The mounted key files.
#[derive(Debug)]
pub struct MountedSeen {
    /// Their content.
    pub files: Mounted,
    /// Unix mode bits of `id_ecdsa`, where there are such.
    pub private_mode: Option<u32>,
    /// Unix mode bits of `id_ecdsa.pub`.
    pub public_mode: Option<u32>,
    /// The files and their folder, with owners, where there are such.
    pub places: Vec<Place>,
}

/// How files and programs are called in commands: as a person would type them, not yet quoted.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The path of `cli.toml`.
    pub cli_toml: String,
    /// The folder of the mounted keys.
    pub keys_dir: String,
    /// Whether those two are the configuration's own, so that a command need not name them.
    pub are_configured: bool,
    /// The configuration file, where it must be named.
    pub config: Option<String>,
    /// The environment whose keys this host mounts, as far as somebody said so.
    pub environment: Option<Environment>,
    /// The environment that is meant where several would do.
    pub likely: Option<Environment>,
    /// The server's URL.
    pub server: Option<String>,
    /// The command that restarts the server; empty: `docker compose restart`.
    pub restart: String,
}

impl Places {
    /// Whether the server is the makers' own: there an organization may own a database, and only
    /// their accounts create one.
    pub(super) fn is_maincloud(&self) -> bool {
        let url = self.server.as_deref().unwrap_or_default().to_ascii_lowercase();
        let authority = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        host == "spacetimedb.com" || host.ends_with(".spacetimedb.com")
    }
}

impl Observations {
    /// Whether a publish would create a database, and this server lets other accounts do that.
    pub(super) fn needs_account(&self) -> bool {
        let is_theirs = match &self.cli_toml {
            CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => facts.is_of_spacetimedb,
            _ => false,
        };
        let is_new =
            matches!(self.server.database, Reply::NotAsked | Reply::Is(DatabaseAnswer::Unknown));
        is_new && !is_theirs && self.server.is_there() && self.places.is_maincloud()
    }

    /// Whose token it is by its claims, whether or not a server takes it.
    pub fn identity(&self) -> Option<Identity> {
        match &self.cli_toml {
            CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => facts.identity,
            _ => None,
        }
    }

    /// Why something could not be read, if somebody knows.
    pub(super) fn unread(&self, name: CheckName) -> Option<&Unread> {
        self.unread.iter().find(|unread| unread.name == name)
    }

    /// The identity that owns the database.
    pub fn owner(&self) -> Option<Identity> {
        match self.server.database {
            Reply::Is(DatabaseAnswer::OwnedBy(owner)) => Some(owner),
            _ => None,
        }
    }
}

impl ServerSeen {
    /// The version, if the server told it.
    pub fn version(&self) -> Option<&str> {
        self.health.as_ref().map(String::as_str)
    }

    /// The wording of its refusals.
    pub(super) fn wording(&self) -> Wording {
        self.version().and_then(|version| Wording::of_version(version).ok()).unwrap_or_default()
    }

    /// The public key that the server verifies with, if it can be used.
    pub fn served_key(&self) -> Option<&PublicKey> {
        self.public_key.as_ref().and_then(|served| served.key.as_ref())
    }

    /// The same, unless its form is one that the server itself cannot verify with.
    pub fn verifying_key(&self) -> Option<&PublicKey> {
        let served = self.public_key.as_ref()?;
        served.key.as_ref().filter(|_| served.state.effect() == Effect::Harmless)
    }

    /// Whether a server was asked at all.
    pub const fn was_asked(&self) -> bool {
        !matches!(self.health, Reply::NotAsked) || !matches!(self.public_key, Reply::NotAsked)
    }

    /// Whether the database that should be the parent is not there: a publish is refused for that.
    pub(super) const fn lacks_parent(&self) -> bool {
        matches!(self.parent, Reply::Is(DatabaseAnswer::Unknown | DatabaseAnswer::BadName))
    }

    /// Whether a SpacetimeDB server answered.
    pub const fn is_there(&self) -> bool {
        self.health.as_ref().is_some() || self.public_key.as_ref().is_some()
    }

    /// What answered in the server's place. What decides on a publish comes first.
    pub fn foreign(&self) -> Option<Foreign> {
        self.token
            .foreign()
            .or_else(|| self.database.foreign())
            .or_else(|| self.health.foreign().filter(|_| !self.is_there()))
            .or_else(|| self.public_key.foreign().filter(|_| !self.is_there()))
    }

    /// Why there was no answer.
    pub fn unreached(&self) -> Option<Unreached> {
        self.health
            .unreached()
            .or_else(|| self.public_key.unreached())
            .or_else(|| self.token.unreached())
            .or_else(|| self.database.unreached())
    }
}

impl MountedSeen {
    /// Whether a file's own owner may not read it.
    pub(super) fn is_locked(&self) -> bool {
        [self.private_mode, self.public_mode].into_iter().flatten().any(|mode| mode & 0o400 == 0)
    }
}
