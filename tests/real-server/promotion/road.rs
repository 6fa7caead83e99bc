//! The way between two hosts: a real sshd, rsync and just, and the recipes as they are written.

use std::env;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::site::Site;
use crate::ports;
use crate::process::{Ended, run};

/// An sshd on this machine, how to get there, and the recipes as a person has them.
pub(super) struct Road {
    folder: TempDir,
    sshd: Child,
}

impl Road {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for key in ["host", "user"] {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path(key));
            run(&mut make).expect_success();
        }
        fs::copy(path("user.pub"), path("authorized")).unwrap();
        let port = ports::free();
        // Where a package has not been set up.
        let _ = fs::create_dir_all("/run/sshd");
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
            path("host").display(),
            path("authorized").display(),
        );
        fs::write(path("sshd"), config).unwrap();
        let client = format!(
            "Host source\n HostName 127.0.0.1\n Port {port}\n IdentityFile {}\n IdentitiesOnly yes\n \
             StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n",
            path("user").display()
        );
        fs::write(path("client"), client).unwrap();
        let mut init = Command::new(env!("CARGO_BIN_EXE_spacetime-keys"));
        init.args(["init", "--with", "deploy", "--database", crate::host::DATABASE, "--dir"]);
        fs::create_dir(path("kit")).unwrap();
        run(init.arg(path("kit"))).expect_success();
        let log = File::create(path("log")).unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.args(["-D", "-e", "-f"]).arg(path("sshd"));
        let sshd = sshd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let road = Self { sshd: sshd.expect("sshd: apt-get install openssh-server"), folder };
        super::until("sshd answers", || {
            run(Command::new("ssh").arg("-F").arg(road.path("client")).args(["source", "true"]))
                .success
        });
        road
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How ssh is called.
    pub(super) fn ssh(&self) -> String {
        format!("ssh -F {}", self.path("client").display())
    }

    /// A recipe on the destination, that takes from the source.
    pub(super) fn recipe(&self, from: &Site, to: &Site) -> Recipe {
        let mut variables: Vec<(&str, String)> = vec![
            ("promotion_ssh", self.ssh()),
            ("promotion_program", env!("CARGO_BIN_EXE_spacetime-keys").to_owned()),
            ("promotion_data", "data/server".to_owned()),
            ("promotion_server", to.url.clone()),
            ("promotion_stop", to.command("stop")),
            ("promotion_start", to.command("start")),
            ("promotion_source_folder", from.folder().display().to_string()),
            ("promotion_source_server", from.url.clone()),
            ("promotion_source_stop", from.command("stop")),
            ("promotion_source_start", from.command("start")),
        ];
        variables
            .extend(["promotion_prod", "promotion_test"].map(|host| (host, "source".to_owned())));
        variables.push(("promotion_dev", "nowhere.invalid".to_owned()));
        let just = env::var_os("JUST").unwrap_or_else(|| "just".into());
        let mut command = to.host.command(just);
        command.arg("--justfile").arg(self.path("kit/spacetimedb.just"));
        command.arg("--working-directory").arg(to.folder());
        Recipe { command, variables }
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

pub(super) struct Recipe {
    command: Command,
    variables: Vec<(&'static str, String)>,
}

impl Recipe {
    /// With another value of a variable.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    /// With programs in front of all others.
    pub(super) fn with_programs(mut self, folder: &Path) -> Self {
        let path = env::var("PATH").unwrap_or_default();
        self.command.env("PATH", format!("{}:{path}", folder.display()));
        self
    }

    /// With another environment variable.
    pub(super) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Begins, in a group of processes of its own.
    pub(super) fn begin(mut self, recipe: &str) -> Child {
        self.name(recipe);
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.command.spawn().unwrap()
    }

    pub(super) fn run(mut self, recipe: &str) -> Ended {
        self.name(recipe);
        run(&mut self.command)
    }

    fn name(&mut self, recipe: &str) {
        for (name, value) in &self.variables {
            self.command.args(["--set", *name, value.as_str()]);
        }
        // A group of its own, that can be killed as a whole.
        self.command.arg(recipe).process_group(0);
    }
}
