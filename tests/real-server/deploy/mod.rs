//! A deployment as `init --with deploy` writes it, with the real server and CLI: its entrypoint run by
//! dash in the place of a container, its Caddyfile by Caddy, its page by hand.

mod container;
mod entrypoint;
mod page;
mod routes;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::flush::wait_until_flushed;
use crate::host::{DATABASE, Host};
use crate::places::Places;
use crate::process::run;
use crate::{http, module, ports};

const DEADLINE: Duration = Duration::from_mins(5);

/// Where the kit keeps the data.
const PLACES: Places = Places { data: ".config/spacetimedb/data", ..Places::GUIDE };

/// A folder with the kit, at a port of its own, and with `spacetime` on its search path.
struct Kit {
    host: Host,
    port: u16,
}

impl Kit {
    /// With a first pair, and a module that is built.
    fn new() -> Self {
        let host = Host::with(PLACES);
        let init = ["init", "--with", "deploy", "--database", DATABASE, "--new-keys"];
        host.spacetime_keys(&init);
        let kit = Self::of(host);
        kit.module(0);
        kit
    }

    /// In a host's folder, with or without the kit's files.
    fn of(host: Host) -> Self {
        let kit = Self { host, port: ports::free() };
        for file in ["spacetime-keys.toml", "spacetimedb.just", "compose.yaml"] {
            kit.at_its_port(file);
        }
        // A link would not do: the CLI looks for the server beside its own file.
        let real = kit.host.real("spacetimedb-cli");
        kit.stand_in("spacetime", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display()));
        kit
    }

    /// The kit has one port, a test each has another.
    fn at_its_port(&self, file: &str) {
        let path = self.host.path(file);
        let Ok(text) = fs::read_to_string(&path) else { return };
        fs::write(path, text.replace("127.0.0.1:3000", &format!("127.0.0.1:{}", self.port)))
            .unwrap();
    }

    fn stand_in(&self, name: &str, script: &str) {
        let path = self.host.path(&format!("bin/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn module(&self, revision: u32) {
        let dist = self.host.path("spacetimedb/dist");
        fs::create_dir_all(&dist).unwrap();
        fs::write(dist.join("module.wasm"), module::wasm(revision)).unwrap();
    }

    /// A command that finds this test's `spacetime`, and `spacetime-keys`.
    fn command(&self, program: &str) -> Command {
        let mut command = self.host.command(program);
        let ours = PathBuf::from(env!("CARGO_BIN_EXE_spacetime-keys"));
        let path = std::env::var("PATH").unwrap();
        let folders = (self.host.path("bin"), ours.parent().unwrap().to_owned());
        command.env("PATH", format!("{}:{}:{path}", folders.0.display(), folders.1.display()));
        command
    }

    /// The container's process, with the places of the compose file.
    fn container(&self) -> Command {
        let mut command = self.command("dash");
        let path = |inside: &str| self.host.path(inside);
        command.arg(path("spacetimedb/entrypoint.sh")).env("SPACETIMEDB_DATABASE", DATABASE);
        command.env("SPACETIMEDB_LISTEN", format!("127.0.0.1:{}", self.port));
        command.env("SPACETIMEDB_KEYS", path(".generated/spacetimedb-keys"));
        command.env("SPACETIMEDB_DATA", self.host.data());
        command.env("SPACETIMEDB_MODULES", path("spacetimedb/dist"));
        command
    }

    fn start(&self) -> Started<'_> {
        let log = self.host.path("container.log");
        let file = File::create(&log).unwrap();
        let mut command = self.container();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Started { process: command.spawn().unwrap(), log, kit: self }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn get(&self, path: &str) -> String {
        let reply = http::get(&format!("{}{path}", self.url())).unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    fn owner(&self) -> String {
        let database: Value =
            serde_json::from_str(&self.get(&format!("/v1/database/{DATABASE}"))).unwrap();
        let owner = database.pointer("/owner_identity/__identity__").and_then(Value::as_str);
        owner.unwrap().trim_start_matches("0x").to_owned()
    }

    #[track_caller]
    fn just(&self, arguments: &[&str]) -> crate::process::Ended {
        let just = std::env::var_os("JUST").unwrap_or_else(|| "just".into());
        run(self.command(just.to_str().unwrap()).args(arguments))
    }
}

/// An entrypoint that runs, or has run.
struct Started<'a> {
    process: Child,
    log: PathBuf,
    kit: &'a Kit,
}

impl Started<'_> {
    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// The marker line; there is one.
    #[track_caller]
    fn marker(&mut self) -> String {
        let began = Instant::now();
        loop {
            // In this order: what it says at its end is there then.
            let has_ended = self.process.try_wait().unwrap().is_some();
            let log = self.log();
            let found: Vec<_> = log.lines().filter(|line| line.starts_with("PUBLISH_")).collect();
            if let [marker] = found[..] {
                return marker.to_owned();
            }
            assert!(found.is_empty() && !has_ended && began.elapsed() < DEADLINE, "{log}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    fn published(&mut self) -> String {
        let marker = self.marker();
        assert!(marker.starts_with("PUBLISH_SUCCESS "), "{marker}\n{}", self.log());
        self.log()
    }

    /// It was refused, and has ended; how long that took from its start.
    #[track_caller]
    fn refused(mut self, reason: &str) -> String {
        let marker = self.marker();
        let expected = format!(" database={DATABASE} reason={reason}");
        assert!(
            marker.starts_with("PUBLISH_FAILED run=") && marker.ends_with(&expected),
            "{marker}"
        );
        assert_eq!(self.process.wait().unwrap().code(), Some(1));
        assert!(http::get(&format!("{}/v1/ping", self.kit.url())).is_err(), "the server is gone");
        self.log()
    }

    /// As `docker compose stop` does; how long it took.
    fn stop(mut self) -> (ExitStatus, Duration) {
        // Server 1.2.0 has no clean end.
        wait_until_flushed(server_of(self.process.id()), &self.kit.host.data());
        let began = Instant::now();
        run(Command::new("kill").args(["-INT", &self.process.id().to_string()])).expect_success();
        (self.process.wait().unwrap(), began.elapsed())
    }
}

/// The server: this process, or one that it has started.
fn server_of(id: u32) -> u32 {
    let named = |id: &u32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        name.starts_with("spacetimedb")
    };
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let children = children.split_whitespace().map(|id| id.parse().unwrap());
    std::iter::once(id).chain(children).find(named).expect("a server")
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if self.process.try_wait().ok().flatten().is_none() {
            let _ = run(Command::new("kill").args(["-TERM", &self.process.id().to_string()]));
            let _ = self.process.wait();
        }
    }
}
