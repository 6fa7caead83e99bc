//! `init --with deploy`: the files of a deployment, as the self-hosting guide has them.
//!
//! They belong to the user who asked for them. Nothing reads them later, and no engine of templates stands
//! behind them: the database's name is all that is put in.

use std::fs;
use std::path::Path;

use spacetime_keys_rotation::files;

use super::write::{File, Status};
use crate::failure::Failure;

/// The database where nobody names one, as in the comments of a configuration.
pub(super) const DATABASE: &str = "app";
/// Makes a new container, with the keys that are mounted now.
pub(super) const RESTART: &str = "docker compose up --detach --force-recreate spacetimedb";
/// The paths that a repository must not hold: data, and those that `spacetimedb-reset-host` sets aside.
pub(super) const IGNORED: [&str; 2] = ["/.config/spacetimedb/", "/set-aside/"];
/// The line that a justfile of one's own must have.
pub(super) const IMPORT: &str = "import 'spacetimedb.just'";

/// Stands for the database's name in the templates.
const PLACE: &str = "DATABASE_NAME";
/// The longest label of a host name. Servers set no limit.
const LONGEST: usize = 63;

const RECIPES: &str = concat!(
    include_str!("../../../templates/recipes.just"),
    "\n",
    include_str!("../../../templates/promotion.just")
);

struct Template {
    path: &'static str,
    mode: u32,
    text: &'static str,
}

const fn of(path: &'static str, mode: u32, text: &'static str) -> Template {
    Template { path, mode, text }
}

const TEMPLATES: [Template; 7] = [
    of("spacetimedb.just", 0o644, RECIPES),
    of("compose.yaml", 0o644, include_str!("../../../templates/compose.yaml")),
    of("compose.prod.yaml", 0o644, include_str!("../../../templates/compose.prod.yaml")),
    of("Caddyfile", 0o644, include_str!("../../../templates/Caddyfile")),
    of("spacetimedb/Dockerfile", 0o644, include_str!("../../../templates/Dockerfile")),
    of("spacetimedb/entrypoint.sh", 0o755, include_str!("../../../templates/entrypoint.sh")),
    of(".env.example", 0o644, include_str!("../../../templates/env.example")),
];

/// Fails for what no server takes as a database's name; so nothing else gets into a file.
pub(super) fn check_database(name: &str) -> Result<(), Failure> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if name.len() <= LONGEST && name.split('-').all(is_part) {
        return Ok(());
    }
    Err(Failure::usage(
        "--database: this can be no database's name",
        "use a-z and 0-9, in words with one `-` between them, 63 characters at most",
    ))
}

/// The files in a folder, with this database's name. Nothing is written yet.
pub(super) fn plan(folder: &Path, database: &str) -> Result<Vec<File>, Failure> {
    let mut planned = Vec::new();
    for template in &TEMPLATES {
        let text = format!("{}\n", template.text.trim_end().replace(PLACE, database));
        planned.push(File::whole(folder.join(template.path), text, template.mode)?);
    }
    planned.push(justfile(folder)?);
    Ok(planned)
}

/// A justfile of one line; one that is there stays as it is.
fn justfile(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("justfile");
    let entries = fs::read_dir(folder)
        .map_err(|error| Failure::io("reading", folder, &error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::io("reading", folder, &error))?;
    // `just` takes these in any case of letters.
    let is_justfile = |name: &str| ["justfile", ".justfile"].contains(&name);
    let there = entries
        .iter()
        .find(|entry| is_justfile(&entry.file_name().to_string_lossy().to_ascii_lowercase()));
    let Some(there) = there else { return File::whole(path, format!("{IMPORT}\n"), 0o644) };
    let text = files::read_existing_text(&there.path())?;
    let imports = |line: &str| line.starts_with("import") && line.contains("spacetimedb.just");
    let status = if text.lines().any(imports) { Status::Unchanged } else { Status::Kept };
    Ok(File::as_it_is(there.path(), status, &text))
}
