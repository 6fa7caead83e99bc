//! A file of tests that no `mod` names is compiled by nobody, and its tests never run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Fails unless every `.rs` file below the folder of `root` is a module of it, or of a module of it.
///
/// # Panics
/// If one is forgotten, or a file cannot be read.
pub fn assert_no_file_is_forgotten(root: impl AsRef<Path>) {
    let root = root.as_ref();
    let folder = folder_of(root);
    let (mut named, mut there) = (BTreeSet::new(), BTreeSet::new());
    modules(root, &folder, &mut named);
    files(&folder, &mut there);
    let forgotten: Vec<_> = there.difference(&named).collect();
    assert!(forgotten.is_empty(), "no `mod` names {forgotten:?}");
    assert!(named.len() > 1, "{} has no modules", root.display());
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file, and all that it names; `folder` is where its modules lie.
fn modules(file: &Path, folder: &Path, named: &mut BTreeSet<PathBuf>) {
    named.insert(file.to_owned());
    let text = read(file);
    let mut elsewhere = false;
    for line in text.lines().map(str::trim) {
        let item = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let module = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        // What `#[path]` names lies elsewhere, and is somebody else's to look after.
        if let (Some(name), false) = (module, elsewhere) {
            let inside = folder.join(name);
            let own = folder.join(format!("{name}.rs"));
            let file = if own.exists() { own } else { inside.join("mod.rs") };
            modules(&file, &inside, named);
        }
        elsewhere = line.starts_with("#[path") || (elsewhere && line.starts_with('#'));
    }
}

fn files(folder: &Path, there: &mut BTreeSet<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, there);
        } else if path.extension().is_some_and(|end| end == "rs") {
            there.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_file_is_found() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        assert_no_file_is_forgotten(own.join("lib.rs"));
        // Seen from here, everything else is forgotten.
        let seen = std::panic::catch_unwind(|| assert_no_file_is_forgotten(own.join("random.rs")));
        assert!(seen.is_err());
    }
}
