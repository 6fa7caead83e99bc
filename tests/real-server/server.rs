//! A real `spacetimedb-standalone` that serves the keys mounted on a host.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::flush::wait_until_flushed;
use crate::host::{DATABASE, Host};
use crate::http::{self, Reply};
use crate::ports;

/// A start takes a fraction of a second; more than this and it will not come.
const START_DEADLINE: Duration = Duration::from_mins(5);

pub(crate) struct Server {
    command: Command,
    process: Child,
    log: PathBuf,
    data: PathBuf,
    address: String,
    url: String,
}

/// Why a server ended before it answered: somebody else has its port.
struct Taken;

impl Server {
    /// Starts a server with the host's mounted keys and a data folder of its own on the host.
    pub(crate) fn start(host: &Host) -> Self {
        loop {
            if let Ok(server) = Self::start_at(host, ports::free()) {
                return server;
            }
        }
    }

    fn start_at(host: &Host, port: u16) -> Result<Self, Taken> {
        let (log, data) = (host.path("server.log"), host.data());
        let log_file = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let address = format!("127.0.0.1:{port}");

        let mut command = start_command(host, &address);
        command.stdin(Stdio::null()).stdout(log_file.try_clone().unwrap()).stderr(log_file);
        let logged = length(&log);
        let process = command.spawn().unwrap();

        let url = format!("http://{address}");
        let mut server = Self { command, process, log, data, address, url };
        server.wait_until_it_answers(logged)?;
        Ok(server)
    }

    /// Where the host's keys have moved, and the server is told so by its next start.
    pub(crate) fn restart_where_the_keys_are(&mut self, host: &Host) {
        let log = OpenOptions::new().append(true).open(&self.log).unwrap();
        self.command = start_command(host, &self.address);
        self.command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.restart();
    }

    /// Stops the server and starts it again on the same port: it reads the mounted keys again.
    pub(crate) fn restart(&mut self) {
        self.wait_until_flushed();
        self.stop();
        let begun = Instant::now();
        loop {
            let logged = length(&self.log);
            self.process = self.command.spawn().unwrap();
            if self.wait_until_it_answers(logged).is_ok() {
                return;
            }
            // A program that tries whether the port is free has it for a moment.
            assert!(begun.elapsed() < START_DEADLINE, "another has taken {}", self.address);
        }
    }

    /// Waits until all that it has answered so far is on the disk.
    pub(crate) fn wait_until_flushed(&self) {
        wait_until_flushed(self.process.id(), &self.data);
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The public key in use, as the server shows it.
    pub(crate) fn public_key(&self) -> String {
        self.get("/v1/identity/public-key").body
    }

    /// The identity that owns the database, as bare hex.
    pub(crate) fn owner(&self) -> String {
        let reply = self.get(&format!("/v1/database/{DATABASE}"));
        let database: Value = serde_json::from_str(&reply.body).unwrap();
        let owner = database.pointer("/owner_identity/__identity__").and_then(Value::as_str);
        owner.expect("the database has an owner").trim_start_matches("0x").to_owned()
    }

    /// Publishes as the CLI does, to see the bare answer.
    pub(crate) fn put_module(&self, token: &str, wasm: &[u8]) -> Reply {
        http::put(&format!("{}/v1/database/{DATABASE}", self.url), token, wasm).unwrap()
    }

    fn get(&self, path: &str) -> Reply {
        let reply = http::get(&format!("{}{path}", self.url)).unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply
    }

    /// `logged` is how long the log was before the start.
    fn wait_until_it_answers(&mut self, logged: usize) -> Result<(), Taken> {
        let started = Instant::now();
        let ping = format!("{}/v1/ping", self.url);
        let listens = format!("listening on {}", self.address);
        let log = self.log.clone();
        let said = || {
            let log = fs::read(&log).unwrap();
            String::from_utf8_lossy(log.get(logged..).unwrap()).into_owned()
        };
        while started.elapsed() < START_DEADLINE {
            // Before what it says is looked at: all of that is there then.
            let ended = self.process.try_wait().unwrap().is_some();
            let said = said();
            if ended && said.contains("Address already in use") {
                return Err(Taken);
            }
            if ended {
                break;
            }
            // The port is its own: the answer of another one that has taken it must not count.
            if said.contains(&listens) && http::get(&ping).is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not start:\n{}", said());
    }

    pub(crate) fn stop(&mut self) {
        // Fails only if the process has ended already, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start_command(host: &Host, address: &str) -> Command {
    let mut command = host.command(host.real("spacetimedb-standalone"));
    command
        .arg("start")
        .args(["--listen-addr", address])
        .arg("--data-dir")
        .arg(host.data())
        .arg("--jwt-priv-key-path")
        .arg(host.private_key())
        .arg("--jwt-pub-key-path")
        .arg(host.public_key());
    command
}

fn length(log: &Path) -> usize {
    usize::try_from(fs::metadata(log).unwrap().len()).unwrap()
}
