//! Real proxies from Debian, with the recipes of `docs/players-online.md`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::game::{Game, token, until};
use super::running::Answer;

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
struct Proxy {
    child: Child,
    socket: PathBuf,
}

impl Proxy {
    /// The recipe, with the addresses of this test.
    fn caddy(game: &Game, exchange: &str) -> Self {
        let socket = game.host.path("caddy.sock");
        let site = format!("http:// {{\n\tbind unix/{}", socket.display());
        let recipe = put(&recipe("caddyfile"), "game.example.com {", &site);
        let recipe = put(&recipe, "127.0.0.1:3010", exchange);
        let recipe = put(&recipe, "127.0.0.1:3000", game.address());
        game.host.write("Caddyfile", format!("{{\n\tadmin off\n}}\n{recipe}"));
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(game.host.path("Caddyfile"));
        Self::start(game, command, socket)
    }

    fn nginx(game: &Game, exchange: &str) -> Self {
        let (socket, folder) = (game.host.path("nginx.sock"), game.host.folder().display());
        let listen = format!("listen unix:{};", socket.display());
        let recipe = put(&recipe("nginx"), "listen 443 ssl;", &listen);
        let recipe = put(&recipe, "127.0.0.1:3010", exchange);
        let recipe = put(&recipe, "127.0.0.1:3000", game.address());
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders = kinds.map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).concat();
        game.host.write(
            "nginx.conf",
            format!(
                "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
                 events {{}}\nhttp {{\naccess_log off;\n{folders}{recipe}}}\n"
            ),
        );
        let mut command = Command::new("nginx");
        command.arg("-c").arg(game.host.path("nginx.conf"));
        Self::start(game, command, socket)
    }

    fn start(game: &Game, mut command: Command, socket: PathBuf) -> Self {
        let log = fs::File::create(game.host.path("proxy.log")).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        command.env_clear().env("HOME", game.host.folder()).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("tests/need has installed it");
        let mut proxy = Self { child, socket };
        until("the proxy answers", || {
            let ended = proxy.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", game.host.read("proxy.log"));
            UnixStream::connect(&proxy.socket).is_ok()
        });
        proxy
    }

    /// A request, on a connection that may stay open after the answer.
    fn ask(&self, first: &str, fields: &[&str], body: &str) -> Answer {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
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
        Answer::parse(&String::from_utf8(came).unwrap())
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

const TOKEN: &str = "POST /v1/identity/websocket-token";
const SOCKET: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// Everything that a game sends, through one proxy, with the exchange and without.
fn play(start: fn(&Game, &str) -> Proxy) {
    let game = Game::rotated();
    let exchange = game.ready();
    let proxy = start(&game, &exchange.address.to_string());
    let old = format!("Authorization: Bearer {}", game.old_token());
    let present = format!("Authorization: Bearer {}", token(&game.present, &json!({})));
    let stranger = token(&spacetime_keys_core::PrivateKey::generate().unwrap(), &json!({}));
    let stranger = format!("Authorization: Bearer {stranger}");
    let status = |first: &str, fields: &[&str]| proxy.ask(first, fields, "").status;

    assert_eq!(status(TOKEN, &[&old]), 200);
    assert_eq!(status(TOKEN, &[&present]), 200);
    assert_eq!(status(TOKEN, &[&stranger]), 401);
    // A body comes through whole, and the server is asked once.
    game.seen();
    let body = "x".repeat(100_000);
    assert_eq!(proxy.ask("POST /v1/identity", &[&old], &body).status, 200);
    let seen = game.seen();
    assert!(seen.len() == 1 && seen[0].body == body.as_bytes(), "{} requests", seen.len());
    // Without a token there is none afterwards: not an empty one, either.
    assert_eq!(status("POST /v1/identity", &[]), 200);
    assert!(game.seen().iter().all(|request| request.header("authorization").is_none()));

    let connect = "GET /v1/database/game/subscribe";
    assert_eq!(status(connect, &[&SOCKET[..], &[&old]].concat()), 101);
    assert_eq!(status(connect, &[&SOCKET[..], &[&present]].concat()), 101);
    assert_eq!(status(connect, &SOCKET), 101, "anonymously");
    // A header is passed on; an address is not rewritten.
    let address = format!("{connect}?token={}", game.old_token());
    assert_eq!(status(&address, &SOCKET), 401);
    let address = format!("{connect}?token={}", token(&game.present, &json!({})));
    assert_eq!(status(&address, &SOCKET), 101);

    // Between a rotation and the restart.
    game.mount(&game.old, &[&game.present]);
    assert_eq!(status(TOKEN, &[&present]), 200);
    game.mount(&game.present, &[&game.old]);
    until("it exchanges", || status(TOKEN, &[&old]) == 200);

    exchange.end().success();
    assert_eq!(status(TOKEN, &[&present]), 200);
    assert_eq!(status(TOKEN, &[&old]), 401);
    assert_eq!(status("POST /v1/identity", &[]), 200);
    assert_eq!(proxy.ask("POST /v1/identity", &[&present], &body).status, 200);
    assert_eq!(status(connect, &[&SOCKET[..], &[&present]].concat()), 101);
}

#[test]
fn caddy() {
    play(Proxy::caddy);
}

#[test]
fn nginx() {
    play(Proxy::nginx);
}
