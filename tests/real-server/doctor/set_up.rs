//! One set-up, drawn at random: what a host and a server look like when somebody asks.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::host::Host;

use super::keys::{Files, Oddity};
use super::token::{Kind, SignedBy};
use spacetime_keys_test_support::Random;

/// Where the server has its keys from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// The files of the current pair, sound or odd.
    Current(Oddity),
    /// Files that were not there: it has made a pair of its own, without a word.
    ItsOwn,
}

impl Serving {
    /// Each needs one start of the server.
    pub(crate) fn all() -> Vec<Self> {
        let current = Oddity::STARTS.into_iter().map(Self::Current);
        current.chain([Self::ItsOwn]).collect()
    }

    /// Whether what the server shows as its public key is one that we read.
    pub(crate) fn shows_its_key(self) -> bool {
        let Self::Current(oddity) = self else { return true };
        !matches!(oddity, Oddity::Certificate | Oddity::P384Pair | Oddity::P384Public)
    }

    /// Whether the server can sign with the private key that it has read.
    pub(crate) fn can_issue(self) -> bool {
        let Self::Current(oddity) = self else { return true };
        !matches!(oddity, Oddity::NoPublicKeyInside | Oddity::P384Pair | Oddity::P384Private)
    }
}

/// What the host shows as its mounted keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounted {
    /// The files that the server read.
    AsServed,
    /// A newer pair: the server has not been restarted since.
    Pending,
    /// A pair that has nothing to do with the server.
    Foreign,
    /// The current pair's files with this oddity.
    Odd(Oddity),
    NoPrivate,
    NoPublic,
    NoFolder,
    /// A private key that everybody may read.
    WorldReadable,
    /// A folder in the place of the private key.
    FolderInPlace,
    /// A link to itself: neither missing nor readable, for root neither.
    LinkLoop,
}

impl Mounted {
    fn draw(random: &mut Random) -> Self {
        match random.below(16) {
            0..=4 => Self::AsServed,
            5 | 6 => Self::Pending,
            7 => Self::Foreign,
            8 => Self::Odd(random.pick(&Oddity::STARTS)),
            9 => Self::Odd(random.pick(&Oddity::REFUSED)),
            10 => Self::NoPrivate,
            11 => Self::NoPublic,
            12 => Self::NoFolder,
            13 => Self::WorldReadable,
            14 => Self::FolderInPlace,
            _ => Self::LinkLoop,
        }
    }

    /// Whether something is wrong with the files themselves, for any reader.
    pub(crate) fn is_faulty(self, serving: Serving) -> bool {
        match self {
            Self::AsServed => {
                matches!(serving, Serving::Current(oddity) if oddity.is_broken())
            }
            // Without the folder, the server may be on another machine.
            Self::Pending | Self::Foreign | Self::NoFolder => false,
            Self::Odd(oddity) => oddity.is_broken(),
            _ => true,
        }
    }
}

/// What the CLI has noted of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configs {
    None,
    /// This server, with the key that it has now.
    Fresh,
    /// This server, with an older key.
    Stale,
    /// This server, without a key, and another one.
    Two,
    /// Three, of which one is this with an older key.
    ThreeStale,
}

/// What is published over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// A name that nobody has.
    New,
    /// The publisher's own.
    Own,
    /// Somebody else's.
    Others,
    /// The publisher's own, by its identity in place of its name.
    OwnByIdentity,
    /// No name that a server would take.
    BadName,
}

impl Database {
    /// What people publish over most, more often.
    const DRAWN: [Self; 11] = [
        Self::New,
        Self::New,
        Self::New,
        Self::Own,
        Self::Own,
        Self::Own,
        Self::Own,
        Self::Others,
        Self::Others,
        Self::OwnByIdentity,
        Self::BadName,
    ];
}

pub(crate) struct SetUp {
    pub(crate) serving: Serving,
    pub(crate) mounted: Mounted,
    pub(crate) token: Kind,
    pub(crate) configs: Configs,
    pub(crate) database: Database,
    /// Published by the real CLI, not by bare HTTP.
    pub(crate) by_cli: bool,
    /// The number that its names are made of.
    pub(crate) number: usize,
}

/// Names that servers refuse.
const BAD_NAMES: [&str; 8] =
    ["Bad", "bad_name", "-bad", "bad-", "b--d", "b.d", "b d", "datenbank-ä"];

