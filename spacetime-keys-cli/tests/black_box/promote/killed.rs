//! `promote admit` fails, or is killed, at each point; another run is at work; the disk is full.

use std::process::Stdio;

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::{ADMIT, DATA, PASSPORT, Prod, admit, test_host};
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, Run, token};
use crate::failpoints::number_of;
use crate::stopped::Stopped;

/// Whether a run that fails or is killed at this point got so far.
fn reaches(host: &Host, point: usize, how: &str) -> bool {
    let mut command = host.command(ADMIT);
    command.env("SPACETIME_KEYS_FAILPOINT", format!("{point}={how}"));
    Run::of(&mut command, b"").status != Some(0)
}

/// Whose token it is, and whose key has signed it: one of the two that may be.
#[track_caller]
fn holds_a_whole_token(host: &Host, prod: &Prod) {
    let decoded = host.run(&["token", "decode", "--json", "--cli-toml", CLI_TOML]).success().json();
    let identity = decoded["identity"].as_str().unwrap().to_owned();
    assert!([IDENTITY.to_owned(), prod.owner.to_string()].contains(&identity), "{identity}");
    // The claims are kept already, no matter whose.
    if identity != IDENTITY {
        let escrow = host.stored("kv-test", "spacetimedb-publisher-claims").unwrap();
        assert!(escrow.contains(&identity) && escrow.contains(IDENTITY));
    }
}

// Slow: each point of a run, failed and killed, on a host of its own.
#[test]
fn at_any_point_and_begun_again_it_ends_well() {
    let prod = Prod::new();
    let passport = prod.passport();
    let points = number_of(|point| reaches(&test_host(&passport), point, "fail"));
    println!("{points} points");
    assert!(points > 8, "{points}");
    for point in 0..points {
        for how in ["fail", "kill"] {
            let host = test_host(&passport);
            assert!(reaches(&host, point, how), "{point} {how}");
            holds_a_whole_token(&host, &prod);
            admit(&host, &[]).success();
            assert_eq!(admit(&host, &[]).success().json()["changed"], false, "{point} {how}");
            let verified = host.run(&["verify", "--env", "test"]);
            assert_eq!(verified.status, Some(0), "{point} {how}: {verified:?}");
        }
    }
}

/// The SpacetimeDB CLI knows no lock: somebody logs in while the claims of the token before are being kept.
#[test]
fn whoever_logs_in_meanwhile_is_kept_too() {
    let prod = Prod::new();
    let host = test_host(&prod.passport());
    let mut admitted = Stopped::at(&host, ADMIT, "promotion:after-escrow");
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    host.set_token(&token(&key, &json!({ "iss": "localhost", "sub": "logged-in-meanwhile" })));
    let run = admitted.goes_on();
    assert_eq!(run.status, Some(0), "{run:?}");
    let escrow = host.stored("kv-test", "spacetimedb-publisher-claims").unwrap();
    for known in ["logged-in-meanwhile", &prod.owner.to_string(), IDENTITY] {
        assert!(escrow.contains(known), "{known}: {escrow}");
    }
    assert_eq!(admit(&host, &[]).success().json()["changed"], false);
}

#[test]
fn another_run_is_not_disturbed() {
    let prod = Prod::new();
    let host = test_host(&prod.passport());
    let mut rotation = host
        .command(&["rotate", "--env", "test", "--yes"])
        .env("SPACETIME_KEYS_FAILPOINT", "before mount-private test=stop")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stat = format!("/proc/{}/stat", rotation.id());
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
    let run = admit(&host, &[]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_LOCKED"), "{run:?}");
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    // It has begun, and is finished first.
    let run = admit(&host, &[]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_UNFINISHED"), "{run:?}");
    host.run(&["resume"]).success();
    admit(&host, &[]).success();
}

/// A program that replaces the passport while it is read gets one of the two, or a refusal: nothing of it is
/// read twice.
#[test]
fn a_passport_is_read_once() {
    let prod = Prod::new();
    let host = test_host(&prod.passport());
    let mut command =
        host.command(&["promote", "admit", "--passport", "-", "--data", DATA, "--yes"]);
    let run = Run::of(&mut command, host.read(PASSPORT).as_bytes());
    assert_eq!(run.status, Some(0), "{run:?}");
}
