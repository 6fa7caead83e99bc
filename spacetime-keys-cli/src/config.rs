//! `spacetime-keys.toml`, and the defaults where it is silent: the self-hosting guide's.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use spacetime_keys_rotation::Paths;
use spacetime_keys_rotation::site::{Names, Settings};
use spacetime_keys_rotation::store::StoreSettings;

use crate::failure::Failure;
use crate::files;

/// The directory store's folder, and of every store the marks of runs on this machine.
const STORE: &str = ".spacetime-keys";

/// Looked for in the working directory.
const FILE_NAME: &str = "spacetime-keys.toml";

/// The configuration, checked.
pub(crate) struct Config {
    /// Environments in the file's order (or the guide's).
    pub(crate) settings: Settings,
    pub(crate) store: StoreSettings,
    paths: Paths,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    store: StoreTable,
    #[serde(deserialize_with = "in_order")]
    environments: Option<Vec<(String, String)>>,
    policy: PolicyTable,
    host: HostTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StoreTable {
    kind: Option<String>,
    auth: Option<String>,
    timeout_seconds: Option<u64>,
    path: Option<PathBuf>,
    private_secret: Option<String>,
    public_secret: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PolicyTable {
    groups: Option<Vec<Vec<String>>>,
    max_age_days: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HostTable {
    mounted_keys_dir: Option<PathBuf>,
    cli_toml: Option<PathBuf>,
}

impl Config {
    /// Reads the named file, or `spacetime-keys.toml` in the working directory if there is one.
    ///
    /// Relative paths start at the file's folder, those that it leaves to their defaults, too.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or(Path::new(FILE_NAME));
        let text = match (files::read_text(path)?, named) {
            (Some(text), _) => text,
            (None, None) => return Self::new(File::default(), Path::new("")),
            (None, Some(_)) => return Err(files::not_found(path).into()),
        };
        let file: File = toml_edit::de::from_str(&text).map_err(|error| {
            // The parser's own message quotes the file.
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            invalid(format!("line {line} is not understood")).prefix(path.display())
        })?;
        Self::new(file, files::folder_of(path)).map_err(|failure| failure.prefix(path.display()))
    }

    fn new(file: File, folder: &Path) -> Result<Self, Failure> {
        let place = |given: Option<PathBuf>, default: &str| {
            let path = given.unwrap_or_else(|| PathBuf::from(default));
            // So that what is printed is short where the file is in the working directory.
            if folder == Path::new(".") { path } else { folder.join(path) }
        };
        let store_is_named = file.store.path.is_some();
        let path = place(file.store.path, STORE);
        if !store_is_named && !path.exists() && Path::new(STORE).exists() {
            return Err(Failure::config(
                format!(
                    "the store was in the working directory's {STORE}, and is beside the configuration now"
                ),
                format!("move it to {}, or name it: [store] path", path.display()),
            ));
        }
        let StoreTable { kind, auth, timeout_seconds, .. } = file.store;
        let store =
            StoreSettings::named(kind.as_deref(), path.clone(), auth.as_deref(), timeout_seconds)?;
        let names = Names {
            environments: file.environments,
            groups: file.policy.groups,
            max_age_days: file.policy.max_age_days.unwrap_or(0),
            private_secret: file.store.private_secret,
            public_secret: file.store.public_secret,
            escrow_secret: None,
            in_key_vault: matches!(store, StoreSettings::AzureKeyVault(_)),
        };
        Ok(Self {
            // A vault's name never begins with a dot.
            settings: Settings::new(names, path.join(".state"))?,
            store,
            paths: Paths {
                mounted_keys_dir: place(file.host.mounted_keys_dir, ".generated/spacetimedb-keys"),
                cli_toml: place(file.host.cli_toml, "./data/.config/spacetime/cli.toml"),
            },
        })
    }

    /// This host's files: those that arguments name, else the configuration's.
    pub(crate) fn paths(&self, cli_toml: Option<&Path>, keys_dir: Option<&Path>) -> Paths {
        Paths {
            mounted_keys_dir: keys_dir.unwrap_or(&self.paths.mounted_keys_dir).to_owned(),
            cli_toml: cli_toml.unwrap_or(&self.paths.cli_toml).to_owned(),
        }
    }
}

/// A table's entries in the order of the file.
fn in_order<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<(String, String)>>, D::Error> {
    struct Entries;
    impl<'de> serde::de::Visitor<'de> for Entries {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("environment = \"vault\"")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries).map(Some)
}

/// What a configuration file can say.
pub(crate) const MEMBERS: &str = "see docs/configuration.md: [store] kind, path, auth, timeout_seconds, private_secret, public_secret; \
    [environments]; [policy] groups, max_age_days; [host] mounted_keys_dir, cli_toml";

fn invalid(message: String) -> Failure {
    Failure::config(message, MEMBERS)
}
