//! Paths as people write them.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A path, with `~/` at its beginning put in. `by` is what names it.
///
/// Neither a configuration nor `--flag=~/…` goes through a shell.
pub(super) fn expanded(path: &Path, by: &str) -> Result<PathBuf, Failure> {
    let refuse = |what: &str| {
        Failure::config(
            format!("{by}: {what}"),
            "write the path in full; ~/ at its beginning is this user's home folder",
        )
    };
    let text = path.to_string_lossy();
    if let Some(name) = variable(&text) {
        return Err(refuse(&format!("${name} is not put in")));
    }
    let Some(rest) = text.strip_prefix('~') else { return Ok(path.to_owned()) };
    // A file may be called ~x; a path that somebody meant as another user's home is not guessed at.
    let Some(rest) = rest.strip_prefix('/').or(rest.is_empty().then_some("")) else {
        return Err(refuse("another user's home folder is not put in for ~NAME"));
    };
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    home.map(|home| home.join(rest))
        .ok_or_else(|| refuse("~ stands for no folder here: HOME is not set"))
}

/// The name of a shell variable, if there is one.
fn variable(text: &str) -> Option<&str> {
    let (_, after) = text.split_once('$')?;
    let after = after.strip_prefix('{').unwrap_or(after);
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = after.find(|character| !is_part(character)).unwrap_or(after.len());
    let name = after.get(..end)?;
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_').then_some(name)
}
