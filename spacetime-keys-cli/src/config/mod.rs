//! `spacetime-keys.toml`, and the defaults where it is silent: the self-hosting guide's.

mod file;
mod place;
mod show;

use std::env;
use std::path::{Path, PathBuf};

use spacetime_keys_core::fleet::Environment;
use spacetime_keys_rotation::configuration::Configuration;
use spacetime_keys_rotation::places::{self, GUIDE_CLI_TOML, GUIDE_KEYS, Named, STORE};
use spacetime_keys_rotation::site::{Names, Settings};
use spacetime_keys_rotation::store::StoreSettings;
use spacetime_keys_rotation::{Paths, configuration, host};

use crate::doctor::Defaults;
use crate::failure::Failure;
use crate::files;
pub(crate) use file::MEMBERS;
use file::{File, HostTable, StoreTable};
pub(crate) use show::Entry;

/// Names the configuration's file.
const CONFIG: &str = "SPACETIME_KEYS_CONFIG";
/// Names the environment that a command is about.
const ENV: &str = "SPACETIME_KEYS_ENV";

/// The configuration, checked.
pub(crate) struct Config {
    /// Its file, if there is one.
    pub(crate) path: Option<PathBuf>,
    /// Environments in the file's order (or the guide's).
    pub(crate) settings: Settings,
    pub(crate) store: StoreSettings,
    /// The folder of a directory store, with the marks of runs.
    pub(crate) store_folder: PathBuf,
    file: File,
    paths: Paths,
}

/// This host's files, and what names them. What nobody named may be missing.
pub(crate) struct HostFiles {
    pub(crate) paths: Paths,
    keys_by: Option<&'static str>,
    cli_toml_by: Option<&'static str>,
}

impl HostFiles {
    /// The files that the user named.
    pub(crate) const fn named(&self) -> Named {
        Named { cli_toml: self.cli_toml_by.is_some(), keys_dir: self.keys_by.is_some() }
    }

    /// Fails where the folder of the keys was named, and is not there.
    pub(crate) fn require_keys(&self) -> Result<(), Failure> {
        Ok(host::require(&self.paths.mounted_keys_dir, self.keys_by)?)
    }

    /// Fails where `cli.toml` was named, and is not there.
    pub(crate) fn require_cli_toml(&self) -> Result<(), Failure> {
        Ok(host::require(&self.paths.cli_toml, self.cli_toml_by)?)
    }
}

