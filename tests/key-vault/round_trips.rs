//! How many requests a run waits for, one after the other.

use std::time::Duration;

use spacetime_keys_stand_ins::{Operation, round_trips};

use crate::fleet::Fleet;

/// What the design's order needs of a rotation of a group whose publisher is in escrow already:
/// challenge, login, the snapshot (the token's first request is its second), a look before the
/// private key is written, its write, its reading back, the same of the public key without the
/// look, and the proof.
const ROTATION: usize = 9;

fn rotation(environment: &str) -> usize {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    fleet.stand_in.clear_log();
    fleet.stand_in.set_latency(Duration::from_millis(50));
    fleet.good(&host, &["rotate", "--env", environment, "--yes"]);
    let requests = fleet.stand_in.requests();
    let logins = requests.iter().filter(|request| request.operation == Operation::Login).count();
    assert_eq!(logins, 1, "one login for all vaults");
    let trips = round_trips(&requests);
    println!(
        "rotate --env {environment}: {} requests, {trips} round trips one after the other",
        requests.len()
    );
    trips
}

#[test]
fn no_more_than_the_order_needs() {
    assert_eq!(rotation("local"), ROTATION);
}

#[test]
fn a_whole_fleet_waits_as_long_as_one_vault() {
    assert_eq!(rotation("all"), ROTATION);
}

#[test]
fn verify_waits_for_one_reading() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    fleet.stand_in.clear_log();
    fleet.stand_in.set_latency(Duration::from_millis(50));
    fleet.good(&host, &["verify"]);
    let trips = round_trips(&fleet.stand_in.requests());
    println!("verify: {trips} round trips one after the other");
    assert_eq!(trips, 3, "challenge, login, reading");
}
