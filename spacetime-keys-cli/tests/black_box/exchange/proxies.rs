//! What a game sends, through real proxies from Debian with the recipes of `docs/players-online.md`.

use std::path::Path;

use serde_json::json;

use super::game::{Game, token, until};
use crate::proxy::{Proxy, SOCKET};

const TOKEN: &str = "POST /v1/identity/websocket-token";
/// Everything that a game sends, through one proxy, with the exchange and without.
fn play(start: fn(&Path, &str, &str) -> Proxy) {
    let game = Game::rotated();
    let exchange = game.ready();
    let proxy = start(game.host.folder(), game.address(), &exchange.address.to_string());
    let old = format!("Authorization: Bearer {}", game.old_token());
    let present = format!("Authorization: Bearer {}", token(&game.present, &json!({})));
    let stranger = token(&spacetime_keys_core::PrivateKey::generate().unwrap(), &json!({}));
    let stranger = format!("Authorization: Bearer {stranger}");
    let status = |first: &str, fields: &[&str]| proxy.ask(first, fields, "").0;

    assert_eq!(status(TOKEN, &[&old]), 200);
    assert_eq!(status(TOKEN, &[&present]), 200);
    assert_eq!(status(TOKEN, &[&stranger]), 401);
    // A body comes through whole, and the server is asked once.
    game.seen();
    let body = "x".repeat(100_000);
    assert_eq!(proxy.ask("POST /v1/identity", &[&old], &body).0, 200);
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
    assert_eq!(proxy.ask("POST /v1/identity", &[&present], &body).0, 200);
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
