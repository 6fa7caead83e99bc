//! A real `spacetimedb-standalone` that serves the keys mounted on a host.

use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::host::{DATABASE, Host};
use crate::http::{self, Reply};

/// A start takes a fraction of a second; more than this and it will not come.
const START_DEADLINE: Duration = Duration::from_mins(1);

/// Server 1.2.0 handles no signal, and writes its control database to disk every 50 ms: killed right
/// after a publish, it has forgotten the database by its next start.
const FLUSHED: Duration = Duration::from_millis(250);

pub(crate) struct Server {
    command: Command,
    process: Child,
    log: PathBuf,
    url: String,
}

impl Server {
    /// Starts a server with the host's mounted keys and a data folder of its own on the host.
    pub(crate) fn start(host: &Host) -> Self {
        let port = free_port();
        let log = host.path("server.log");
        let log_file = OpenOptions::new().create(true).append(true).open(&log).unwrap();

        let mut command = host.command(host.real("spacetimedb-standalone"));
        command
            .arg("start")
            .args(["--listen-addr", &format!("127.0.0.1:{port}")])
            .arg("--data-dir")
            .arg(host.path("data/server"))
            .arg("--jwt-priv-key-path")
            .arg(host.private_key())
            .arg("--jwt-pub-key-path")
            .arg(host.public_key())
            .stdin(Stdio::null())
            .stdout(log_file.try_clone().unwrap())
            .stderr(log_file);
        let process = command.spawn().unwrap();

        let mut server = Self { command, process, log, url: format!("http://127.0.0.1:{port}") };
        server.wait_until_it_answers();
        server
    }

    /// Stops the server and starts it again on the same port: it reads the mounted keys anew.
    pub(crate) fn restart(&mut self) {
        thread::sleep(FLUSHED);
        self.stop();
        self.process = self.command.spawn().unwrap();
        self.wait_until_it_answers();
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

    fn wait_until_it_answers(&mut self) {
        let started = Instant::now();
        let ping = format!("{}/v1/ping", self.url);
        // The process first: should another one have taken the port, its answer must not count.
        while self.process.try_wait().unwrap().is_none() && started.elapsed() < START_DEADLINE {
            if http::get(&ping).is_ok_and(|reply| reply.status == 200) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not start:\n{}", fs::read_to_string(&self.log).unwrap());
    }

    fn stop(&mut self) {
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

/// A port that was free a moment ago. Kernels hand them out at random or in turn, so two servers of a
/// run do not get the same one; should that happen all the same, the log says so.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
