//! The files that `init` writes: whole, or not at all.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use spacetime_keys_rotation::configuration::FILE_NAME;
use spacetime_keys_rotation::files::{self, Mode};
use spacetime_keys_rotation::places::{GUIDE_CLI_TOML, GUIDE_KEYS, STORE};

use super::{Seen, deploy, difference, shown, template};
use crate::failure::Failure;

/// A file, as it is and as it is to be.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) status: Status,
    mode: u32,
    before: String,
    after: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It is not there.
    New,
    /// Lines are added to it.
    Extended,
    /// It says already what would be written.
    Unchanged,
    /// It says something else, and stays as it is.
    Differs,
    /// It is somebody's own; a line is missing in it.
    Kept,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::New => "created",
            Self::Extended => "extended",
            Self::Unchanged => "unchanged",
            Self::Differs => "differs",
            Self::Kept => "kept",
        }
    }
}

impl File {
    /// A file that has to say just this.
    pub(super) fn whole(path: PathBuf, after: String, mode: u32) -> Result<Self, Failure> {
        let before = files::read_text(&path)?.map(|text| text.to_string());
        let status = match &before {
            None => Status::New,
            Some(before) if *before == after => Status::Unchanged,
            Some(_) => Status::Differs,
        };
        Ok(Self { path, status, mode, before: before.unwrap_or_default(), after })
    }

    /// A file that is left alone.
    pub(super) fn as_it_is(path: PathBuf, status: Status, text: &str) -> Self {
        Self { path, status, mode: MODE, before: text.to_owned(), after: text.to_owned() }
    }

    pub(super) fn report(&self) -> serde_json::Value {
        json!({ "path": self.path, "status": self.status.name() })
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let content = self.after.as_bytes();
        match self.status {
            Status::New => {
                files::create_folder(files::folder_of(&self.path), FOLDER_MODE)?;
                files::create(&self.path, content, self.mode)?;
            }
            Status::Extended => files::replace(&self.path, content, Mode::KeepOr(self.mode))?,
            Status::Unchanged | Status::Differs | Status::Kept => {}
        }
        Ok(())
    }
}

/// Nothing in them is a secret.
const MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

/// What is to be written. Nothing is written yet.
pub(super) fn plan(seen: &Seen) -> Result<Vec<File>, Failure> {
    // First the configuration: a run that goes on after an end in the middle takes its names from it.
    let configuration = File::whole(seen.folder.join(FILE_NAME), template::render(seen), MODE)?;
    let mut planned = vec![configuration, ignored(seen)?];
    if let Some(database) = seen.deployed() {
        planned.extend(deploy::plan(&seen.folder, database)?);
    }
    Ok(planned)
}

/// Keys and tokens below this folder are kept out of a repository.
fn ignored(seen: &Seen) -> Result<File, Failure> {
    let path = seen.folder.join(".gitignore");
    let before = files::read_text(&path)?.map(|text| text.to_string());
    let chosen = &seen.chosen;
    let below = |path: &Path, end: &str| {
        let inside = path.strip_prefix(&seen.folder).ok()?;
        let inside: PathBuf = inside.components().collect();
        Some(format!("/{}{end}", inside.display()))
    };
    let default = |path: &str| seen.folder.join(path).components().collect::<PathBuf>();
    let keys = chosen.keys_dir.clone().unwrap_or_else(|| default(GUIDE_KEYS));
    let cli_toml = chosen.cli_toml.clone().unwrap_or_else(|| default(GUIDE_CLI_TOML));
    let wanted = [
        below(&default(STORE), "/"),
        below(&keys, "/"),
        below(&cli_toml, ""),
        Some(".env".to_owned()),
    ];
    let deployed = seen.deployed().map(|_| deploy::IGNORED.map(str::to_owned));
    let text = before.clone().unwrap_or_default();
    let is_there = |line: &String| text.lines().any(|known| known.trim() == line);
    let missing: Vec<String> = wanted
        .into_iter()
        .chain(deployed.into_iter().flatten().map(Some))
        .flatten()
        .filter(|line| !is_there(line))
        .collect();
    let mut after = text.clone();
    if !missing.is_empty() && !after.is_empty() && !after.ends_with('\n') {
        after.push('\n');
    }
    for line in &missing {
        let _ = writeln!(after, "{line}");
    }
    let status = match before {
        None => Status::New,
        Some(_) if missing.is_empty() => Status::Unchanged,
        Some(_) => Status::Extended,
    };
    Ok(File { path, status, mode: MODE, before: text, after })
}

/// The difference between the files that would be written and those that are there.
pub(super) fn differences(files: &[File]) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(text, "{}: {}", shown(&file.path), file.status.name());
        for (mark, line) in difference::lines(&file.before, &file.after) {
            let _ = writeln!(text, "{mark}{}", line.trim_end());
        }
    }
    text
}
