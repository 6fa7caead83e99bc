//! A run by somebody who may not do everything: modes do not bind root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::Command;

use super::{Host, PROGRAM, Run, install};

/// The user of no rights at all, as whom the tests run the program if they are root themselves:
/// modes do not bind root.
pub(crate) const NOBODY: u32 = 65_534;

/// A host of a user who may not write everywhere.
pub(crate) struct Unprivileged {
    pub(crate) host: Host,
    is_root: bool,
}

impl Unprivileged {
    /// On a host with one rotation behind it.
    pub(crate) fn new() -> Self {
        Self::of(Host::rotated("local"))
    }

    /// On this host, all of whose files become this user's.
    pub(crate) fn of(host: Host) -> Self {
        let is_root = fs::metadata(host.path("")).unwrap().uid() == 0;
        if is_root {
            // Where the user of no rights can run it.
            install(PROGRAM.as_ref(), &host.path("spacetime-keys"));
            host.set_mode("", 0o755);
            for path in host.tree().into_keys() {
                chown(host.path(path.to_str().unwrap()), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        Self { host, is_root }
    }

    /// Takes the right to write away.
    pub(crate) fn forbid(&self, path: &str) {
        let is_folder = self.host.path(path).is_dir();
        self.host.set_mode(path, if is_folder { 0o555 } else { 0o444 });
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        if !self.is_root {
            return self.host.run(arguments);
        }
        let mut command = Self::as_nobody();
        command.arg(self.host.path("spacetime-keys"));
        command.args(arguments).current_dir(self.host.path("")).env_clear();
        Run::of(&mut command, b"")
    }

    /// A line of bash, in which `$K` is the program.
    pub(crate) fn run_in_bash(&self, line: &str) -> Run {
        let program = if self.is_root { self.host.path("spacetime-keys") } else { PROGRAM.into() };
        let mut command = if self.is_root { Self::as_nobody() } else { Command::new("env") };
        command.args(["bash", "-c", line]).env("K", program).current_dir(self.host.path(""));
        Run::of(&mut command, b"")
    }

    fn as_nobody() -> Command {
        // Of util-linux.
        let mut command = Command::new("setpriv");
        let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        command.args([&user, &group, "--clear-groups"]);
        command
    }
}
