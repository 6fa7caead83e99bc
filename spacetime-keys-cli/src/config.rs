//! `spacetime-keys.toml`, and the defaults where it is silent: the self-hosting guide's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use spacetime_keys_core::fleet::{Environment, Policy};
use spacetime_keys_rotation::site::{self, Settings};
use spacetime_keys_rotation::store::{Auth, Azure, ESCROW_SECRET, StoreSettings};

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
    pub(crate) mounted_keys_dir: PathBuf,
    pub(crate) cli_toml: PathBuf,
}

const AUTHS: [(&str, Auth); 4] = [
    ("cli", Auth::Cli),
    ("managed-identity", Auth::ManagedIdentity),
    ("workload-identity", Auth::WorkloadIdentity),
    ("client-secret", Auth::ClientSecret),
];

const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
const MAX_TIMEOUT_SECONDS: u64 = 600;

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
        let azure = azure(&file.store)?;
        let secret = |given: Option<String>, default: &str| {
            let name = given.unwrap_or_else(|| default.to_owned());
            if is_store_name(&name) {
                Ok(name)
            } else {
                Err(invalid("a secret's name is 1 to 127 letters, digits and hyphens".into()))
            }
        };
        let private_secret = secret(file.store.private_secret, site::PRIVATE_SECRET)?;
        let public_secret = secret(file.store.public_secret, site::PUBLIC_SECRET)?;
        // Key Vault does not tell names apart by case.
        let names = [&private_secret, &public_secret, ESCROW_SECRET].map(str::to_lowercase);
        if BTreeSet::from(names).len() < 3 {
            return Err(invalid(format!(
                "private_secret, public_secret and {ESCROW_SECRET} are three different secrets"
            )));
        }
        let environments = environments(file.environments)?;
        if azure.is_some() && !environments.iter().all(|(_, vault)| is_key_vault_name(vault)) {
            return Err(invalid(
                "a key vault's name is 3 to 24 letters, digits and single hyphens, and begins with \
                 a letter"
                    .into(),
            ));
        }
        let names: Vec<_> =
            environments.iter().map(|(environment, _)| environment.clone()).collect();
        let max_age_days = file.policy.max_age_days.unwrap_or(0);
        let policy = match file.policy.groups {
            Some(groups) => {
                let groups = groups
                    .iter()
                    .map(|group| group.iter().map(|name| Environment::new(name)).collect())
                    .collect::<Result<_, _>>()?;
                Policy::new(&names, groups, max_age_days)?
            }
            None => Policy::of_guide(&names, max_age_days)?,
        };
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
        Ok(Self {
            settings: Settings {
                policy,
                environments,
                private_secret,
                public_secret,
                // A vault's name never begins with a dot.
                state: path.join(".state"),
            },
            store: azure.map_or(StoreSettings::Directory(path), StoreSettings::AzureKeyVault),
            mounted_keys_dir: place(file.host.mounted_keys_dir, ".generated/spacetimedb-keys"),
            cli_toml: place(file.host.cli_toml, "./data/.config/spacetime/cli.toml"),
        })
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

fn environments(
    given: Option<Vec<(String, String)>>,
) -> Result<Vec<(Environment, String)>, Failure> {
    let own = |(name, vault): (&str, &str)| (name.to_owned(), vault.to_owned());
    let given = given.unwrap_or_else(|| site::ENVIRONMENTS.map(own).into());
    let mut vaults = BTreeSet::new();
    given
        .into_iter()
        .map(|(name, vault)| {
            if !is_store_name(&vault) {
                return Err(invalid("a vault's name is 1 to 127 letters, digits, hyphens".into()));
            }
            // On one vault, the environments would overwrite each other's keys.
            if !vaults.insert(vault.to_lowercase()) {
                return Err(invalid("two environments have the same vault".into()));
            }
            Ok((Environment::new(&name)?, vault))
        })
        .collect()
}

/// Azure Key Vault's rule for secrets; no path separator, no dot.
fn is_store_name(name: &str) -> bool {
    (1..=127).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Azure's rule for vaults.
fn is_key_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
}

/// How to reach Azure Key Vault; `None` for a directory.
fn azure(table: &StoreTable) -> Result<Option<Azure>, Failure> {
    match table.kind.as_deref() {
        None | Some("directory") if table.auth.is_some() || table.timeout_seconds.is_some() => {
            Err(invalid("auth and timeout_seconds are for kind = \"azure-key-vault\"".into()))
        }
        None | Some("directory") => Ok(None),
        Some("azure-key-vault") => {
            let given = table.auth.as_deref().unwrap_or("cli");
            let (_, auth) = AUTHS.iter().find(|(name, _)| *name == given).ok_or_else(|| {
                let names = AUTHS.map(|(name, _)| name);
                invalid(format!("[store] auth is one of {}", names.join(", ")))
            })?;
            let seconds = table.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
            if !(1..=MAX_TIMEOUT_SECONDS).contains(&seconds) {
                return Err(invalid(format!("timeout_seconds is 1 to {MAX_TIMEOUT_SECONDS}")));
            }
            let timeout = Duration::from_secs(seconds);
            Ok(Some(Azure { auth: *auth, timeout }))
        }
        Some(_) => Err(invalid("[store] kind is directory or azure-key-vault".into())),
    }
}

fn invalid(message: String) -> Failure {
    let hint = "see docs/configuration.md: [store] kind, path, auth, timeout_seconds, private_secret, public_secret; \
                [environments]; [policy] groups, max_age_days; [host] mounted_keys_dir, cli_toml";
    Failure::config(message, hint)
}
