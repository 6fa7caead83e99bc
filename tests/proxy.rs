//! Real proxies from Debian, with the recipes of `docs/players-online.md` and a test's addresses.

// Each test that includes this takes what it needs.
#![allow(dead_code, clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// For a start and for an answer, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// The header of a request that wants a WebSocket.
pub(crate) const SOCKET: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// The content of the page's one block of this language.
fn recipe(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/players-online.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// Replaces what has to be there, once or more often.
#[track_caller]
fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

/// A proxy on a socket of its own: no port can be taken by somebody else meanwhile.
pub(crate) struct Proxy {
    child: Child,
    socket: PathBuf,
}

impl Proxy {
    /// The recipe, with the addresses of this test.
    pub(crate) fn caddy(folder: &Path, server: &str, exchange: &str) -> Self {
        let socket = folder.join("caddy.sock");
        let site = format!("http:// {{\n\tbind unix/{}", socket.display());
        let recipe = put(&recipe("caddyfile"), "game.example.com {", &site);
        let recipe = put(&recipe, "127.0.0.1:3010", exchange);
        let recipe = put(&recipe, "127.0.0.1:3000", server);
        write(folder, "Caddyfile", &format!("{{\n\tadmin off\n}}\n{recipe}"));
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
        Self::start(folder, command, socket)
    }

    pub(crate) fn nginx(folder: &Path, server: &str, exchange: &str) -> Self {
        let socket = folder.join("nginx.sock");
        let place = folder.display();
        let listen = format!("listen unix:{};", socket.display());
        let recipe = put(&recipe("nginx"), "listen 443 ssl;", &listen);
        let recipe = put(&recipe, "127.0.0.1:3010", exchange);
        let recipe = put(&recipe, "127.0.0.1:3000", server);
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders = kinds.map(|kind| format!("{kind}_temp_path {place}/{kind};\n")).concat();
        write(
            folder,
            "nginx.conf",
            &format!(
                "daemon off;\nmaster_process off;\npid {place}/nginx.pid;\nerror_log stderr;\n\
                 events {{}}\nhttp {{\naccess_log off;\n{folders}{recipe}}}\n"
            ),
        );
        let mut command = Command::new("nginx");
        command.arg("-c").arg(folder.join("nginx.conf"));
        Self::start(folder, command, socket)
    }

    fn start(folder: &Path, mut command: Command, socket: PathBuf) -> Self {
        let log = fs::File::create(folder.join("proxy.log")).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        command.env_clear().env("HOME", folder).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("tests/need has installed it");
        let mut proxy = Self { child, socket };
        let started = Instant::now();
        while UnixStream::connect(&proxy.socket).is_err() {
            let log = || fs::read_to_string(folder.join("proxy.log")).unwrap();
            let ended = proxy.child.try_wait().unwrap().is_some();
            assert!(!ended && started.elapsed() < DEADLINE, "{}", log());
            thread::sleep(Duration::from_millis(5));
        }
        proxy
    }

    /// A URL that leads to the proxy, for as long as this process lives: programs speak to ports.
    pub(crate) fn url(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let socket = self.socket.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(proxy) = UnixStream::connect(&socket) else { continue };
                let (Ok(mut from), Ok(mut back)) = (stream.try_clone(), proxy.try_clone()) else {
                    continue;
                };
                let (mut to, mut into) = (proxy, stream);
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
                thread::spawn(move || {
                    let _ = std::io::copy(&mut back, &mut into);
                    let _ = into.shutdown(Shutdown::Write);
                });
            }
        });
        url
    }

    /// The status and the body of the answer, on a connection that may stay open after it.
    pub(crate) fn ask(&self, first: &str, fields: &[&str], body: &str) -> (u16, String) {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let fields: Vec<_> = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let fields = fields.concat();
        let close = if fields.contains("Upgrade") { "" } else { "Connection: close\r\n" };
        let request = format!(
            "{first} HTTP/1.1\r\nHost: game.example.com\r\n{close}{fields}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let (mut came, mut part) = (Vec::new(), [0; 4096]);
        while !is_whole(&came) {
            let read = stream.read(&mut part).unwrap();
            if read == 0 {
                break;
            }
            came.extend(&part[..read]);
        }
        let came = String::from_utf8_lossy(&came);
        let (head, body) = came.split_once("\r\n\r\n").expect("an answer");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it is a head, and as much of a body as that says.
fn is_whole(came: &[u8]) -> bool {
    let text = String::from_utf8_lossy(came);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    head.starts_with("http/1.1 101") || length.is_some_and(|length: usize| body.len() >= length)
}

fn write(folder: &Path, name: &str, content: &str) {
    fs::write(folder.join(name), content).unwrap();
}
