//! Servers in a compose file: which files of this host they mount their keys from, and what stays
//! inside the container.

use std::path::{Component, Path, PathBuf};

use super::yaml::Value;
use super::{Found, Layout};
use crate::files;
use crate::host::{private_key_in, public_key_in};

/// The names that compose looks for, and the self-hosting guide's.
const NAMES: [&str; 6] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    ".generated/docker-compose.yaml",
    ".generated/docker-compose.yml",
];

/// The official image's place for its keys, if no argument names another.
const IN_IMAGE: &str = "/home/spacetime/.config/spacetime";

/// A SpacetimeDB server of a compose file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The compose file.
    pub file: PathBuf,
    /// The service's name.
    pub name: String,
    /// The private key, inside the container.
    pub private_key: PathBuf,
    /// The public key, inside the container.
    pub public_key: PathBuf,
    /// Its place.
    pub kept: Kept,
}

impl Service {
    /// The keys on this host, if they are mounted from it.
    pub const fn on_host(&self) -> Option<&Found> {
        match &self.kept {
            Kept::Folder(found) | Kept::Files(found) => Some(found),
            _ => None,
        }
    }
}

/// The place of a container's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// In a folder of this host.
    Folder(Found),
    /// In files of this host, each mounted by itself: they can be written, and cannot be replaced.
    Files(Found),
    /// In a named volume.
    Volume(String),
    /// In the container, and gone with it.
    Container,
    /// The place that a variable names, which is not known here.
    Unclear,
}

/// A service, as far as it matters here.
struct Entry<'t> {
    image: &'t str,
    /// Entry point and command, word for word.
    words: Vec<&'t str>,
    volumes: Vec<Volume<'t>>,
}

impl<'t> Entry<'t> {
    fn of(value: &'t Value) -> Self {
        Self {
            image: value.get("image").text().unwrap_or_default(),
            words: [words(value.get("entrypoint")), words(value.get("command"))].concat(),
            volumes: value.get("volumes").items().iter().filter_map(Volume::of).collect(),
        }
    }
}

/// A command, as one text or word for word.
fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => text.split_whitespace().collect(),
        list => list.items().iter().filter_map(Value::text).collect(),
    }
}

struct Volume<'t> {
    source: Option<&'t str>,
    target: &'t str,
}

impl<'t> Volume<'t> {
    fn of(value: &'t Value) -> Option<Self> {
        let Some(text) = value.text() else {
            return Some(Self {
                source: value.get("source").text(),
                target: value.get("target").text()?,
            });
        };
        // `SOURCE:TARGET[:MODE]`
        let mut parts = text.split(':');
        let first = parts.next()?;
        Some(match parts.next() {
            Some(target) => Self { source: Some(first), target },
            None => Self { source: None, target: first },
        })
    }
}

/// The SpacetimeDB servers of the nearest compose file: in `folder`, else in the folders above it. One
/// that cannot be read has none.
pub fn services(folder: &Path) -> Vec<Service> {
    let all = folder.ancestors().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    all.filter(|file| file.is_file())
        .map(|file| of_file(&file))
        .find(|s| !s.is_empty())
        .unwrap_or_default()
}

fn of_file(path: &Path) -> Vec<Service> {
    let Ok(Some(text)) = files::read_text(path) else { return Vec::new() };
    let Some(file) = Value::read(&text) else { return Vec::new() };
    let services = file.get("services").entries().map(|(name, value)| (name, Entry::of(value)));
    let servers = services.filter(|(_, entry)| is_server(entry));
    servers.map(|(name, entry)| service(path, name, &entry)).collect()
}

fn is_server(entry: &Entry<'_>) -> bool {
    let starts = entry.words.contains(&"start");
    entry.image.contains("clockworklabs/spacetime")
        || starts && entry.words.iter().any(|word| word.contains("spacetime"))
}

fn service(file: &Path, name: &str, entry: &Entry<'_>) -> Service {
    let (private_key, public_key) = inside(&entry.words);
    let kept = match (mount_of(entry, &private_key), mount_of(entry, &public_key)) {
        (Some((Source::Host(private), rest)), Some((Source::Host(public), other))) => {
            let here = |source: &str, rest: &Path| {
                let path = resolved(file, source).join(rest);
                path.is_file().then_some(path)
            };
            let is_by_file = rest.as_os_str().is_empty();
            // Beside the keys, where the whole of the server's folder is mounted.
            let cli_toml = resolved(file, &private).join(rest.with_file_name("cli.toml"));
            let found = Found {
                layout: Layout::Compose,
                folder: files::folder_of(file).to_owned(),
                private_key: here(&private, &rest),
                public_key: here(&public, &other),
                cli_toml: (!is_by_file && cli_toml.is_file()).then_some(cli_toml),
                store: None,
            };
            if is_by_file { Kept::Files(found) } else { Kept::Folder(found) }
        }
        (Some((Source::Volume(name), _)), _) => Kept::Volume(name),
        (None, None) => Kept::Container,
        _ => Kept::Unclear,
    };
    Service { file: file.to_owned(), name: name.to_owned(), private_key, public_key, kept }
}

/// The files that the server's arguments name, inside the container.
fn inside(words: &[&str]) -> (PathBuf, PathBuf) {
    let value = |flag: &str| {
        words.iter().enumerate().find_map(|(at, word)| {
            let rest = word.strip_prefix(flag)?;
            rest.strip_prefix('=')
                .or_else(|| rest.is_empty().then(|| words.get(at + 1).copied())?)
        })
    };
    if let (Some(private), Some(public)) =
        (value("--jwt-priv-key-path"), value("--jwt-pub-key-path"))
    {
        return (private.into(), public.into());
    }
    let folder = value("--jwt-key-dir")
        .map(PathBuf::from)
        .or_else(|| value("--root-dir").map(|root| Path::new(root).join("config")))
        .unwrap_or_else(|| IN_IMAGE.into());
    (private_key_in(&folder), public_key_in(&folder))
}

enum Source {
    /// A path of this host, as it is written.
    Host(String),
    Volume(String),
    /// A variable says it.
    Variable,
}

/// The mount that a path inside the container lies in, and the rest of the path.
fn mount_of(entry: &Entry<'_>, path: &Path) -> Option<(Source, PathBuf)> {
    let mounts = entry.volumes.iter().filter_map(|volume| {
        let Volume { source, target } = *volume;
        let rest = path.strip_prefix(target).ok()?.to_owned();
        let source = match source {
            Some(source) if source.starts_with(['.', '/', '~']) && !source.contains('$') => {
                Source::Host(source.to_owned())
            }
            Some(source) if source.contains('$') => Source::Variable,
            Some(source) => Source::Volume(source.to_owned()),
            None => Source::Volume(String::new()),
        };
        Some((target.len(), source, rest))
    });
    let nearest = mounts.max_by_key(|(length, _, _)| *length);
    nearest.map(|(_, source, rest)| (source, rest))
}

/// A path of this host: relative ones start at the compose file's folder.
fn resolved(file: &Path, source: &str) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default();
    let path = source.strip_prefix("~/").map_or_else(|| source.into(), |rest| home().join(rest));
    let joined = files::folder_of(file).join(path);
    // `./x/../y`, as people write it.
    let mut plain = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
