//! The places where servers, their CLI and this program usually keep what a rotation is about.
//!
//! Nothing is read but names of files and, for the paths in it, a server's `config.toml`. Nothing is
//! taken: who asks is told what is where.

mod compose;
mod in_place;
mod yaml;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use spacetime_keys_core::fleet::Environment;

use crate::configuration::FILE_NAME;
use crate::error::{Failure, Kind};
use crate::files;
use crate::host::{Paths, private_key_in, public_key_in};
use crate::site::Settings;

pub use compose::{Kept, Service, services};
pub use in_place::Named;

/// The self-hosting guide's folder for a server's keys, from the folder of the project.
pub const GUIDE_KEYS: &str = ".generated/spacetimedb-keys";
/// Where the self-hosting guide keeps the publisher's `cli.toml`.
pub const GUIDE_CLI_TOML: &str = "./data/.config/spacetime/cli.toml";
/// The default place of a directory store.
pub const STORE: &str = ".spacetime-keys";

/// The official guide's `--root-dir`.
const ROOT_DIR: &str = "/stdb";

/// Whose folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// The self-hosting guide's: keys in `.generated/spacetimedb-keys`, `cli.toml` in `data`.
    Guide,
    /// `spacetime --root-dir=D`: all in `D/config`.
    RootDir,
    /// The SpacetimeDB CLI's and server's default: all in `~/.config/spacetime`.
    Home,
    /// `[certificate-authority]` in a data folder's `config.toml`.
    CertificateAuthority,
    /// The folders that a compose file mounts into a server's container.
    Compose,
}

impl Layout {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guide => "the self-hosting guide's layout",
            Self::RootDir => "a server's --root-dir",
            Self::Home => "the SpacetimeDB CLI's own folder",
            Self::CertificateAuthority => "[certificate-authority] of a server's config.toml",
            Self::Compose => "what a compose file mounts",
        }
    }
}

/// A thing in one of the usual places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The kind of place.
    pub layout: Layout,
    /// The folder: the project's, or the one that holds the files.
    pub folder: PathBuf,
    /// The server's private key.
    pub private_key: Option<PathBuf>,
    /// The server's public key.
    pub public_key: Option<PathBuf>,
    /// The SpacetimeDB CLI's file with the publisher token.
    pub cli_toml: Option<PathBuf>,
    /// A directory store.
    pub store: Option<PathBuf>,
}

impl Found {
    /// The folder of the two key files, where both have the names that servers give them.
    pub fn keys_dir(&self) -> Option<&Path> {
        let (private, public) = (self.private_key.as_deref()?, self.public_key.as_deref()?);
        let folder = files::folder_of(private);
        let named = private_key_in(folder) == private && public_key_in(folder) == public;
        named.then_some(folder)
    }

    /// The finding, for a person.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let all = [&self.private_key, &self.public_key, &self.cli_toml, &self.store];
        all.into_iter().filter_map(Option::as_deref)
    }

    fn of(layout: Layout, folder: &Path, keys: &Path, cli_toml: &Path, store: &Path) -> Self {
        let file = |path: PathBuf| path.is_file().then_some(path);
        Self {
            layout,
            folder: folder.to_owned(),
            private_key: file(private_key_in(keys)),
            public_key: file(public_key_in(keys)),
            cli_toml: file(cli_toml.to_owned()),
            store: store.is_dir().then(|| store.to_owned()),
        }
    }

    fn is_something(&self) -> bool {
        self.files().next().is_some()
    }
}

/// Where nothing was found, and what was found elsewhere.
#[derive(Clone, Debug)]
pub struct Nothing {
    /// The expected place of the store.
    pub store: PathBuf,
    /// The expected place of the mounted keys.
    pub keys_dir: PathBuf,
    /// The expected place of the publisher's file.
    pub cli_toml: PathBuf,
    /// The things in the usual places.
    pub found: Vec<Found>,
    /// The environment that was asked for, if one was.
    pub environment: Option<Environment>,
}

impl Nothing {
    /// The folder above in which the self-hosting guide's layout lies.
    pub(crate) fn project(&self) -> Option<&Path> {
        let is_project = |found: &&Found| found.layout == Layout::Guide;
        self.found.iter().find(is_project).map(|found| found.folder.as_path())
    }
}

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, keys_dir, cli_toml, found, .. } = self;
        let [store, keys_dir, cli_toml] = [store, keys_dir, cli_toml].map(|path| path.display());
        write!(
            f,
            "nothing is set up here: no {FILE_NAME}, no key store ({store}), no keys in {keys_dir}, no cli.toml ({cli_toml})"
        )?;
        let mut before = ". Found elsewhere: ";
        for found in found {
            for file in found.files() {
                write!(f, "{before}{}", file.display())?;
                before = ", ";
            }
            write!(f, " ({})", found.layout.name())?;
            before = "; ";
        }
        Ok(())
    }
}

