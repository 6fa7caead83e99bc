//! The gates, each of them by itself, and who gets the token.

use std::fs;

use serde_json::Value;
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::NOBODY;

use super::{PASSPORT, Prod, admit, two};
use crate::common::{CLI_TOML, Host, PRIVATE, PUBLIC, Run};
use crate::doctor::standin::Standin;

/// Test, admitted, and a server that serves prod's data with test's key.
fn started() -> (Prod, Host, Standin) {
    let (prod, host) = two();
    admit(&host, &[]).success();
    let server = Standin { rows: 25, ..Standin::new(host.read(PUBLIC), &prod.owner) };
    (prod, host, server)
}

fn accept(host: &Host, url: &str, more: &[&str]) -> Run {
    let accept = ["promote", "accept", "--json", "--passport", PASSPORT, "--data", "server"];
    host.run(&[&accept[..], &["--server", url], more].concat())
}

/// The gates that are not well.
fn failed(run: &Run) -> Vec<String> {
    let report = run.json();
    let gates = report["gates"].as_array().unwrap_or_else(|| panic!("{run:?}"));
    let bad: Vec<String> = gates
        .iter()
        .filter(|gate| gate["ok"] != true)
        .map(|gate| gate["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(report["ok"], bad.is_empty());
    assert_eq!(run.status, Some(i32::from(!bad.is_empty())), "{run:?}");
    bad
}

#[test]
fn each_gate_is_well_and_nothing_is_written() {
    let (prod, host, server) = started();
    let before = host.tree();
    let server = server.serve();
    let run = accept(&host, &server.url, &[]);
    assert!(failed(&run).is_empty());
    let names: Vec<_> = run.json()["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| gate["name"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "server",
        "version",
        "served_key",
        "foreign_key",
        "token",
        "foreign_token",
        "publisher",
        "accepted",
        "database",
        "publish",
        "count",
        "secrets",
        "modes",
    ];
    assert_eq!(names, expected);
    assert!(host.tree() == before);
    // For a person.
    let text = host.run(&["promote", "accept", "--passport", PASSPORT, "--server", &server.url]);
    assert_eq!(text.status, Some(0), "{text:?}");
    assert!(text.stdout.contains("thing: 25 rows, 25 at the source"), "{text:?}");
    assert!(text.stdout.contains(&prod.owner.to_string()), "{text:?}");
    // Of the passport's databases and counts, those that are named.
    assert_eq!(accept(&host, &server.url, &["--database", "other"]).status, Some(2));
    assert!(
        failed(&accept(&host, &server.url, &["--database", "app", "--count", "other"])).is_empty()
    );
}

#[test]
fn each_gate_says_no_by_itself() {
    let (_, host, good) = started();
    let asked = |server: Standin| failed(&accept(&host, &server.serve().url, &[]));
    assert_eq!(asked(Standin { rows: 24, ..good.clone() }), ["count"]);
    let older = Some("{\"version\":\"2.8.2\"}".to_owned());
    assert_eq!(asked(Standin { health: older, ..good.clone() }), ["version"]);
    let newer = Some("{\"version\":\"2.14.0\"}".to_owned());
    assert!(asked(Standin { health: newer, ..good.clone() }).is_empty());
    let stranger = Identity::from_claims("localhost", "stranger").to_string();
    assert_eq!(asked(Standin { owner: stranger, ..good.clone() }), ["database", "publish"]);
    let gone = Standin { database: "another".to_owned(), ..good.clone() };
    assert_eq!(asked(gone), ["database", "publish"]);
    let refusal = Some((401, "Invalid token: TokenExpired".to_owned()));
    let refused = asked(Standin { refusal, ..good });
    assert_eq!(refused, ["accepted", "publish", "count"]);
    // What the host has.
    let server = || Standin { rows: 25, ..started_server(&host) }.serve();
    let token = host.read(CLI_TOML);
    host.set_mode(CLI_TOML, 0o604);
    assert_eq!(failed(&accept(&host, &server().url, &[])), ["modes"]);
    host.set_mode(CLI_TOML, 0o600);
    host.set_mode(PRIVATE, 0o644);
    assert!(failed(&accept(&host, &server().url, &[])).contains(&"modes".to_owned()));
    host.set_mode(PRIVATE, 0o600);
    host.write(CLI_TOML, "");
    let without = failed(&accept(&host, &server().url, &[]));
    assert_eq!(without, ["token", "foreign_token", "publisher", "accepted", "publish", "count"]);
    host.write(CLI_TOML, token);
    assert!(failed(&accept(&host, &server().url, &[])).is_empty());
}

/// The server of a host that was admitted.
fn started_server(host: &Host) -> Standin {
    let passport: Value = serde_json::from_str(&host.read(PASSPORT)).unwrap();
    Standin::new(host.read(PUBLIC), &passport["publisher"]["identity"].as_str().unwrap())
}

#[test]
fn secrets_of_the_source_are_a_gate() {
    let (prod, host, server) = started();
    let server = server.serve();
    host.write("server/late", prod.token());
    let run = accept(&host, &server.url, &[]);
    assert_eq!(failed(&run), ["secrets"]);
    assert!(run.stdout.contains("server/late") && !run.stdout.contains(&prod.token()[..60]));
    fs::remove_file(host.path("server/late")).unwrap();
    host.write("data/.config/spacetime/prod.toml", prod.token());
    assert_eq!(failed(&accept(&host, &server.url, &[])), ["secrets"]);
}

/// Prod itself in the place of test, and a server of anybody: neither is accepted, and no token goes there.
#[test]
fn another_server_gets_no_token() {
    let (prod, host, good) = started();
    let anybody = PrivateKey::generate().unwrap().public_key().to_pem();
    for (key, more) in [(prod.host.read(PUBLIC), true), (anybody, false)] {
        let server = Standin { public_key: key, ..good.clone() }.serve();
        let bad = failed(&accept(&host, &server.url, &[]));
        let known = |name: &str| bad.iter().any(|bad| bad == name);
        assert!(known("served_key") && known("accepted") && known("count"), "{bad:?}");
        assert_eq!(known("foreign_key"), more, "{bad:?}");
        let sent = server.take();
        assert!(!sent.is_empty());
        assert!(sent.iter().all(|request| request.header("authorization").is_none()));
    }
    // Prod's own token at test: refused there, and said so.
    host.write(CLI_TOML, prod.host.read(CLI_TOML));
    host.set_mode(CLI_TOML, 0o600);
    let bad = failed(&accept(&host, &good.serve().url, &[]));
    for gate in ["token", "foreign_token", "accepted", "secrets"] {
        assert!(bad.iter().any(|bad| bad == gate), "{bad:?}");
    }
}

#[test]
fn no_server_is_a_no() {
    let (_, host, _) = started();
    let run = accept(&host, &format!("http://{NOBODY}"), &["--wait", "1s"]);
    let bad = failed(&run);
    assert!(bad.contains(&"server".to_owned()) && bad.contains(&"version".to_owned()), "{bad:?}");
    assert!(run.stdout.contains("no connection"), "{run:?}");
}
