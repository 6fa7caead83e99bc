//! `spacetime-keys.toml`, and the defaults where it is silent: the self-hosting guide's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use spacetime_keys_core::fleet::{Environment, Policy};

use crate::failure::Failure;
use crate::files;
use crate::store::ESCROW_SECRET;

/// Looked for in the working directory.
const FILE_NAME: &str = "spacetime-keys.toml";

/// The configuration, checked.
pub(crate) struct Config {
    pub(crate) store: Store,
    /// Environments and their vaults, in the file's order (or the guide's).
    pub(crate) environments: Vec<(Environment, String)>,
    pub(crate) policy: Policy,
    pub(crate) mounted_keys_dir: PathBuf,
    pub(crate) cli_toml: PathBuf,
}

/// Where keys are kept.
pub(crate) struct Store {
    pub(crate) kind: StoreKind,
    /// The directory store's vaults, and of every store the marks of runs on this machine.
    pub(crate) path: PathBuf,
    pub(crate) private_secret: String,
    pub(crate) public_secret: String,
}

/// Which store.
pub(crate) enum StoreKind {
    Directory,
    #[cfg_attr(not(feature = "azure-key-vault"), expect(dead_code, reason = "that store reads it"))]
    AzureKeyVault(Azure),
}

/// How to reach Azure Key Vault.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "azure-key-vault"), expect(dead_code, reason = "that store reads it"))]
pub(crate) struct Azure {
    pub(crate) auth: Auth,
    /// How long one operation may take, retries included.
    pub(crate) timeout: Duration,
}

/// As whom to log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Auth {
    /// As the person who did `az login`.
    Cli,
    /// As this machine.
    ManagedIdentity,
    /// As this Kubernetes workload.
    WorkloadIdentity,
    /// As an application, by its secret.
    ClientSecret,
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

const ENVIRONMENTS: [(&str, &str); 4] =
    [("prod", "kv-prod"), ("test", "kv-test"), ("dev", "kv-dev"), ("local", "kv-local")];
const GROUPS: [&[&str]; 3] = [&["prod"], &["test"], &["dev", "local"]];

impl Config {
    /// Reads the named file, or `spacetime-keys.toml` in the working directory if there is one.
    ///
    /// Paths that the file names start at the file's folder, the defaults at the working directory.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or(Path::new(FILE_NAME));
        let text = match (files::read_text(path)?, named) {
            (Some(text), _) => text,
            (None, None) => return Self::new(File::default(), Path::new("")),
            (None, Some(_)) => return Err(files::not_found(path)),
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
        let kind = store_kind(&file.store)?;
        let secret = |given: Option<String>, default: &str| {
            let name = given.unwrap_or_else(|| default.to_owned());
            if is_store_name(&name) {
                Ok(name)
            } else {
                Err(invalid("a secret's name is 1 to 127 letters, digits and hyphens".into()))
            }
        };
        let private_secret = secret(file.store.private_secret, "spacetimedb-jwt-private-key")?;
        let public_secret = secret(file.store.public_secret, "spacetimedb-jwt-public-key")?;
        // Key Vault does not tell names apart by case.
        let names = [&private_secret, &public_secret, ESCROW_SECRET].map(str::to_lowercase);
        if BTreeSet::from(names).len() < 3 {
            return Err(invalid(format!(
                "private_secret, public_secret and {ESCROW_SECRET} are three different secrets"
            )));
        }
        let environments = environments(file.environments)?;
        if matches!(kind, StoreKind::AzureKeyVault(_))
            && !environments.iter().all(|(_, vault)| is_key_vault_name(vault))
        {
            return Err(invalid(
                "a key vault's name is 3 to 24 letters, digits and single hyphens, and begins with \
                 a letter"
                    .into(),
            ));
        }
        let names: Vec<_> =
            environments.iter().map(|(environment, _)| environment.clone()).collect();
        let groups = match file.policy.groups {
            Some(groups) => groups
                .iter()
                .map(|group| group.iter().map(|name| Environment::new(name)).collect())
                .collect::<Result<_, _>>()?,
            // The guide's groups, as far as their environments are configured.
            None => GROUPS
                .iter()
                .map(|group| {
                    names.iter().filter(|name| group.contains(&name.as_str())).cloned().collect()
                })
                .collect(),
        };
        let place = |given: Option<PathBuf>, default: &str| {
            given.map_or_else(|| PathBuf::from(default), |path| folder.join(path))
        };
        Ok(Self {
            store: Store {
                kind,
                path: place(file.store.path, ".spacetime-keys"),
                private_secret,
                public_secret,
            },
            policy: Policy::new(&names, groups, file.policy.max_age_days.unwrap_or(0))?,
            environments,
            mounted_keys_dir: place(file.host.mounted_keys_dir, ".generated/spacetimedb-keys"),
            cli_toml: place(file.host.cli_toml, "./data/.config/spacetime/cli.toml"),
        })
    }

    /// The environments' names.
    pub(crate) fn names(&self) -> Vec<Environment> {
        self.environments.iter().map(|(environment, _)| environment.clone()).collect()
    }

    /// The environment of that name, which must be configured.
    pub(crate) fn environment(&self, name: &str) -> Result<Environment, Failure> {
        let known = self.environments.iter().find(|(environment, _)| environment.as_str() == name);
        if let Some((environment, _)) = known {
            return Ok(environment.clone());
        }
        let names: Vec<_> = self.environments.iter().map(|(e, _)| e.as_str()).collect();
        let failure = Failure::from(spacetime_keys_core::Error::EnvironmentUnknown);
        Err(failure.with_hint(format!("one of: {}", names.join(", "))))
    }

    /// An environment's vault.
    pub(crate) fn vault(&self, environment: &Environment) -> Result<&str, Failure> {
        self.environments
            .iter()
            .find(|(found, _)| found == environment)
            .map(|(_, vault)| vault.as_str())
            .ok_or_else(|| spacetime_keys_core::Error::EnvironmentUnknown.into())
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
    let given = given.unwrap_or_else(|| {
        ENVIRONMENTS.iter().map(|(e, v)| ((*e).to_owned(), (*v).to_owned())).collect()
    });
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

fn store_kind(table: &StoreTable) -> Result<StoreKind, Failure> {
    match table.kind.as_deref() {
        None | Some("directory") if table.auth.is_some() || table.timeout_seconds.is_some() => {
            Err(invalid("auth and timeout_seconds are for kind = \"azure-key-vault\"".into()))
        }
        None | Some("directory") => Ok(StoreKind::Directory),
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
            Ok(StoreKind::AzureKeyVault(Azure { auth: *auth, timeout }))
        }
        Some(_) => Err(invalid("[store] kind is directory or azure-key-vault".into())),
    }
}

fn invalid(message: String) -> Failure {
    let hint = "see docs/configuration.md: [store] kind, path, auth, timeout_seconds, private_secret, public_secret; \
                [environments]; [policy] groups, max_age_days; [host] mounted_keys_dir, cli_toml";
    Failure::config(message, hint)
}
