//! How it is started.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use spacetime_keys_stand_ins::plain::{NOBODY, far_address};

use super::game::{Game, until};
use super::running::Exchange;
use crate::common::{CONFIG, Host};

#[test]
fn what_keeps_it_from_starting() {
    let host = Host::new();
    let run = host.run(&["exchange", "--json"]);
    assert_eq!((run.status, &*run.code()), (Some(2), "ERR_USAGE"), "{run:?}");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = host.run(&["exchange", "--json", "--server", NOBODY, "--listen", &address]);
    assert_eq!((run.status, &*run.code()), (Some(4), "ERR_IO"), "{run:?}");

    let missing = ["exchange", "--json", "--server", NOBODY, "--keys-dir", "nowhere"];
    let run = host.run(&missing);
    assert_eq!((run.status, &*run.code()), (Some(4), "ERR_NAMED_MISSING"), "{run:?}");
    assert!(run.stdout.contains("--keys-dir"), "{run:?}");

    let run = host.run(&["exchange", "--server", NOBODY, "--listen", "3010"]);
    assert_eq!(run.status, Some(2), "{run:?}");
}

#[test]
fn server_and_keys_come_from_the_configuration() {
    let game = Game::rotated();
    game.host.write(CONFIG, format!("[host]\nserver = \"{}\"\n", game.url));
    let exchange = Exchange::start(&game.host, &[]);
    until("it exchanges", || exchange.is_ready());
    let run = exchange.end().success();
    assert!(run.stdout.starts_with("listening on http://127.0.0.1:"), "{run:?}");
}

#[test]
fn a_server_that_is_not_there_is_said_and_waited_for() {
    let game = Game::rotated();
    let exchange = Exchange::start(&game.host, &["--server", NOBODY]);
    let old = game.old_token();
    assert_eq!(exchange.forward(&old).passed_on(), old);
    assert_eq!(exchange.keep(&old).code(), "ERR_EXCHANGE_SERVER");
    until("it is said", || exchange.said().contains("every request passes as it came"));
    let run = exchange.end().success();
    let said = run.stderr.matches("every request passes").count();
    assert_eq!(said, 1, "{run:?}");
}

#[test]
fn other_machines_are_let_in_only_where_that_is_said_and_with_a_warning() {
    let Some(far) = far_address() else { return };
    let game = Game::rotated();
    let listen = format!("{far}:0");
    let arguments = ["exchange", "--server", &game.url, "--listen", &listen];
    let exchange = Exchange::of(&mut game.host.command(&arguments));
    until("it is warned of", || exchange.said().contains("from other machines"));
    assert_eq!(exchange.address.ip(), far);
    let run = game.exchange().end().success();
    assert!(!run.stderr.contains("from other machines"), "{run:?}");
}

/// The systemd unit's and the compose service's command of `docs/players-online.md`, with this test's
/// places.
#[test]
fn the_services_of_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/players-online.md");
    let page = fs::read_to_string(page).unwrap();
    let game = Game::rotated();
    let keys = game.host.path(".generated/spacetimedb-keys");
    for (before, server, folder) in [
        ("ExecStart=/usr/local/bin/spacetime-keys ", "http://127.0.0.1:3000", "/stdb/config"),
        ("command: ", "http://stdb:3000", "/keys"),
    ] {
        let line = page.lines().find_map(|line| line.trim_start().strip_prefix(before)).unwrap();
        let mut arguments: Vec<_> = line.split(' ').map(str::to_owned).collect();
        for (from, to) in [
            (server, &*game.url),
            (folder, keys.to_str().unwrap()),
            ("0.0.0.0:3010", "127.0.0.1:0"),
        ] {
            for argument in arguments.iter_mut().filter(|argument| **argument == from) {
                to.clone_into(argument);
            }
        }
        if !line.contains("--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
        }
        let exchange = Exchange::of(&mut game.host.command(&arguments));
        until("it exchanges", || exchange.is_ready());
    }
}
