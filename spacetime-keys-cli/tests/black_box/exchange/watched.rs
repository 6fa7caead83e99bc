//! Files that are written while it runs.

use std::fs;

use super::game::{Game, LIST, until};
use crate::common::PRIVATE;

#[test]
fn damaged_files_are_said_once_and_everything_passes_until_they_are_mended() {
    let game = Game::rotated();
    let exchange = game.ready();
    let old = game.old_token();
    let (list, key) = (game.host.read(LIST), game.host.read(PRIVATE));
    for (file, content, code) in [
        (LIST, &list[..list.len() / 2], "ERR_RETIRED_KEYS_DAMAGED"),
        (LIST, "", "ERR_RETIRED_KEYS_DAMAGED"),
        (PRIVATE, &key[..key.len() / 2], "ERR_PEM_CUT_OFF"),
        (PRIVATE, "", "ERR_PEM_EMPTY"),
    ] {
        let before = exchange.said().lines().count();
        game.replace(file, content);
        for _ in 0..10 {
            assert_eq!(exchange.forward(&old).passed_on(), old);
        }
        let kept = exchange.keep(&old);
        assert_eq!((kept.status, &*kept.code()), (503, code));
        until("it is said", || {
            exchange.said().lines().skip(before).any(|line| line.contains(file))
        });
        let said = exchange.said();
        let lines = said.lines().skip(before).filter(|line| line.starts_with("error:"));
        assert_eq!(lines.count(), 1, "{said}");
        game.replace(file, if file == LIST { &list } else { &key });
        until("it exchanges", || exchange.forward(&old).passed_on() != old);
    }
    // Gone, and back.
    fs::rename(game.host.path(PRIVATE), game.host.path("away")).unwrap();
    let kept = exchange.keep(&old);
    assert_eq!((kept.status, &*kept.code()), (503, "ERR_EXCHANGE_KEYS"));
    fs::rename(game.host.path("away"), game.host.path(PRIVATE)).unwrap();
    until("it exchanges", || exchange.forward(&old).passed_on() != old);
    // Without a list no key is retired: that is no fault.
    game.host.remove(LIST);
    let kept = exchange.keep(&old);
    assert_eq!((kept.status, &*kept.code()), (401, "ERR_KEY_NOT_RETIRED"));
    assert!(exchange.is_ready());
}

#[test]
fn a_list_that_everybody_may_write_is_not_believed() {
    let game = Game::rotated();
    game.host.set_mode(LIST, 0o666);
    let exchange = game.exchange();
    let old = game.old_token();
    until("it is said", || exchange.said().contains("everybody may write it"));
    assert_eq!(exchange.forward(&old).passed_on(), old);
    game.host.set_mode(LIST, 0o644);
    until("it exchanges", || exchange.forward(&old).passed_on() != old);

    game.host.set_mode(PRIVATE, 0o644);
    until("it is warned of", || exchange.said().contains("others than its owner can use it"));
    assert_ne!(exchange.forward(&old).passed_on(), old);
}
