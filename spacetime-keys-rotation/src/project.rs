//! A project's files: `spacetime.json` in a folder or in one above it, and those that lie over it.

use std::path::Path;

use spacetime_keys_core::doctor::ProjectSeen;
use spacetime_keys_core::doctor::project::{Project, Target};

use crate::error::{Failure, Kind};
use crate::files;

const FILE: &str = "spacetime.json";

/// The files of a project.
#[derive(Debug, Default)]
pub struct Looked {
    project: Project,
    found: Found,
}

#[derive(Debug, Default)]
enum Found {
    #[default]
    Nothing,
    /// The name of the first file.
    Read(String),
    Failed(Failure),
}

/// Reads the project that `start` is in: the nearest folder with a `spacetime.json`, as the SpacetimeDB
/// CLI finds it; with the files of an environment, where one is meant. A failure is part of what is
/// found: then nothing of the project is taken.
pub fn look(start: &Path, environment: Option<&str>) -> Looked {
    let folders = start.ancestors();
    let Some(folder) = folders.into_iter().find(|folder| folder.join(FILE).exists()) else {
        return Looked::default();
    };
    match read(folder, environment) {
        Ok(project) => {
            let file = folder.join(FILE);
            let name = if folder == start { Path::new(FILE) } else { &file };
            Looked { project, found: Found::Read(name.display().to_string()) }
        }
        Err(failure) => Looked { project: Project::default(), found: Found::Failed(failure) },
    }
}

impl Looked {
    /// The content of the files.
    pub const fn project(&self) -> &Project {
        &self.project
    }

    /// The same for a diagnosis of a publish to this target.
    pub fn seen(&self, target: &Target) -> ProjectSeen {
        match &self.found {
            Found::Nothing => ProjectSeen::None,
            Found::Read(file) => {
                ProjectSeen::Read { file: file.clone(), anonymous: target.anonymous }
            }
            Found::Failed(failure) => {
                let (detail, hint) = (failure.to_string(), failure.advice());
                match failure.kind() {
                    Kind::Core(_) => ProjectSeen::Unread { detail, hint },
                    _ => ProjectSeen::NotTaken { detail, hint },
                }
            }
        }
    }
}

fn read(folder: &Path, environment: Option<&str>) -> Result<Project, Failure> {
    let mut names = vec![FILE.to_owned(), "spacetime.local.json".to_owned()];
    if let Some(environment) = environment {
        names.extend([".json", ".local.json"].map(|end| format!("spacetime.{environment}{end}")));
    }
    let mut project = Project::default();
    for path in names.iter().map(|name| folder.join(name)) {
        if let Some(over) = read_one(&path)? {
            project = project.under(over);
        }
    }
    Ok(project)
}

fn read_one(path: &Path) -> Result<Option<Project>, Failure> {
    // It says where the publisher token goes.
    let is_trusted = |owner| owner == 0 || files::is_this_user(owner);
    let Some(text) = files::read_unnamed(path, is_trusted, Kind::NotTrusted)? else {
        return Ok(None);
    };
    Project::parse(&text).map(Some).map_err(|error| Failure::in_file(path, error))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn in_folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_nearest_project_with_the_files_over_it() {
        let folder = in_folder(&[
            ("spacetime.json", "{ database: 'base', server: 'maincloud' }"),
            ("spacetime.local.json", "{ server: 'local' }"),
            ("spacetime.prod.json", "{ database: 'prod' }"),
            ("spacetime.prod.local.json", "{ anonymous: true }"),
            ("src/deep/x", ""),
            ("other/spacetime.json", "{ database: 'other' }"),
            // Over nothing.
            ("alone/spacetime.local.json", "{ database: 'alone' }"),
        ]);
        let database = |place: &str, environment| {
            let looked = look(&folder.path().join(place), environment);
            let target = looked.project().target(None);
            (target.database.unwrap(), target.server, looked.seen(&looked.project().target(None)))
        };
        let (name, server, seen) = database("src/deep", None);
        assert_eq!((name.as_str(), server.as_deref()), ("base", Some("local")));
        let ProjectSeen::Read { file, anonymous: false } = seen else { panic!("{seen:?}") };
        assert!(Path::new(&file).is_absolute(), "{file}");
        let (name, server, seen) = database("", Some("prod"));
        assert_eq!((name.as_str(), server.as_deref()), ("prod", Some("local")));
        assert_eq!(seen, ProjectSeen::Read { file: FILE.to_owned(), anonymous: true });
        assert_eq!(database("other", Some("dev")).0, "other");
        assert_eq!(database("alone", None).0, "base");
        let empty = tempfile::tempdir().unwrap();
        let looked = look(empty.path(), None);
        assert_eq!(looked.seen(&Target::default()), ProjectSeen::None);
    }

    #[test]
    fn a_project_that_cannot_be_taken() {
        let folder = in_folder(&[("spacetime.json", "{ database: 'app' }")]);
        let path = folder.path().join(FILE);
        let seen = || {
            let looked = look(folder.path(), None);
            let target = looked.project().target(None);
            (target.database.clone(), looked.seen(&target))
        };
        assert_eq!(seen().0.as_deref(), Some("app"));
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let (database, how) = seen();
        assert!(database.is_none() && matches!(how, ProjectSeen::NotTaken { .. }), "{how:?}");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, "{ database: 'secret-text").unwrap();
        let (database, how) = seen();
        let ProjectSeen::Unread { detail, .. } = how else { panic!("{how:?}") };
        assert!(database.is_none() && !detail.contains("secret"), "{detail}");
    }
}
