//! A self-hosting folder, laid out as in the guide: the mounted keys, the CLI's `cli.toml` and the
//! key store, at the places where `spacetime-keys` looks by default.

use std::cell::Cell;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::module;
use crate::process::{Ended, run};
use crate::server::Server;

/// The database that every test publishes.
pub(crate) const DATABASE: &str = "app";

/// What the CLI calls the server, after `server add`.
pub(crate) const NICKNAME: &str = "mine";

pub(crate) struct Host {
    folder: TempDir,
    /// Where the real programs are.
    programs: PathBuf,
    /// How many modules have been published from here.
    revision: Cell<u32>,
}

impl Host {
    /// A host on which nothing has been set up.
    pub(crate) fn empty() -> Self {
        let programs = env::var_os("SPACETIME_KEYS_REAL_SERVER_BIN").expect(
            "these tests need the real server and CLI: run ./tests/run --real-server, \
             which sets SPACETIME_KEYS_REAL_SERVER_BIN",
        );
        let folder = tempfile::tempdir().unwrap();
        Self { folder, programs: programs.into(), revision: Cell::new(0) }
    }

    /// A host with a key pair, made as the guide's quickstart makes it.
    pub(crate) fn with_keys() -> Self {
        let host = Self::empty();
        fs::create_dir_all(host.path(".generated/spacetimedb-keys")).unwrap();
        host.make_keys_by_openssl();
        host
    }

    pub(crate) fn make_keys_by_openssl(&self) {
        let (private_key, public_key) = (self.private_key(), self.public_key());
        let mut generate = self.command("openssl");
        generate.args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        run(generate.arg("-out").arg(&private_key)).expect_success();
        let mut derive = self.command("openssl");
        derive.args(["pkey", "-pubout", "-in"]).arg(&private_key);
        run(derive.arg("-out").arg(&public_key)).expect_success();
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(crate) fn private_key(&self) -> PathBuf {
        self.path(".generated/spacetimedb-keys/id_ecdsa")
    }

    pub(crate) fn public_key(&self) -> PathBuf {
        self.path(".generated/spacetimedb-keys/id_ecdsa.pub")
    }

    pub(crate) fn cli_toml(&self) -> PathBuf {
        self.path("data/.config/spacetime/cli.toml")
    }

    /// One of the real programs.
    pub(crate) fn real(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A command in the host's folder that knows nothing of the machine around it: no proxy, no
    /// cloud login, no configuration of the person who runs the tests.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("data/.config"));
        command
    }

    /// Runs `spacetime-keys`, which must succeed, and gives what it said.
    #[track_caller]
    pub(crate) fn spacetime_keys(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(env!("CARGO_BIN_EXE_spacetime-keys"));
        run(command.args(arguments)).expect_success()
    }

    /// The same with `--json`, which is read.
    #[track_caller]
    pub(crate) fn spacetime_keys_json(&self, arguments: &[&str]) -> Value {
        let ended = self.spacetime_keys(&[arguments, &["--json"]].concat());
        serde_json::from_str(&ended.stdout).expect("stdout is one JSON document")
    }

    /// Runs the real CLI, `spacetime` to its users.
    pub(crate) fn spacetime(&self, arguments: &[&str]) -> Ended {
        run(self.command(self.real("spacetimedb-cli")).args(arguments))
    }

    #[track_caller]
    pub(crate) fn add_server(&self, server: &Server) {
        self.spacetime(&["server", "add", NICKNAME, "--url", server.url(), "-d"]).expect_success();
    }

    /// Logs in at the server: a new `sub`, hence a new identity, unless somebody is logged in.
    #[track_caller]
    pub(crate) fn log_in(&self, server: &Server) {
        self.spacetime(&["login", "--server-issued-login", server.url()]).expect_success();
    }

    #[track_caller]
    pub(crate) fn log_out(&self) {
        self.spacetime(&["logout"]).expect_success();
    }

    /// The identity that the CLI says it is logged in as.
    #[track_caller]
    pub(crate) fn identity(&self) -> String {
        let shown = self.spacetime(&["login", "show"]).expect_success().stdout;
        let identity = shown.trim().strip_prefix("You are logged in as ");
        identity.expect("somebody is logged in").to_owned()
    }

    /// The publisher's token, as the CLI shows it. Never part of a message.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let shown = self.spacetime(&["login", "show", "--token"]).expect_success().stdout;
        let (_, token) = shown.rsplit_once(" is ").expect("the CLI shows a token");
        token.trim().to_owned()
    }

    /// Publishes the next revision of the module with the real CLI.
    pub(crate) fn publish(&self, server: &str) -> Ended {
        self.revision.set(self.revision.get() + 1);
        fs::write(self.path("module.wasm"), module::wasm(self.revision.get())).unwrap();
        self.spacetime(&["publish", "-y", "-s", server, "--bin-path", "module.wasm", DATABASE])
    }
}

/// Copies a file, and makes the folders on the way.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}
