//! A host and a server as a test wants them, seen as the program sees them.

// An answer that never comes is one of them everywhere.
#![allow(clippy::unnecessary_wraps, clippy::option_option)]
#![allow(clippy::format_push_string, clippy::redundant_closure_for_method_calls)]

use spacetime_keys_core::doctor::{
    Answer, Check, CheckName, CliTomlSeen, Diagnosis, Known, LogScanner, MountedSeen, Observations,
    Places, Reply, ServerSeen, diagnose,
};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    Environment, Escrow, KeyState, Mounted, Place, PlaceKind, StoredVersion, Tags, Unfinished,
    Vault,
};
use spacetime_keys_core::jwt::Publisher;
use spacetime_keys_core::{Identity, PrivateKey};

use crate::common::issued;

/// The moment at which everything is looked at.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const URL: &str = "http://127.0.0.1:3000";

/// A throwaway key pair, as files hold it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) key: PrivateKey,
    pub(crate) private: String,
    pub(crate) public: String,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let key = PrivateKey::generate().unwrap();
        let (private, public) = (key.to_pem().to_string(), key.public_key().to_pem());
        Self { key, private, public }
    }

    pub(crate) fn copy(&self) -> Self {
        let key = PrivateKey::from_pem(&self.private).unwrap();
        Self { key, private: self.private.clone(), public: self.public.clone() }
    }

    /// A token of this `sub`, as a server with this pair issues it.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.signs(&format!(r#"{{"iss":"localhost","sub":"{subject}","iat":1}}"#))
    }

    pub(crate) fn signs(&self, claims: &str) -> String {
        issued(claims, &Signer::new(&self.key).unwrap())
    }
}

/// An HTTP answer.
pub(crate) type Text = (u16, &'static str, String);

pub(crate) fn plain(status: u16, body: impl Into<String>) -> Option<Text> {
    Some((status, "text/plain; charset=utf-8", body.into()))
}

pub(crate) fn html(status: u16) -> Option<Text> {
    Some((status, "text/html", "<!DOCTYPE html><title>Sign in</title>".to_owned()))
}

/// What there is. `None` of an answer: there was none in time.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) asked: bool,
    pub(crate) health: Option<Text>,
    pub(crate) public_key: Option<Text>,
    pub(crate) token: Option<Text>,
    pub(crate) database: Option<Option<Text>>,
    pub(crate) files: Option<(Option<String>, Option<String>)>,
    pub(crate) private_mode: u32,
    /// The numbers of the folder's owner and of the files'.
    pub(crate) owners: Option<(u32, u32)>,
    /// `None`: there is no such file.
    pub(crate) cli_toml: Option<String>,
    pub(crate) vault: Option<Pair>,
    pub(crate) escrow: Vec<&'static str>,
    pub(crate) unfinished: Option<bool>,
    pub(crate) log: Option<Vec<u8>>,
    pub(crate) places: Places,
}

pub(crate) fn version(version: &str) -> Option<Text> {
    let body = format!(
        r#"{{"nodes":[0],"package_name":"spacetimedb-client-api","schedulable":true,"version":"{version}"}}"#
    );
    Some((200, "application/json", body))
}

