//! The replacement for a default that is not there.

use std::path::{Path, PathBuf};

use super::{Around, has_keys};
use crate::host::Paths;

impl Around {
    /// The folders that hold `cli.toml` and the key files where nobody says otherwise: the user's own,
    /// then a `--root-dir`'s. In the order in which they are looked at.
    pub fn folders(&self) -> Vec<PathBuf> {
        let roots = self.root_dirs.iter().map(|root| root.join("config"));
        self.cli_folder.iter().cloned().chain(roots).collect()
    }

    /// The files that a host with these paths has where it has none at them: the first `cli.toml`
    /// that is there, and the keys of the same folder or, where that has none, of the first that has.
    /// What was `named` stays.
    pub fn in_place_of(&self, paths: &Paths, named: Named) -> Paths {
        let folders = self.folders();
        let mut paths = paths.clone();
        let mut beside = None;
        if !named.cli_toml && !paths.cli_toml.exists() {
            let files = folders.iter().map(|folder| folder.join("cli.toml"));
            if let Some(found) = files.into_iter().find(|file| file.is_file()) {
                beside = found.parent().map(Path::to_owned);
                paths.cli_toml = found;
            }
        }
        if !named.keys_dir && !paths.mounted_keys_dir.exists() {
            let mut places = beside.iter().chain(&folders);
            if let Some(found) = places.find(|folder| has_keys(folder)) {
                paths.mounted_keys_dir.clone_from(found);
            }
        }
        paths
    }
}

/// The files that the user named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named {
    /// `cli.toml`.
    pub cli_toml: bool,
    /// The folder of the keys.
    pub keys_dir: bool,
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct World {
        folder: tempfile::TempDir,
        around: Around,
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
        let around = Around::of(folder.path().to_owned(), Some(path("home")), None);
        let around = Around { root_dirs: vec![path("stdb")], ..around };
        let paths = Paths { mounted_keys_dir: path("keys"), cli_toml: path("data/cli.toml") };
        World { folder, around, paths }
    }

    impl World {
        /// Both, as seen from the world's folder.
        fn found(&self, named: Named) -> [String; 2] {
            let paths = self.around.in_place_of(&self.paths, named);
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
            let [xdg, home] = [xdg, home].map(|folder| folder.map(PathBuf::from));
            let around = Around { root_dirs: Vec::new(), ..Around::of("/x".into(), home, xdg) };
            around.folders().iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(folders(Some("/x"), Some("/home/me")), ["/x/spacetime"]);
        assert_eq!(folders(Some("x"), Some("/home/me")), ["/home/me/.config/spacetime"]);
        assert_eq!(folders(None, Some("here")), Vec::<String>::new());
    }
}
