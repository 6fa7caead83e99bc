//! Between a rotation and the restart, and while a restart goes wrong: what the server takes is never
//! exchanged for what it refuses.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::game::{Game, token, until};
use super::running::Exchange;

/// A token passes as it came, and a client is told why.
#[track_caller]
fn passes(exchange: &Exchange, token: &str, code: &str) {
    assert_eq!(exchange.forward(token).passed_on(), token);
    let kept = exchange.keep(token);
    assert_eq!((kept.status, &*kept.code()), (503, code), "{kept:?}");
    let health = exchange.ask("GET /healthz", &[]);
    assert_eq!(health.status, 503, "{health:?}");
}

#[test]
fn a_player_is_back_after_the_restart_and_every_moment_before_is_safe() {
    let game = Game::before();
    let exchange = game.ready();
    let old = game.old_token();
    assert_eq!(exchange.forward(&old).passed_on(), old);

    // The files are new, the server is not.
    game.mount(&game.present, &[&game.old]);
    assert_eq!(exchange.forward(&old).passed_on(), old);
    until("it is noticed", || exchange.keep(&old).code() == "ERR_EXCHANGE_NOT_SERVED");
    for _ in 0..20 {
        passes(&exchange, &old, "ERR_EXCHANGE_NOT_SERVED");
    }
    // A restart that hangs.
    game.state().key = None;
    until("it is noticed", || exchange.keep(&old).code() == "ERR_EXCHANGE_SERVER");
    passes(&exchange, &old, "ERR_EXCHANGE_SERVER");
    // It comes up with a key of its own.
    game.restart(&PrivateKey::generate().unwrap());
    until("it is noticed", || exchange.keep(&old).code() == "ERR_EXCHANGE_NOT_SERVED");
    passes(&exchange, &old, "ERR_EXCHANGE_NOT_SERVED");
    // And with the mounted one.
    game.restart(&game.present);
    until("it exchanges", || exchange.is_ready());
    let new = exchange.forward(&old).passed_on().to_owned();
    let key = game.present.public_key();
    assert!(Game::takes(key, &new) && !Game::takes(key, &old));

    let said = exchange.end().success().stderr;
    for words in
        ["has another key than the mounted one", "does not show which key", "are exchanged"]
    {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_rollback_is_seen_before_the_server_can_read_it() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    assert_ne!(exchange.forward(&old).passed_on(), old);
    // No time goes by: the server may be up again before anybody is asked anything.
    game.mount(&game.old, &[&game.present]);
    game.restart(&game.old);
    let passed = exchange.forward(&old).passed_on().to_owned();
    assert_eq!(passed, old);
    let new = token(&game.present, &json!({}));
    until("the other way round", || exchange.forward(&new).passed_on() != new);
    assert_eq!(exchange.forward(&old).passed_on(), old);
}

/// Slow: keys are replaced twenty times under load.
#[test]
fn keys_are_replaced_under_load_without_a_wrong_answer() {
    let game = Game::rotated();
    let exchange = game.ready();
    let tokens = [game.old_token(), token(&game.present, &json!({}))];
    let (done, exchanges) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (game, exchange, tokens) = (&game, &exchange, &tokens);
            let (done, exchanges) = (&done, &exchanges);
            scope.spawn(move || {
                let mut number = number;
                while !done.load(Ordering::Relaxed) {
                    number += 1;
                    let own = &tokens[number % 2];
                    let before = game.state().key.clone().unwrap();
                    let passed = exchange.forward(own).passed_on().to_owned();
                    let after = game.state().key.clone().unwrap();
                    // Where the server was restarted meanwhile, the request could have met either.
                    if before == after && Game::takes(&after, own) {
                        assert_eq!(&passed, own);
                    } else if before == after && &passed != own {
                        exchanges.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for round in 0..20 {
            let [present, retired] = match round % 2 {
                0 => [&game.old, &game.present],
                _ => [&game.present, &game.old],
            };
            game.mount(present, &[retired]);
            game.restart(present);
            let stranger = token(retired, &json!({}));
            let key = present.public_key();
            until("it exchanges again", || {
                Game::takes(key, exchange.forward(&stranger).passed_on())
            });
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(exchanges.into_inner() > 0, "nothing was exchanged under load");
}
