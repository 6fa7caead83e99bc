//! What goes in and comes out, and what shows nowhere.

use serde_json::{Value, json};

use super::game::{Game, SUBJECT, identity, now, token};

#[test]
fn a_client_gets_a_token_to_keep() {
    let game = Game::rotated();
    let exchange = game.ready();
    let end = now() + 5000;
    for (own, expires_at) in
        [(game.old_token(), Value::Null), (token(&game.old, &json!({ "exp": end })), json!(end))]
    {
        let kept = exchange.keep(&own);
        assert_eq!(kept.status, 200, "{kept:?}");
        let body: Value = serde_json::from_str(&kept.body).unwrap();
        assert_eq!(body["identity"], identity().to_string());
        assert_eq!(body["expires_at"], expires_at);
        assert_eq!(body.as_object().unwrap().len(), 3);
        let new = body["token"].as_str().unwrap();
        assert!(Game::takes(game.present.public_key(), new));
        assert_eq!(kept.all("cache-control"), ["no-store"]);
        // It is good, and stays what it is.
        assert_eq!(exchange.forward(new).passed_on(), new);
        assert_eq!(exchange.keep(new).body, kept.body);
    }
}

#[test]
fn a_proxy_may_ask_by_any_method_and_about_any_address() {
    let game = Game::rotated();
    let exchange = game.ready();
    let own = format!("Authorization: Bearer {}", game.old_token());
    for first in [
        "GET /forward-auth",
        "POST /forward-auth",
        "DELETE /forward-auth",
        "PATCH /forward-auth?token=x",
        "OPTIONS /forward-auth",
    ] {
        let passed = exchange.ask(first, &[&own, "X-Forwarded-Uri: /v1/x?token=y"]);
        assert!(Game::takes(game.present.public_key(), passed.passed_on()), "{first}");
        assert!(passed.body.is_empty());
    }
    // By version 1.0 of HTTP, as nginx asks.
    let request = format!("GET /forward-auth HTTP/1.0\r\n{own}\r\n\r\n");
    let came = super::running::exchanged(exchange.address, request.as_bytes());
    assert!(came.starts_with("HTTP/1.0 200 ") || came.starts_with("HTTP/1.1 200 "), "{came}");
    for (first, status) in [
        ("GET /exchange", 405),
        ("PUT /healthz", 405),
        ("GET /", 404),
        ("GET /forward-auth/x", 404),
        ("HEAD /healthz", 200),
    ] {
        assert_eq!(exchange.ask(first, &[]).status, status, "{first}");
    }
}

#[test]
fn no_token_claim_or_identity_shows_anywhere() {
    let game = Game::rotated();
    let server = ["--server", &game.url, "-v", "-v"];
    let exchange = super::running::Exchange::start(&game.host, &server);
    super::game::until("it exchanges", || exchange.is_ready());
    let old = game.old_token();
    let forwarded = exchange.forward(&old);
    let kept = exchange.keep(&old);
    let own = format!("Authorization: Bearer {old}");
    exchange.ask(&format!("GET /forward-auth?token={old}"), &[&own]);
    exchange.ask(&format!("GET /{old}"), &[&own]);
    exchange.ask("POST /exchange", &[&own, &own]);
    let unknown = token(&game.present, &json!({ "exp": now() - 1000 }));
    exchange.keep(&unknown);
    let metrics = exchange.ask("GET /metrics", &[]);
    for line in [
        "spacetime_keys_exchange_ready 1",
        r#"_requests_total{endpoint="forward-auth",outcome="exchanged"} 2"#,
        r#"_requests_total{endpoint="exchange",outcome="exchanged"} 1"#,
        r#"_requests_total{endpoint="exchange",outcome="ERR_TOKEN_EXPIRED"} 1"#,
        r#"_requests_total{endpoint="exchange",outcome="ERR_TOKEN_ABSENT"} 1"#,
        r#"_requests_total{endpoint="other",outcome="not_found"} 1"#,
    ] {
        assert!(metrics.body.contains(line), "{line}\n{}", metrics.body);
    }
    assert_eq!(metrics.all("content-type"), ["text/plain; version=0.0.4; charset=utf-8"]);
    let health = exchange.ask("GET /healthz", &[]).body;
    let run = exchange.end().success();
    let shown = [run.stdout, run.stderr, metrics.body, health].concat();
    let body: Value = serde_json::from_str(&kept.body).unwrap();
    let tokens = [&old, &unknown, forwarded.passed_on(), body["token"].as_str().unwrap()];
    let parts = tokens.into_iter().flat_map(|token| token.split('.'));
    let identity = identity().to_string();
    for secret in parts.chain([SUBJECT, &*identity, "eyJ", "hex_identity"]) {
        assert!(!shown.contains(secret), "{shown}");
    }
}