impl SetUp {
    pub(crate) fn draw(random: &mut Random, serving: Serving, number: usize) -> Self {
        // Often the good one, so that databases and owners matter.
        let good = random.once_in(3);
        let mut token = if good { Kind::Local(SignedBy::Served) } else { random.pick(&Kind::ALL) };
        if token == Kind::Missing && random.once_in(2) {
            token = Kind::NoFile;
        }
        let mut mounted = Mounted::draw(random);
        // What `rotate` leaves behind until the restart.
        if token == Kind::Local(SignedBy::Pending) && !random.once_in(4) {
            mounted = Mounted::Pending;
        }
        Self {
            serving,
            mounted,
            token,
            configs: random.pick(&[
                Configs::None,
                Configs::Fresh,
                Configs::Fresh,
                Configs::Stale,
                Configs::Two,
                Configs::ThreeStale,
            ]),
            database: random.pick(&Database::DRAWN),
            // Without a token the CLI logs in first, and is somebody who has one.
            by_cli: number % 10 < 2 && !matches!(token, Kind::Missing | Kind::NoFile),
            number,
        }
    }

    /// The name of the database, if it has one. `identity` is the stocked database's.
    pub(crate) fn name(&self, identity: &str) -> String {
        match self.database {
            Database::New => format!("new-{}", self.number),
            Database::Own | Database::Others => self.stocked_name(),
            Database::OwnByIdentity => identity.to_owned(),
            Database::BadName => (*BAD_NAMES.get(self.number % BAD_NAMES.len()).unwrap()).into(),
        }
    }

    /// The name under which a database is published beforehand.
    pub(crate) fn stocked_name(&self) -> String {
        format!("stock-{}", self.number)
    }

    pub(crate) fn describe(&self) -> String {
        let Self { serving, mounted, token, configs, database, by_cli, number } = self;
        format!(
            "#{number}: serving {serving:?}, mounted {mounted:?}, token {token:?}, \
             cli.toml {configs:?}, database {database:?}{}",
            if *by_cli { ", by the CLI" } else { "" }
        )
    }
}

/// What is written to the host.
pub(crate) struct Content<'a> {
    pub(crate) url: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) mounted: &'a Files,
    pub(crate) served_public_key: &'a str,
    pub(crate) older_public_key: &'a str,
}

impl SetUp {
    /// Writes mounted keys and `cli.toml` where `spacetime-keys` looks for them by default.
    pub(crate) fn write(&self, host: &Host, content: &Content<'_>) {
        let (private_key, public_key) = (host.private_key(), host.public_key());
        if self.mounted != Mounted::NoFolder {
            fs::create_dir_all(private_key.parent().unwrap()).unwrap();
            fs::write(&private_key, &content.mounted.private_key).unwrap();
            fs::write(&public_key, &content.mounted.public_key).unwrap();
            let mode = if self.mounted == Mounted::WorldReadable { 0o644 } else { 0o600 };
            fs::set_permissions(&private_key, Permissions::from_mode(mode)).unwrap();
        }
        match self.mounted {
            Mounted::NoPrivate => fs::remove_file(&private_key).unwrap(),
            Mounted::NoPublic => fs::remove_file(&public_key).unwrap(),
            Mounted::FolderInPlace => {
                fs::remove_file(&private_key).unwrap();
                fs::create_dir(&private_key).unwrap();
            }
            Mounted::LinkLoop => {
                fs::remove_file(&private_key).unwrap();
                symlink("id_ecdsa", &private_key).unwrap();
            }
            _ => {}
        }
        if self.token != Kind::NoFile {
            let path = host.cli_toml();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, self.cli_toml(content)).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
    }

    fn cli_toml(&self, content: &Content<'_>) -> String {
        let mut text = String::new();
        if self.configs != Configs::None {
            text.push_str("default_server = \"mine\"\n");
        }
        if let Some(token) = content.token {
            let quoted = token.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(text, "spacetimedb_token = \"{quoted}\"");
        }
        let here = content.url.trim_start_matches("http://");
        let mut server = |nickname: &str, host: &str, key: Option<&str>| {
            let key = key.map(|pem| format!("ecdsa_public_key = \"\"\"\n{pem}\"\"\"\n"));
            let _ = write!(
                text,
                "\n[[server_configs]]\nnickname = \"{nickname}\"\nhost = \"{host}\"\n\
                 protocol = \"http\"\n{}",
                key.unwrap_or_default()
            );
        };
        match self.configs {
            Configs::None => {}
            Configs::Fresh => server("mine", here, Some(content.served_public_key)),
            Configs::Stale => server("mine", here, Some(content.older_public_key)),
            Configs::Two => {
                server("mine", here, None);
                server("other", "127.0.0.1:9", None);
            }
            Configs::ThreeStale => {
                server("other", "127.0.0.1:9", Some(content.served_public_key));
                server("mine", here, Some(content.older_public_key));
                server("third", "spacetime.example.com", None);
            }
        }
        text
    }
}