pub(crate) fn owned_by(subject: &str) -> Option<Text> {
    let owner = Identity::from_claims("localhost", subject);
    let body = format!(r#"{{"owner_identity":{{"__identity__":"0x{owner}"}},"host_type":"wasm"}}"#);
    Some((200, "application/json", body))
}

/// A `cli.toml` with this token, that remembers these keys of these servers.
pub(crate) fn cli_toml(token: Option<&str>, servers: &[(&str, &str)]) -> String {
    let mut text =
        token.map(|token| format!("spacetimedb_token = {token:?}\n")).unwrap_or_default();
    for (host, key) in servers {
        text += &format!(
            "[[server_configs]]\nhost = \"{host}\"\nprotocol = \"http\"\necdsa_public_key = \"\"\"\n{key}\"\"\"\n"
        );
    }
    text
}

impl Scene {
    /// Everything in order: `owner` publishes to a database of his at a server with this pair.
    pub(crate) fn good(pair: &Pair) -> Self {
        Self {
            asked: true,
            health: version("1.2.0"),
            public_key: Some((200, "application/pem-certificate-chain", pair.public.clone())),
            token: Some((204, "", String::new())),
            database: Some(owned_by("owner")),
            files: Some((Some(pair.private.clone()), Some(pair.public.clone()))),
            private_mode: 0o600,
            owners: None,
            cli_toml: Some(cli_toml(Some(&pair.token("owner")), &[])),
            vault: None,
            escrow: Vec::new(),
            unfinished: None,
            log: None,
            places: Places {
                cli_toml: "cli.toml".to_owned(),
                keys_dir: "keys".to_owned(),
                server: Some(URL.to_owned()),
                ..Places::default()
            },
        }
    }

    fn key_places(&self) -> Vec<Place> {
        let Some((folder, files)) = self.owners else { return Vec::new() };
        let place = |kind, path: &str, mode, owner| Place {
            kind,
            path: path.to_owned(),
            mode,
            owner: (owner, owner),
        };
        vec![
            place(PlaceKind::KeysFolder, "keys", 0o755, folder),
            place(PlaceKind::PrivateKey, "keys/id_ecdsa", self.private_mode, files),
            place(PlaceKind::PublicKey, "keys/id_ecdsa.pub", 0o644, files),
        ]
    }

    fn vaults(&self) -> Vec<Vault> {
        let Some(pair) = &self.vault else { return Vec::new() };
        let (private, _) = KeyState::of_private(&pair.private);
        let (public, _) = KeyState::of_public(&pair.public);
        let mut escrow = Escrow::default();
        for subject in &self.escrow {
            escrow.add(Publisher::new("localhost", *subject).unwrap(), None);
        }
        vec![Vault {
            environment: Environment::new("local").unwrap(),
            name: "kv-local".to_owned(),
            latest: Some(StoredVersion {
                version: "2".to_owned(),
                fingerprint: private.fingerprint(),
                created: NOW,
                position: None,
                tags: Tags::default(),
            }),
            private,
            public,
            earlier: Vec::new(),
            escrow: Ok(escrow),
            retired: Ok(None),
            retired_before: RetiredKeys::default(),
        }]
    }

    pub(crate) fn observe(&self) -> Observations {
        fn reply<T>(text: Option<&Text>, read: impl Fn(Answer<'_>) -> Reply<T>) -> Reply<T> {
            let Some((status, content_type, body)) = text else {
                return Reply::Unreached(spacetime_keys_core::doctor::Unreached::Timeout);
            };
            read(Answer { status: *status, content_type, body: Some(body.as_bytes()) })
        }
        let mut server = ServerSeen::default();
        if self.asked {
            server.health = reply(self.health.as_ref(), |answer| answer.health());
            server.public_key = reply(self.public_key.as_ref(), |answer| answer.public_key());
            server.token = reply(self.token.as_ref(), |answer| answer.token());
            if let Some(database) = &self.database {
                server.database = reply(database.as_ref(), |answer| answer.database());
            }
        }
        let mounted = self.files.as_ref().map(|(private, public)| MountedSeen {
            files: Mounted::of(
                private.as_deref().map(str::as_bytes),
                public.as_deref().map(str::as_bytes),
            ),
            private_mode: private.as_ref().map(|_| self.private_mode),
            public_mode: public.as_ref().map(|_| 0o644),
            places: self.key_places(),
        });
        let mut keys: Vec<_> =
            mounted.iter().flat_map(|mounted| mounted.files.keys.iter().cloned()).collect();
        keys.extend(self.vault.as_ref().map(|pair| pair.key.public_key().clone()));
        let known = Known {
            served: server.verifying_key(),
            keys: &keys,
            server: Some(URL),
            version: server.version(),
            now: NOW,
        };
        let cli_toml = CliTomlSeen::of(self.cli_toml.as_deref().map(str::as_bytes), &known);
        let log = self.log.as_ref().map(|log| {
            let mut scanner = LogScanner::default();
            scanner.push(log);
            scanner.finish()
        });
        Observations {
            now: NOW,
            server,
            mounted,
            cli_toml,
            vaults: self.vaults(),
            unfinished: self.unfinished.map(|running| Unfinished { running, identity: None }),
            log,
            places: self.places.clone(),
            ..Observations::default()
        }
    }

    pub(crate) fn diagnose(&self) -> Diagnosis {
        diagnose(&self.observe())
    }
}

/// The check of this name, which must be there.
pub(crate) fn check(diagnosis: &Diagnosis, name: CheckName) -> &Check {
    let found = diagnosis.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name}: {diagnosis:?}"))
}
