//! A self-hosting folder: the mounted keys, the CLI's `cli.toml` and the key store, laid out as in the
//! guide, where `spacetime-keys` looks by default, or as others have it.

use std::cell::Cell;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::module;
use crate::places::Places;
use crate::process::{Ended, run};
use crate::server::Server;

/// The database that every test publishes.
pub(crate) const DATABASE: &str = "app";

/// What the CLI calls the server, after `server add`.
pub(crate) const NICKNAME: &str = "mine";

pub(crate) struct Host {
    folder: TempDir,
    places: Places,
    /// Where the real programs are.
    programs: PathBuf,
    /// How many modules have been published from here.
    revision: Cell<u32>,
}

impl Host {
    /// A host on which nothing has been set up, laid out as in the guide.
    pub(crate) fn empty() -> Self {
        Self::with(Places::GUIDE)
    }

    /// A host on which nothing has been set up: its folders are there, empty.
    pub(crate) fn with(places: Places) -> Self {
        let programs = env::var_os("SPACETIME_KEYS_REAL_SERVER_BIN").expect(
            "these tests need the real server and CLI: run ./tests/run --real-server, \
             which sets SPACETIME_KEYS_REAL_SERVER_BIN",
        );
        let folder = tempfile::tempdir().unwrap();
        if !places.work.is_empty() {
            for place in [places.work, places.home] {
                fs::create_dir_all(folder.path().join(place)).unwrap();
            }
        }
        Self { folder, places, programs: programs.into(), revision: Cell::new(0) }
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
        self.path(self.places.keys).join("id_ecdsa")
    }

    pub(crate) fn public_key(&self) -> PathBuf {
        self.path(self.places.keys).join("id_ecdsa.pub")
    }

    pub(crate) fn cli_toml(&self) -> PathBuf {
        self.path(self.places.cli_toml)
    }

    /// The folder in which commands are run.
    pub(crate) fn work(&self) -> PathBuf {
        Places::inside(self.folder.path(), self.places.work)
    }

    /// The server's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.path(self.places.data)
    }

    /// From now on the server's keys are in this folder.
    pub(crate) const fn move_keys(&mut self, keys: &'static str) {
        self.places.keys = keys;
    }

    /// One of the real programs.
    pub(crate) fn real(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A command where somebody works with the server, that knows nothing of the machine around it: no proxy, no
    /// cloud login, no configuration of the person who runs the tests.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", Places::inside(self.folder.path(), self.places.home));
        if let Some(config_home) = self.places.config_home {
            command.env("XDG_CONFIG_HOME", self.path(config_home));
        }
        command
    }

    /// Runs `spacetime-keys`, which must succeed, and gives what it said.
    #[track_caller]
    pub(crate) fn spacetime_keys(&self, arguments: &[&str]) -> Ended {
        self.try_spacetime_keys(arguments).expect_success()
    }

    /// Runs `spacetime-keys`, however it ends.
    pub(crate) fn try_spacetime_keys(&self, arguments: &[&str]) -> Ended {
        run(self.command(env!("CARGO_BIN_EXE_spacetime-keys")).args(arguments))
    }

    /// The same with `--json`, which is read.
    #[track_caller]
    pub(crate) fn spacetime_keys_json(&self, arguments: &[&str]) -> Value {
        let ended = self.spacetime_keys(&[arguments, &["--json"]].concat());
        serde_json::from_str(&ended.stdout).expect("stdout is one JSON document")
    }

    /// Runs the real CLI, `spacetime` to its users.
    pub(crate) fn spacetime(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(self.real("spacetimedb-cli"));
        if let Some(root) = self.places.root_dir {
            command.arg("--root-dir").arg(self.path(root));
        }
        run(command.args(arguments))
    }

    #[track_caller]
    pub(crate) fn add_server(&self, server: &Server) {
        self.spacetime(&["server", "add", NICKNAME, "--url", server.url(), "-d"]).expect_success();
    }

    /// Logs in at the server: a new `sub`, so a new identity, unless somebody is logged in.
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
        self.publish_module(server, module::wasm)
    }

    /// The same of another module.
    pub(crate) fn publish_module(&self, server: &str, module: impl Fn(u32) -> Vec<u8>) -> Ended {
        self.revision.set(self.revision.get() + 1);
        let wasm = self.path("module.wasm");
        fs::write(&wasm, module(self.revision.get())).unwrap();
        let wasm = wasm.to_str().unwrap();
        self.spacetime(&["publish", "-y", "-s", server, "--bin-path", wasm, DATABASE])
    }
}

/// Copies a file, and makes the folders on the way.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}
