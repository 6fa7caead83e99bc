//! What is not exchanged, at either door.

use serde_json::json;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::exchange::RetiredKeys;

use super::game::{Game, Telling, identity, now, token, until};
use super::running::Exchange;

/// A proxy passes it on as it came, a client gets this code.
#[track_caller]
fn is_refused(exchange: &Exchange, token: &str, code: &str) {
    let own = format!("Bearer {token}");
    let passed = exchange.forward(token);
    assert_eq!((passed.status, passed.all("authorization")), (200, vec![&*own]), "{code}");
    let kept = exchange.keep(token);
    assert_eq!((kept.status, &*kept.code()), (401, code), "{kept:?}");
    assert_eq!(kept.all("www-authenticate"), ["Bearer"]);
}

#[test]
fn tokens_that_are_not_exchanged() {
    let game = Game::rotated();
    let exchange = game.ready();
    let altered = game.old_token().replace(".eyJ", ".eyA");
    let good = game.old_token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    for (token, code) in [
        (token(&PrivateKey::generate().unwrap(), &json!({})), "ERR_KEY_NOT_RETIRED"),
        (token(&game.old, &json!({ "exp": now() - 61 })), "ERR_TOKEN_EXPIRED"),
        (token(&game.old, &json!({ "iat": now() + 90 })), "ERR_TOKEN_ISSUED_LATER"),
        (token(&game.old, &json!({ "act": { "sub": "app" } })), "ERR_TOKEN_DELEGATED"),
        (
            token(&game.old, &json!({ "iss": "https://id.example.com", "hex_identity": null })),
            "ERR_TOKEN_EXTERNAL_ISSUER",
        ),
        (altered, "ERR_TOKEN_MALFORMED"),
        (signed.to_owned(), "ERR_TOKEN_OPAQUE"),
        (format!("{signed}.AAAA"), "ERR_KEY_NOT_RETIRED"),
        ("garbage".to_owned(), "ERR_TOKEN_OPAQUE"),
        // Larger than most proxies pass on, and not yet than a server reads.
        (format!("{signed}.{}", "A".repeat(300 << 10)), "ERR_KEY_NOT_RETIRED"),
    ] {
        is_refused(&exchange, &token, code);
    }
    // As a server of hyper's makes do: such a head is read by neither.
    let large = exchange.forward(&"a".repeat(1 << 20));
    assert_eq!(large.status, 431);
}

#[test]
fn requests_without_one_token_pass_as_they_came() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    let own = format!("Authorization: Bearer {old}");
    let small = format!("authorization: bearer {old}");
    let basic = "Authorization: Basic dG9rZW46eA==";
    for (fields, expected) in [
        (vec![], vec![]),
        (vec!["Authorization:"], vec![""]),
        (vec![basic], vec!["Basic dG9rZW46eA=="]),
        (vec![&own, basic], vec![&own[15..], "Basic dG9rZW46eA=="]),
        (vec![&own, &own], vec![&own[15..], &own[15..]]),
        (vec!["Authorization: Bearer \u{e9}"], vec!["Bearer \u{e9}"]),
    ] {
        let passed = exchange.ask("GET /forward-auth", &fields);
        assert_eq!((passed.status, passed.all("authorization")), (200, expected));
        let refused = exchange.ask("POST /exchange", &fields);
        assert_eq!((refused.status, &*refused.code()), (401, "ERR_TOKEN_ABSENT"));
    }
    let passed = exchange.ask("GET /forward-auth", &[&small]);
    assert!(Game::takes(game.present.public_key(), passed.passed_on()));
}

#[test]
fn a_key_is_honoured_for_its_time_and_not_once_it_is_revoked() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    assert_ne!(exchange.forward(&old).passed_on(), old);

    let mut list = RetiredKeys::default();
    list.retire(game.old.public_key(), now() - 100, 100);
    game.write_list(&list);
    is_refused(&exchange, &old, "ERR_KEY_NOT_HONORED");
    // The time goes by while it runs.
    let mut list = RetiredKeys::default();
    list.retire(game.old.public_key(), now(), 2);
    game.write_list(&list);
    until("its time is over", || exchange.keep(&old).code() == "ERR_KEY_NOT_HONORED");
    is_refused(&exchange, &old, "ERR_KEY_NOT_HONORED");

    let mut list = RetiredKeys::default();
    list.retire(game.old.public_key(), now(), 86_400);
    game.write_list(&list);
    assert_ne!(exchange.forward(&old).passed_on(), old);
    list.revoke(game.old.public_key(), now());
    game.write_list(&list);
    is_refused(&exchange, &old, "ERR_KEY_REVOKED");
}

#[test]
fn publishers_and_owners_are_never_exchanged() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    let mut list = RetiredKeys::default();
    list.retire(game.old.public_key(), now(), 86_400);
    list.add_publisher(identity());
    game.write_list(&list);
    is_refused(&exchange, &old, "ERR_TOKEN_OF_PUBLISHER");
    assert_eq!(game.state().asked, 0);
    drop(exchange);

    let game = Game::rotated();
    game.state().owner = Some(identity());
    let exchange = game.ready();
    let old = game.old_token();
    is_refused(&exchange, &old, "ERR_TOKEN_OF_PUBLISHER");
    for _ in 0..10 {
        is_refused(&exchange, &old, "ERR_TOKEN_OF_PUBLISHER");
    }
    assert_eq!(game.state().asked, 1, "what the server said is known for a while");
}

#[test]
fn an_owner_who_cannot_be_asked_about_is_not_exchanged() {
    let game = Game::rotated();
    game.state().tells_owners = Telling::Fails;
    let exchange = game.ready();
    let old = game.old_token();
    assert_eq!(exchange.forward(&old).passed_on(), old);
    let kept = exchange.keep(&old);
    assert_eq!((kept.status, &*kept.code()), (503, "ERR_EXCHANGE_OWNER"));
    game.state().tells_owners = Telling::Hangs;
    assert_eq!(exchange.forward(&old).passed_on(), old);
    game.state().tells_owners = Telling::Yes;
    assert_eq!(exchange.keep(&old).status, 200);
}
