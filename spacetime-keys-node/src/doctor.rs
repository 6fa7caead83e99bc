//! The diagnosis of a server and a host.

use napi_derive::napi;
use serde::Deserialize;
use spacetime_keys_core::doctor::{
    Answer, CliTomlSeen, Known, LogScanner, MountedSeen, Observations, Places, ProjectSeen, Reply,
    ServerSeen, Unreached, diagnose as judge,
};
use spacetime_keys_core::fleet::{Environment, Mounted};
use spacetime_keys_core::{Error, PublicKey};

use crate::error::{bug, thrown};
use crate::fleet::{VaultContents, understand_vault};
use crate::http_answer::HttpAnswer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Seen {
    now: i64,
    server: Option<ServerContents>,
    host: Option<Host>,
    vaults: Vec<VaultContents>,
    environment: Option<String>,
    likely_host: Option<String>,
    log: Option<String>,
    places: Names,
}

/// What may not have been looked at: an absent field. `null` is something that was seen.
#[derive(Default)]
enum Looked<T> {
    #[default]
    Not,
    At(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Looked<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::At)
    }
}

/// The answer; `null`: there was none.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct ServerContents {
    url: Option<String>,
    health: Looked<HttpAnswer>,
    public_key: Looked<HttpAnswer>,
    token: Looked<HttpAnswer>,
    database: Looked<HttpAnswer>,
    parent: Looked<HttpAnswer>,
    databases: Looked<HttpAnswer>,
}

/// Files; `null`: there is none.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Host {
    private_key: Looked<String>,
    public_key: Looked<String>,
    private_mode: Option<u32>,
    public_mode: Option<u32>,
    cli_toml: Looked<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Names {
    cli_toml: String,
    keys_dir: String,
    are_configured: bool,
    config: Option<String>,
    restart: String,
}

fn reply<T>(answer: &Looked<HttpAnswer>, read: impl FnOnce(&Answer<'_>) -> Reply<T>) -> Reply<T> {
    match answer {
        Looked::Not => Reply::NotAsked,
        Looked::At(None) => Reply::Unreached(Unreached::NoConnection),
        Looked::At(Some(answer)) => read(&answer.as_answer()),
    }
}

#[napi(catch_unwind)]
pub fn diagnose(observations: String) -> napi::Result<String> {
    let seen: Seen = serde_json::from_str(&observations).map_err(bug)?;
    let seen = understand(seen).map_err(thrown)?;
    serde_json::to_string(&judge(&seen)).map_err(bug)
}

fn understand(seen: Seen) -> Result<Observations, Error> {
    let mut known = Vec::new();
    let mut vaults = Vec::new();
    for vault in &seen.vaults {
        vaults.push(understand_vault(vault, seen.now, &mut known)?);
    }
    let host = seen.host.unwrap_or_default();
    let mounted = mounted(&host);
    known.splice(0..0, mounted.iter().flat_map(|mounted| mounted.files.keys.iter().cloned()));
    let contents = seen.server.unwrap_or_default();
    let server = server(&contents);
    let cli_toml = cli_toml(&host, &known, &server, contents.url.as_deref(), seen.now);
    let log = seen.log.map(|log| {
        let mut scanner = LogScanner::default();
        scanner.push(log.as_bytes());
        scanner.finish()
    });
    let meant = seen.environment.as_deref();
    if meant.is_some_and(|name| !vaults.iter().any(|vault| vault.environment.as_str() == name)) {
        return Err(Error::EnvironmentUnknown);
    }
    let environment = |name: Option<String>| name.map(|name| Environment::new(&name)).transpose();
    Ok(Observations {
        now: seen.now,
        server,
        mounted,
        cli_toml,
        vaults,
        unfinished: None,
        log,
        // The caller knows its own project.
        project: ProjectSeen::None,
        unread: Vec::new(),
        places: Places {
            cli_toml: seen.places.cli_toml,
            keys_dir: seen.places.keys_dir,
            are_configured: seen.places.are_configured,
            config: seen.places.config,
            environment: environment(seen.environment)?,
            likely: environment(seen.likely_host)?,
            server: contents.url,
            restart: seen.places.restart,
        },
    })
}

fn server(contents: &ServerContents) -> ServerSeen {
    ServerSeen {
        health: reply(&contents.health, |answer| answer.health()),
        public_key: reply(&contents.public_key, |answer| answer.public_key()),
        token: reply(&contents.token, |answer| answer.token()),
        database: reply(&contents.database, |answer| answer.database()),
        parent: reply(&contents.parent, |answer| answer.database()),
        databases: reply(&contents.databases, |answer| answer.databases()),
        // The caller sends what it will.
        withheld: None,
    }
}

fn bytes(text: &Looked<String>) -> Option<&[u8]> {
    match text {
        Looked::At(Some(text)) => Some(text.as_bytes()),
        Looked::At(None) | Looked::Not => None,
    }
}

fn mounted(host: &Host) -> Option<MountedSeen> {
    let looked =
        [&host.private_key, &host.public_key].into_iter().any(|key| matches!(key, Looked::At(_)));
    looked.then(|| MountedSeen {
        files: Mounted::of(bytes(&host.private_key), bytes(&host.public_key)),
        private_mode: host.private_mode,
        public_mode: host.public_mode,
        places: Vec::new(),
    })
}

fn cli_toml(
    host: &Host,
    keys: &[PublicKey],
    server: &ServerSeen,
    url: Option<&str>,
    now: i64,
) -> CliTomlSeen {
    if matches!(host.cli_toml, Looked::Not) {
        return CliTomlSeen::NotLooked;
    }
    let known =
        Known { served: server.verifying_key(), keys, server: url, version: server.version(), now };
    CliTomlSeen::of(bytes(&host.cli_toml), &known)
}