impl Config {
    /// Reads the named file (or the one that `SPACETIME_KEYS_CONFIG` names), else the nearest
    /// `spacetime-keys.toml` in the working directory and above it, if there is one.
    ///
    /// Relative paths start at the file's folder, those that it leaves to their defaults, too.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let variable = env::var_os(CONFIG).filter(|name| !name.is_empty()).map(PathBuf::from);
        if let Some(named) = named.or(variable.as_deref()) {
            return Self::load_named(named, "--config");
        }
        match configuration::find(Path::new("."))? {
            // So that what is printed is short.
            Some(Configuration { path, text })
                if path.parent() == env::current_dir().ok().as_deref() =>
            {
                Self::read(PathBuf::from(configuration::FILE_NAME), &text)
            }
            Some(Configuration { path, text }) => Self::read(path, &text),
            None => Self::new(File::default(), None),
        }
    }

    /// Reads the file that a flag names.
    pub(crate) fn load_named(named: &Path, flag: &str) -> Result<Self, Failure> {
        let path = place::expanded(named, flag)?;
        let text = files::read_existing_text(&path)?;
        Self::read(path, &text)
    }

    fn read(path: PathBuf, text: &str) -> Result<Self, Failure> {
        let place = path.display().to_string();
        let file = toml_edit::de::from_str(text).map_err(|error| {
            // The parser's own message quotes the file.
            Failure::config(file::not_understood(text, error.span()), MEMBERS).prefix(&place)
        })?;
        Self::new(file, Some(path)).map_err(|failure| failure.prefix(&place))
    }

    fn new(file: File, path: Option<PathBuf>) -> Result<Self, Failure> {
        let folder = path.as_deref().map_or(Path::new(""), files::folder_of);
        let place = |given: Option<&Path>, by: &str, default: &str| {
            let path =
                given.map_or_else(|| Ok(default.into()), |path| place::expanded(path, by))?;
            // So that what is printed is short where the file is in the working directory.
            Ok::<_, Failure>(if folder == Path::new(".") {
                path
            } else {
                folder.join(path).components().collect()
            })
        };
        let store_folder = place(file.store.path.as_deref(), "[store] path", STORE)?;
        let moved = file.store.path.is_none() && !store_folder.exists();
        if moved && Path::new(STORE).exists() {
            return Err(Failure::config(
                format!(
                    "the store was in the working directory's {STORE}, and is beside the configuration now"
                ),
                format!("move it to {}, or name it: [store] path", store_folder.display()),
            ));
        }
        let StoreTable { kind, auth, timeout_seconds, .. } = &file.store;
        let store = StoreSettings::named(
            kind.as_deref(),
            store_folder.clone(),
            auth.as_deref(),
            *timeout_seconds,
        )?;
        let names = Names {
            // A table with nothing in it says nothing.
            environments: file.environments.clone().filter(|all| !all.is_empty()),
            groups: file.policy.groups.clone(),
            max_age_days: file.policy.max_age_days.unwrap_or(0),
            honor_old_tokens: file.policy.honor_old_tokens.unwrap_or(0),
            private_secret: file.store.private_secret.clone(),
            public_secret: file.store.public_secret.clone(),
            escrow_secret: None,
            retired_secret: None,
            host: file.host.environment.clone(),
            promotion: file.promotion.order.clone(),
            in_key_vault: matches!(store, StoreSettings::AzureKeyVault(_)),
        };
        // A vault's name never begins with a dot.
        let settings = Settings::new(names, store_folder.join(".state"))?;
        let paths = Paths {
            mounted_keys_dir: place(file.host.keys_dir.as_deref(), "[host] keys_dir", GUIDE_KEYS)?,
            cli_toml: place(file.host.cli_toml.as_deref(), "[host] cli_toml", GUIDE_CLI_TOML)?,
        };
        let settings = Settings { assumed: path.is_none(), ..settings };
        Ok(Self { path, settings, store, store_folder, file, paths })
    }

    /// This host's files: those that arguments name, else the configuration's.
    pub(crate) fn host_files(
        &self,
        cli_toml: Option<&Path>,
        keys_dir: Option<&Path>,
    ) -> Result<HostFiles, Failure> {
        let host = &self.file.host;
        let choose = |flag: &'static str,
                      given: Option<&Path>,
                      entry,
                      file: &Option<PathBuf>,
                      path: &Path| {
            Ok::<_, Failure>(match given {
                Some(given) => (place::expanded(given, flag)?, Some(flag)),
                None => (path.to_owned(), file.is_some().then_some(entry)),
            })
        };
        let (mounted_keys_dir, keys_by) = choose(
            "--keys-dir",
            keys_dir,
            "[host] keys_dir",
            &host.keys_dir,
            &self.paths.mounted_keys_dir,
        )?;
        let (cli_toml, cli_toml_by) = choose(
            "--cli-toml",
            cli_toml,
            "[host] cli_toml",
            &host.cli_toml,
            &self.paths.cli_toml,
        )?;
        Ok(HostFiles { paths: Paths { mounted_keys_dir, cli_toml }, keys_by, cli_toml_by })
    }

    /// The environment that a command is about: the one that is named, else that of
    /// `SPACETIME_KEYS_ENV`, else that of this host.
    pub(crate) fn environment_name(&self, named: Option<&str>) -> Result<String, Failure> {
        let host = || self.settings.host.as_ref().map(Environment::to_string);
        let name = named.map(str::to_owned).or_else(variable_env).or_else(host);
        let Some(name) = name else {
            // In the wrong folder no environment is the right one.
            let folder = matches!(self.store, StoreSettings::Directory(_));
            let store = folder.then_some(self.store_folder.as_path());
            places::require_something(&self.settings, store, &self.paths, None)?;
            let all: Vec<_> = self.settings.names().iter().map(Environment::to_string).collect();
            return Err(Failure::usage(
                "which environment? nothing says it",
                format!(
                    "--env E, where E is one of: {}; or {ENV}, or `[host] environment` in the configuration",
                    all.join(", ")
                ),
            ));
        };
        Ok(name)
    }

    /// The same, where it has to be one.
    pub(crate) fn environment(&self, named: Option<&str>) -> Result<Environment, Failure> {
        Ok(self.settings.environment(&self.environment_name(named)?)?)
    }

    /// The environments that `verify` is asked about: those that are named, else that of `SPACETIME_KEYS_ENV`.
    pub(crate) fn asked(named: &[String]) -> Vec<String> {
        if named.is_empty() { variable_env().into_iter().collect() } else { named.to_vec() }
    }

    /// The configured values of this host's server.
    pub(crate) fn defaults(&self) -> Defaults {
        let HostTable { server, database, restart, .. } = &self.file.host;
        Defaults {
            server: server.clone(),
            database: database.clone(),
            restart: restart.clone(),
            environment: variable_env()
                .or_else(|| self.settings.host.as_ref().map(Environment::to_string)),
        }
    }

    /// The names of all vaults.
    pub(crate) fn vaults(&self) -> String {
        let names = self.settings.environments.iter().map(|(_, vault)| vault.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

fn variable_env() -> Option<String> {
    env::var(ENV).ok().filter(|name| !name.is_empty())
}
