//! What of a server the world reaches through the kit's Caddyfile.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Kit;
use crate::host::DATABASE;
use crate::proxy::SOCKET;
use crate::{http, module, ports};

struct Caddy {
    process: Child,
    port: u16,
}

impl Caddy {
    fn start(kit: &Kit) -> Self {
        let port = ports::free();
        let config = kit.host.path("Caddyfile.test");
        let written = fs::read_to_string(kit.host.path("Caddyfile")).unwrap();
        // Its own interface is at one port of the machine, and other tests run one, too.
        fs::write(&config, format!("{{\n\tadmin off\n}}\n{written}")).unwrap();
        let log = kit.host.path("caddy.log");
        let mut command = kit.command("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&config);
        command.env("SPACETIMEDB_HOST", format!("http://127.0.0.1:{port}"));
        command.env("SPACETIMEDB_UPSTREAM", format!("127.0.0.1:{}", kit.port));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut caddy = Self { process: command.spawn().unwrap(), port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = caddy.process.try_wait().unwrap().is_some();
            let late = ended || began.elapsed() > super::DEADLINE;
            assert!(!late, "{}", fs::read_to_string(&log).unwrap());
            thread::sleep(Duration::from_millis(10));
        }
        caddy
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The status of what asks for a WebSocket; the connection may stay open.
    fn socket(&self, path: &str) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(super::DEADLINE)).unwrap();
        let fields = SOCKET.map(|field| format!("{field}\r\n")).concat();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{fields}Sec-WebSocket-Protocol: v1.bsatn.spacetimedb\r\n\r\n",
            self.port
        )
        .unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        String::from_utf8_lossy(&first[9..]).parse().unwrap()
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn open_and_closed() {
    let kit = Kit::new();
    let mut server = kit.start();
    server.published();
    let (owner, token) = (kit.owner(), kit.host.token());
    let caddy = Caddy::start(&kit);
    let ask = |method: &str, path: &str, token: Option<&str>| {
        http::raw(method, &caddy.url(path), token, b"").unwrap().status
    };

    // What clients need.
    assert_eq!(ask("GET", "/v1/ping", None), 200);
    assert_eq!(ask("GET", "/v1/identity/public-key", None), 200);
    assert_eq!(ask("POST", "/v1/identity/websocket-token", Some(&token)), 200);
    assert_eq!(caddy.socket(&format!("/v1/database/{DATABASE}/subscribe")), 101);

    // All else, with the owner's own token; each of them is one that the server itself answers.
    let closed = [
        ("PUT", "/v1/database/app"),
        ("POST", "/v1/database"),
        ("DELETE", "/v1/database/app"),
        ("GET", "/v1/database/app"),
        ("GET", "/v1/database/app/identity"),
        ("GET", "/v1/database/app/names"),
        ("GET", "/v1/database/app/schema?version=9"),
        ("GET", "/v1/database/app/logs"),
        ("POST", "/v1/database/app/sql"),
        ("POST", "/v1/database/app/call/add"),
        ("POST", "/v1/identity"),
        ("GET", "/v1/identity"),
        ("GET", "/v1/health"),
        ("GET", "/v1/metrics"),
        ("GET", "/metrics"),
        ("GET", "/"),
        ("GET", "/v1/identity/websocket-token"),
        ("POST", "/v1/ping"),
        ("POST", "/v1/database/app/subscribe"),
        // Ways round.
        ("PUT", "/v1/ping/../database/app"),
        ("GET", "/v1/ping/../database/app"),
        ("GET", "/v1/ping/%2e%2e/database/app"),
        ("GET", "/v1/database/app/logs/../subscribe"),
        ("GET", "/v1/database/app%2Flogs%3F/subscribe"),
        ("GET", "/v1/database/app/logs?/subscribe"),
        ("GET", "//v1/database/app"),
        ("GET", "/v1//database/app"),
        ("GET", "/v1/database/app#/subscribe"),
        ("GET", "/v1/database/app;/subscribe"),
        ("POST", "/v1/identity/../identity/websocket-token/../../identity"),
        ("POST", "/v1/database/app/sql/../../../identity/websocket-token"),
    ];
    for (method, path) in closed {
        let path = path.replace("/app", &format!("/{DATABASE}"));
        let status = ask(method, &path, Some(&token));
        assert!([400, 404, 405].contains(&status), "{method} {path}: {status}");
    }
    let identity = format!("/v1/identity/{owner}/verify");
    assert_eq!(http::get_as(&format!("{}{identity}", kit.url()), &token).unwrap().status, 204);
    assert_eq!(ask("GET", &identity, Some(&token)), 404);
    // A publish, by HTTP and by the CLI.
    let put = http::put(&caddy.url(&format!("/v1/database/{DATABASE}")), &token, &module::wasm(9));
    assert_eq!(put.unwrap().status, 404);
    let published = kit.host.publish(&caddy.url(""));
    assert!(!published.success, "{}", published.output());
    assert_eq!(kit.owner(), owner);
    println!("{} requests stay outside", closed.len() + 3);
    server.stop();
}
