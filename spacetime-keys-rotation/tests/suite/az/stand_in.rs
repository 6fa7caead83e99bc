//! The stand-in as a test holds it. What it keeps is read by a few lines of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_rotation::Silent;
use spacetime_keys_rotation::store::{Az, AzCli};

use super::words::{failures, not_found};

/// A busy machine keeps it.
pub(crate) const PATIENT: Duration = Duration::from_mins(2);

pub(crate) struct StandIn {
    folder: tempfile::TempDir,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["v", "calls", "count", "words", "secrets"] {
            fs::create_dir(this.path(folder)).unwrap();
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/az/stand-in.sh");
        symlink(script, this.path("az")).unwrap();
        for words in failures().into_iter().chain([not_found()]) {
            let text = format!("{}\n{}", words.exit, words.text);
            fs::write(this.path("words").join(words.kind), text).unwrap();
        }
        this.clear_faults();
        this
    }

    /// Another one that holds the same versions, and counts its calls from zero.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for name in names(&self.path("v")) {
            fs::copy(self.path("v").join(&name), copy.path("v").join(&name)).unwrap();
        }
        // A version's name and time come from the number of its call.
        for number in 1..=self.calls().len() {
            fs::write(copy.path("calls").join(number.to_string()), "").unwrap();
        }
        copy
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(crate) fn az(&self, timeout: Duration) -> Az {
        Az { program: self.path("az"), timeout, secret_files: self.path("secrets") }
    }

    pub(crate) fn store(&self) -> AzCli {
        AzCli::new(self.az(PATIENT), Arc::new(Silent))
    }

    /// This call fails in that way: the `at`-th of an action, or `each`.
    pub(crate) fn fault(&self, action: &str, at: &str, kind: &str) {
        fs::write(self.path("faults"), format!("{action} {at} {kind}\n")).unwrap();
        let _ = fs::remove_file(self.path("struck"));
    }

    pub(crate) fn clear_faults(&self) {
        fs::write(self.path("faults"), "").unwrap();
    }

    pub(crate) fn has_struck(&self) -> bool {
        self.path("struck").exists()
    }

    /// How many calls of an action there were.
    pub(crate) fn count(&self, action: &str) -> usize {
        let start = format!("{action}.");
        names(&self.path("count")).iter().filter(|name| name.starts_with(&start)).count()
    }

    /// The arguments of each call, one a line.
    pub(crate) fn calls(&self) -> Vec<String> {
        (1..)
            .map(|number: usize| self.path("calls").join(number.to_string()))
            .map_while(|path| fs::read_to_string(path).ok())
            .collect()
    }

    /// All that it has recorded of its calls: arguments, environments, modes.
    pub(crate) fn recorded(&self) -> String {
        let folder = self.path("calls");
        names(&folder).iter().map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect()
    }

    /// The files of a secret's versions, oldest first.
    fn versions(&self, vault: &str, secret: &str) -> Vec<PathBuf> {
        let start = format!("{vault},{secret},");
        let folder = self.path("v");
        let mut versions = names(&folder);
        versions.retain(|name| name.starts_with(&start));
        versions.sort();
        versions.into_iter().map(|name| folder.join(name)).collect()
    }

    /// Every value that a secret ever had, oldest first.
    pub(crate) fn values(&self, vault: &str, secret: &str) -> Vec<String> {
        let first_line = |path: PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            serde_json::from_str(text.lines().next().unwrap()).unwrap()
        };
        self.versions(vault, secret).into_iter().map(first_line).collect()
    }

    pub(crate) fn disable_latest(&self, vault: &str, secret: &str) {
        let path = self.versions(vault, secret).pop().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replacen("\ntrue\n", "\nfalse\n", 1)).unwrap();
    }

    pub(crate) fn delete(&self, vault: &str, secret: &str) {
        fs::write(self.path("v").join(format!("{vault},{secret}.deleted")), "").unwrap();
    }

    /// What lies in the folder for files with secrets.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        names(&self.path("secrets"))
    }

    /// The processes that hang: az, and the program that it waits for.
    pub(crate) fn hanging(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.path("hanging")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Whether a process goes on. One that nobody has waited for yet does not.
pub(crate) fn is_alive(process: u32) -> bool {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let since = std::time::Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENT, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
