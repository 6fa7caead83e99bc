//! Where a host keeps its files: the layouts that people have.

use std::path::{Path, PathBuf};

/// Paths inside a host's folder.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    /// The folder in which a person stands who works with this server.
    pub(crate) work: &'static str,
    /// The home folder of that person.
    pub(crate) home: &'static str,
    /// `XDG_CONFIG_HOME`, where it is set.
    pub(crate) config_home: Option<&'static str>,
    /// The CLI's `--root-dir`, where it is called with one.
    pub(crate) root_dir: Option<&'static str>,
    /// The keys that the server reads.
    pub(crate) keys: &'static str,
    /// The CLI's file.
    pub(crate) cli_toml: &'static str,
    /// The server's data.
    pub(crate) data: &'static str,
}

impl Places {
    /// The self-hosting guide's.
    pub(crate) const GUIDE: Self = Self {
        work: "",
        home: "",
        config_home: Some("data/.config"),
        root_dir: None,
        keys: ".generated/spacetimedb-keys",
        cli_toml: "data/.config/spacetime/cli.toml",
        data: "data/server",
    };

    /// The official guide's for a machine of its own, `--root-dir=/stdb`. Here `/stdb` is in the
    /// host's folder.
    pub(crate) const ROOT_DIR: Self = Self {
        work: "stdb",
        home: "home",
        config_home: None,
        root_dir: Some("stdb"),
        keys: "stdb/config",
        cli_toml: "stdb/config/cli.toml",
        data: "stdb/data",
    };

    /// `spacetime start` and the CLI without any argument: all in the home folder, where somebody
    /// stands in a project.
    pub(crate) const HOME: Self = Self {
        work: "home/game",
        home: "home",
        config_home: None,
        root_dir: None,
        keys: "home/.config/spacetime",
        cli_toml: "home/.config/spacetime/cli.toml",
        data: "home/.local/share/spacetime/data",
    };

    /// A container that mounts a folder of the project; the CLI is on the host.
    pub(crate) const MOUNTED: Self =
        Self { keys: "home/game/keys", data: "container/data", ..Self::HOME };

    /// A container that mounts nothing: its file system is a folder beside the host's.
    pub(crate) const CONTAINER: Self = Self {
        keys: "container/home/spacetime/.config/spacetime",
        data: "container/data",
        ..Self::HOME
    };

    /// A path in a host's folder, without a slash at its end.
    pub(crate) fn inside(folder: &Path, place: &str) -> PathBuf {
        if place.is_empty() { folder.to_owned() } else { folder.join(place) }
    }
}