/// Fails where neither a store, key files nor a `cli.toml` is there, and nobody has written down that
/// they belong there: this is another folder than was meant. `store` is the folder of a directory
/// store, `environment` the one that was asked for.
///
/// # Errors
/// [`Kind::NothingHere`]
pub fn require_something(
    settings: &Settings,
    store: Option<&Path>,
    paths: &Paths,
    environment: Option<&Environment>,
) -> Result<(), Failure> {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let keys = [paths.private_key(), paths.public_key()];
    if !settings.assumed
        || store.is_none_or(is_there)
        || is_there(&paths.cli_toml)
        || keys.iter().any(|key| is_there(key))
    {
        return Ok(());
    }
    let nothing = Nothing {
        store: store.map(Path::to_owned).unwrap_or_default(),
        keys_dir: paths.mounted_keys_dir.clone(),
        cli_toml: paths.cli_toml.clone(),
        found: Around::of_process().look(),
        environment: environment.cloned(),
    };
    Err(Kind::NothingHere(Box::new(nothing)).into())
}

/// From where the usual places are looked for.
#[derive(Clone, Debug)]
pub struct Around {
    /// The folder that somebody works in. Those above it are searched, too.
    pub folder: PathBuf,
    /// The folder that `~` stands for.
    pub home: Option<PathBuf>,
    /// The folder of the SpacetimeDB CLI's own files: `~/.config/spacetime`.
    pub cli_folder: Option<PathBuf>,
    /// Folders that a server may have as its `--root-dir`.
    pub root_dirs: Vec<PathBuf>,
}

impl Around {
    /// As this process was started: its working directory, and its user's folders.
    pub fn of_process() -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let folder = std::env::current_dir().unwrap_or_default();
        let around = Self::of(folder, std::env::home_dir(), variable("XDG_CONFIG_HOME"));
        if cfg!(windows) {
            let local = variable("LOCALAPPDATA");
            let cli_folder = local.map(|folder| folder.join("SpacetimeDB").join("config"));
            return Self { cli_folder, root_dirs: Vec::new(), ..around };
        }
        around
    }

    /// From a folder, of a user with this home folder. A relative `$XDG_CONFIG_HOME` does not count
    /// (its specification says so).
    pub fn of(folder: PathBuf, home: Option<PathBuf>, xdg_config_home: Option<PathBuf>) -> Self {
        let home = home.filter(|folder| folder.is_absolute());
        let config = xdg_config_home
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(home.as_ref()?.join(".config")));
        let cli_folder = config.map(|config| config.join("spacetime"));
        Self { folder, home, cli_folder, root_dirs: vec![ROOT_DIR.into()] }
    }

    /// What lies in the usual places: the nearest first, each file once.
    pub fn look(&self) -> Vec<Found> {
        let mut found = Vec::new();
        // What is above a home folder is nobody's project.
        let above = self.folder.ancestors().skip(1);
        let above = above.take_while(|folder| Some(*folder) != self.home.as_deref());
        for folder in std::iter::once(self.folder.as_path()).chain(above) {
            let (keys, cli_toml) = (folder.join(GUIDE_KEYS), folder.join(GUIDE_CLI_TOML));
            // A path without the dot reads better.
            let cli_toml: PathBuf = cli_toml.components().collect();
            found.push(Found::of(Layout::Guide, folder, &keys, &cli_toml, &folder.join(STORE)));
            found.push(in_one_folder(Layout::RootDir, &folder.join("config")));
            found.extend(certificate_authority(folder));
            found.extend(certificate_authority(&folder.join("data")));
        }
        for root in &self.root_dirs {
            found.push(in_one_folder(Layout::RootDir, &root.join("config")));
            found.extend(certificate_authority(&root.join("data")));
        }
        if let Some(folder) = &self.cli_folder {
            found.push(in_one_folder(Layout::Home, folder));
        }
        if let Some(home) = &self.home {
            found.extend(certificate_authority(&home.join(".local/share/spacetime/data")));
        }
        let mut seen = BTreeSet::new();
        found.retain(|found| {
            found.is_something() && found.files().any(|file| seen.insert(file.to_owned()))
        });
        found
    }
}

fn has_keys(folder: &Path) -> bool {
    private_key_in(folder).exists() || public_key_in(folder).exists()
}

fn in_one_folder(layout: Layout, folder: &Path) -> Found {
    let cli_toml = folder.join("cli.toml");
    Found::of(layout, folder, folder, &cli_toml, &folder.join(STORE))
}

/// The keys that a server's `config.toml` names. Whatever else stands there is none of ours; where it
/// cannot be read, it names none.
fn certificate_authority(data: &Path) -> Option<Found> {
    let text = files::read_text(&data.join("config.toml")).ok()??;
    let file = toml_edit::Document::parse(text.as_str()).ok()?;
    let authority = file.get("certificate-authority")?;
    let key = |name: &str| {
        let path = Path::new(authority.get(name)?.as_str()?);
        // The server expands no `~`, and starts somewhere that is not known here.
        (path.is_absolute() && path.is_file()).then(|| path.to_owned())
    };
    Some(Found {
        layout: Layout::CertificateAuthority,
        folder: data.to_owned(),
        private_key: key("jwt-priv-key-path"),
        public_key: key("jwt-pub-key-path"),
        cli_toml: None,
        store: None,
    })
}
