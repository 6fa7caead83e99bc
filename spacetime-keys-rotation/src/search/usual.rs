//! The usual places of a publisher's claims.

use std::path::{Path, PathBuf};

use crate::files;
use crate::host::Paths;
use crate::places::Around;

/// Histories of shells, in a home folder.
const HISTORIES: [&str; 5] = [
    ".bash_history",
    ".zsh_history",
    ".ash_history",
    ".local/share/fish/fish_history",
    ".local/state/bash/history",
];

/// The places that are there: `cli.toml` and its copies, histories of shells, and servers' data folders,
/// whose commit logs have the claims of clients. The smallest first.
pub fn usual_places(around: &Around, paths: &Paths) -> Vec<PathBuf> {
    let home = around.home.iter();
    let mut found = copies(&paths.cli_toml);
    if let Some(folder) = &around.cli_folder {
        found.extend(copies(&folder.join("cli.toml")));
    }
    for root in &around.root_dirs {
        found.extend(copies(&root.join("config/cli.toml")));
    }
    found.extend(home.clone().flat_map(|home| HISTORIES.map(|history| home.join(history))));
    found.push(around.folder.join("data"));
    found.extend(around.root_dirs.iter().map(|root| root.join("data")));
    found.extend(home.map(|home| home.join(".local/share/spacetime/data")));
    found.retain(|path| path.exists());
    let mut once = Vec::new();
    for path in found {
        if !once.contains(&path) {
            once.push(path);
        }
    }
    once
}

/// A file, and what lies beside it with its name in theirs: what editors and people keep.
fn copies(file: &Path) -> Vec<PathBuf> {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir(files::folder_of(file)) else { return Vec::new() };
    let is_copy = |path: &PathBuf| {
        let found = path.file_name().and_then(|name| name.to_str());
        found.is_some_and(|found| found.contains(name)) && path.is_file()
    };
    let mut all: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(is_copy).collect();
    all.sort();
    all
}
