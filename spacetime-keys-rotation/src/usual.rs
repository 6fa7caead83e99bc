//! Where the SpacetimeDB CLI and server keep their files where nobody says otherwise.

use std::path::{Path, PathBuf};

use crate::host::{Paths, private_key_in, public_key_in};

/// The folder that the server's guide for a machine of its own takes: `--root-dir=/stdb`.
const ROOT_DIR: &str = "/stdb";

/// The folders that may hold `cli.toml` and the key files: the user's own, then a `--root-dir`'s.
#[derive(Clone, Debug)]
pub struct Usual {
    folders: Vec<PathBuf>,
}

impl Usual {
    /// Those of this process's user.
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        if cfg!(windows) {
            let own =
                variable("LOCALAPPDATA").map(|folder| folder.join("SpacetimeDB").join("config"));
            return Self { folders: own.into_iter().collect() };
        }
        Self::of(variable("XDG_CONFIG_HOME"), variable("HOME"), &[Path::new(ROOT_DIR)])
    }

    /// Those of a user with these folders, and of these `--root-dir`s. A relative
    /// `XDG_CONFIG_HOME` does not count (its specification says so).
    pub fn of(xdg: Option<PathBuf>, home: Option<PathBuf>, root_dirs: &[&Path]) -> Self {
        let xdg = xdg.filter(|folder| folder.is_absolute());
        let home = home.filter(|folder| folder.is_absolute());
        let own = xdg.or_else(|| home.map(|home| home.join(".config")));
        let own = own.map(|config| config.join("spacetime"));
        let roots = root_dirs.iter().map(|root| root.join("config"));
        Self { folders: own.into_iter().chain(roots).collect() }
    }

    /// The files that a host with these paths has where it has none at them: the first `cli.toml`
    /// that is there, and the keys of the same folder or, where that has none, of the first that has.
    /// What was `named` stays.
    pub fn in_place_of(&self, paths: &Paths, named: Named) -> Paths {
        let mut paths = paths.clone();
        let mut beside = None;
        if !named.cli_toml && !paths.cli_toml.exists() {
            let files = self.folders.iter().map(|folder| folder.join("cli.toml"));
            if let Some(found) = files.into_iter().find(|file| file.is_file()) {
                beside = found.parent().map(Path::to_owned);
                paths.cli_toml = found;
            }
        }
        if !named.keys_dir && !paths.mounted_keys_dir.exists() {
            let mut folders = beside.iter().chain(&self.folders);
            if let Some(found) = folders.find(|folder| has_keys(folder)) {
                paths.mounted_keys_dir.clone_from(found);
            }
        }
        paths
    }

    /// The folders, in the order in which they are looked at.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }
}

/// Which files somebody named, and so means.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named {
    /// `cli.toml`.
    pub cli_toml: bool,
    /// The folder of the keys.
    pub keys_dir: bool,
}

fn has_keys(folder: &Path) -> bool {
    private_key_in(folder).exists() || public_key_in(folder).exists()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct World {
        folder: tempfile::TempDir,
        usual: Usual,
        paths: Paths,
    }

    fn world(files: &[&str]) -> World {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let path = |name: &str| folder.path().join(name);
        let usual = Usual::of(None, Some(path("home")), &[&path("stdb")]);
        let paths = Paths { mounted_keys_dir: path("keys"), cli_toml: path("data/cli.toml") };
        World { folder, usual, paths }
    }

    impl World {
        /// Both, as seen from the world's folder.
        fn found(&self, named: Named) -> [String; 2] {
            let paths = self.usual.in_place_of(&self.paths, named);
            [&paths.cli_toml, &paths.mounted_keys_dir]
                .map(|path| path.strip_prefix(self.folder.path()).unwrap().display().to_string())
        }
    }

    const HOME: &str = "home/.config/spacetime/cli.toml";
    const HOME_KEY: &str = "home/.config/spacetime/id_ecdsa";
    const STDB: &str = "stdb/config/cli.toml";
    const STDB_KEY: &str = "stdb/config/id_ecdsa.pub";

    #[test]
    fn what_is_taken_in_place_of_what_is_not_there() {
        let own = ["data/cli.toml", "keys"];
        for (files, found) in [
            (&[][..], own),
            (&["data/cli.toml", "keys/id_ecdsa", HOME, HOME_KEY], own),
            (&[HOME], [HOME, "keys"]),
            (&[HOME, HOME_KEY], [HOME, "home/.config/spacetime"]),
            (&[STDB, STDB_KEY], [STDB, "stdb/config"]),
            // The login of a publisher, and the server's own folder.
            (&[HOME, STDB, STDB_KEY], [HOME, "stdb/config"]),
            (&[STDB, STDB_KEY, HOME_KEY], [STDB, "stdb/config"]),
            (&["data/cli.toml", STDB_KEY], ["data/cli.toml", "stdb/config"]),
            (&["keys/x", HOME, HOME_KEY], [HOME, "keys"]),
        ] {
            assert_eq!(world(files).found(Named::default()), found, "{files:?}");
        }
        let all = world(&[HOME, HOME_KEY]);
        let (cli_toml, keys_dir) = (true, true);
        assert_eq!(all.found(Named { cli_toml, keys_dir }), own);
        assert_eq!(
            all.found(Named { cli_toml, keys_dir: false }),
            [own[0], "home/.config/spacetime"]
        );
        assert_eq!(all.found(Named { cli_toml: false, keys_dir }), [HOME, own[1]]);
    }

    #[test]
    fn whose_folders_they_are() {
        let folders = |xdg: Option<&str>, home: Option<&str>| {
            let usual = Usual::of(xdg.map(PathBuf::from), home.map(PathBuf::from), &[]);
            usual.folders().iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(folders(Some("/x"), Some("/home/me")), ["/x/spacetime"]);
        assert_eq!(folders(Some("x"), Some("/home/me")), ["/home/me/.config/spacetime"]);
        assert_eq!(folders(None, Some("here")), Vec::<String>::new());
    }
}
