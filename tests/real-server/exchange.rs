//! Players who are online survive a rotation: the exchange beside real proxies, in front of the real
//! server.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::host::{DATABASE, Host};
use crate::proxy::{Proxy, SOCKET};
use crate::server::Server;
use crate::{host_with_a_database, http};

/// The service, as a host runs it.
struct Exchange {
    child: Child,
    address: String,
}

impl Exchange {
    fn start(host: &Host, server: &Server) -> Self {
        let mut command = host.command(env!("CARGO_BIN_EXE_spacetime-keys"));
        let keys = host.private_key().parent().unwrap().to_owned();
        command.args(["exchange", "-q", "--listen", "127.0.0.1:0", "--server", server.url()]);
        command.arg("--keys-dir").arg(keys);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit('/').next().unwrap().to_owned();
        Self { child, address }
    }

    fn wait_until_ready(&self) {
        let started = Instant::now();
        let health = format!("http://{}/healthz", self.address);
        while http::get(&health).unwrap().status != 200 {
            assert!(started.elapsed() < Duration::from_mins(5), "it does not exchange");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The code of its refusal.
    fn refusal(&self, token: &str) -> String {
        let url = format!("http://{}/exchange", self.address);
        let reply = http::raw("POST", &url, Some(token), b"").unwrap();
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An anonymous player: token and identity, as the server gives them to anybody.
fn player(server: &Server) -> (String, String) {
    let url = format!("{}/v1/identity", server.url());
    let reply = http::raw("POST", &url, None, b"").unwrap();
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap().to_owned();
    (text("token"), text("identity").trim_start_matches("0x").to_owned())
}

/// The players' tokens are honoured for a while.
fn rotate(host: &Host) {
    let honored = ["--honor-old-tokens", "30d", "--yes"];
    host.spacetime_keys(&[&["rotate", "--env", "local"], &honored[..]].concat());
}

/// Whom the unchanged SDK is to the server with this token, on Node and on bun.
fn by_sdk(host: &Host, uri: &str, token: &str) -> Vec<Option<String>> {
    let sdk = env::var_os("SPACETIME_KEYS_SDK").expect(
        "this test needs the real SDK: run ./tests/run --real-server, which sets SPACETIME_KEYS_SDK",
    );
    let bun =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../spacetime-keys-node/node_modules/.bin/bun");
    let player = Path::new(&sdk).join("player.mjs");
    let play = |runtime: &Path| {
        let mut command = host.command(runtime);
        command.arg(&player).args([uri, DATABASE]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
        said.get("identity").and_then(Value::as_str).map(str::to_owned)
    };
    [Path::new("node"), &bun].map(play).into()
}

#[test]
fn an_unchanged_sdk_is_back_with_its_old_token() {
    let (host, mut server) = host_with_a_database();
    let exchange = Exchange::start(&host, &server);
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let proxies = [
        Proxy::caddy(&host.path("."), &address, &exchange.address),
        Proxy::nginx(&host.path("."), &address, &exchange.address),
    ];
    let (token, identity) = player(&server);
    let same = vec![Some(identity); 2];
    assert_eq!(by_sdk(&host, server.url(), &token), same);
    rotate(&host);
    server.restart();
    exchange.wait_until_ready();
    assert_eq!(by_sdk(&host, server.url(), &token), [None, None], "without the exchange");
    for proxy in &proxies {
        assert_eq!(by_sdk(&host, &proxy.url(), &token), same);
    }
}

#[test]
fn a_player_is_back_behind_caddy_and_nginx() {
    let (host, mut server) = host_with_a_database();
    let exchange = Exchange::start(&host, &server);
    exchange.wait_until_ready();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let proxies = [
        Proxy::caddy(&host.path("."), &address, &exchange.address),
        Proxy::nginx(&host.path("."), &address, &exchange.address),
    ];
    let (token, identity) = player(&server);
    let own = format!("Authorization: Bearer {token}");
    let short = "POST /v1/identity/websocket-token";
    let verify = format!("GET /v1/identity/{identity}/verify");
    let connect = format!("GET /v1/database/{DATABASE}/subscribe");
    let protocol = "Sec-WebSocket-Protocol: v1.bsatn.spacetimedb";
    let socket = [&SOCKET[..], &[protocol]].concat();
    let with_token = [&socket[..], &[&*own]].concat();
    let straight = |server: &Server| {
        let url = format!("{}/v1/identity/websocket-token", server.url());
        http::raw("POST", &url, Some(&token), b"").unwrap().status
    };
    let is_good = |proxy: &Proxy| {
        assert_eq!(proxy.ask(short, &[&own], "").0, 200);
        // The server says whose it takes the token for.
        assert_eq!(proxy.ask(&verify, &[&own], "").0, 204);
        assert_eq!(proxy.ask(&connect, &with_token, "").0, 101);
        assert_eq!(proxy.ask("POST /v1/identity", &[], "").0, 200, "without a token");
        assert_eq!(proxy.ask(&connect, &socket, "").0, 101, "without a token");
    };
    assert_eq!(straight(&server), 200);
    proxies.iter().for_each(is_good);

    // The files are new, and the server is not.
    let publishers = host.token();
    rotate(&host);
    assert_eq!(straight(&server), 200);
    proxies.iter().for_each(is_good);

    server.restart();
    exchange.wait_until_ready();
    assert_eq!(straight(&server), 401);
    let owner = format!("Authorization: Bearer {publishers}");
    for proxy in &proxies {
        is_good(proxy);
        // The short token is the player's, too, and goes into the address.
        let body: Value = serde_json::from_str(&proxy.ask(short, &[&own], "").1).unwrap();
        let address =
            format!("{connect}?token={}", body.get("token").and_then(Value::as_str).unwrap());
        assert_eq!(proxy.ask(&address, &socket, "").0, 101);
        // The old one in the address is not helped.
        assert_eq!(proxy.ask(&format!("{connect}?token={token}"), &socket, "").0, 401);
        // The publisher's was re-signed, and is not exchanged.
        assert_eq!(proxy.ask(short, &[&owner], "").0, 401);
    }
    assert_eq!(exchange.refusal(&publishers), "ERR_TOKEN_OF_PUBLISHER");
    // A key that has leaked: nothing that it signed is exchanged; what an earlier one signed is.
    let (newer, _) = player(&server);
    host.spacetime_keys(&["rotate", "--env", "local", "--compromised", "--yes"]);
    server.restart();
    exchange.wait_until_ready();
    assert_eq!(exchange.refusal(&newer), "ERR_KEY_REVOKED");
    proxies.iter().for_each(is_good);
    // A time that is over: a second after the rotation, of which the restart takes a part.
    let (last, _) = player(&server);
    host.spacetime_keys(&["rotate", "--env", "local", "--honor-old-tokens", "1", "--yes"]);
    server.restart();
    exchange.wait_until_ready();
    let started = Instant::now();
    while exchange.refusal(&last) != "ERR_KEY_NOT_HONORED" {
        assert!(started.elapsed() < Duration::from_mins(5), "it is honoured for ever");
        thread::sleep(Duration::from_millis(100));
    }
    let last = format!("Authorization: Bearer {last}");
    for proxy in &proxies {
        assert_eq!(proxy.ask(short, &[&last], "").0, 401);
        is_good(proxy);
    }
}
