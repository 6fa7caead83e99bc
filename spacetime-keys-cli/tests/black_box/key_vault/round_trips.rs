//! How many requests a run waits for, one after the other.

use std::time::Duration;

use spacetime_keys_stand_ins::{Operation, round_trips};

use super::fleet::Fleet;
use crate::common::Host;

/// What the design's order needs of a rotation of a group whose publisher is in escrow already:
/// challenge, login, the snapshot, a look before the private key is written, its write, its reading
/// back, the same of the public key without the look, and the proof.
const ROTATION: usize = 9;

/// Of a host met for the first time, besides: the escrow is read, written and read back, and the
/// mounted pair is pushed as the new one is.
const FIRST_ROTATION: usize = ROTATION + 3 + 5;

/// So long that a thread which waits for its turn on a busy machine makes no round trip more.
const LATENCY: Duration = Duration::from_millis(400);

/// The round trips of a command.
fn trips(fleet: &Fleet, host: &Host, arguments: &[&str]) -> usize {
    fleet.stand_in.clear_log();
    fleet.stand_in.set_latency(LATENCY);
    fleet.good(host, arguments);
    let requests = fleet.stand_in.requests();
    let logins = requests.iter().filter(|request| request.operation == Operation::Login).count();
    assert_eq!(logins, 1, "one login for all vaults");
    let trips = round_trips(&requests);
    println!("{arguments:?}: {} requests, {trips} round trips one after the other", requests.len());
    trips
}

fn rotated() -> (Fleet, Host) {
    let (fleet, host) = (Fleet::new(), Fleet::host());
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    (fleet, host)
}

#[test]
fn no_more_than_the_order_needs() {
    let (fleet, host) = rotated();
    assert_eq!(trips(&fleet, &host, &["rotate", "--env", "local", "--yes"]), ROTATION);
}

#[test]
fn a_whole_fleet_waits_as_long_as_one_vault() {
    let (fleet, host) = rotated();
    assert_eq!(trips(&fleet, &host, &["rotate", "--env", "all", "--yes"]), ROTATION);
}

#[test]
fn a_host_met_for_the_first_time() {
    let (fleet, host) = (Fleet::new(), Fleet::host());
    assert_eq!(trips(&fleet, &host, &["rotate", "--env", "all", "--yes"]), FIRST_ROTATION);
}

#[test]
fn verify_waits_for_one_reading() {
    let (fleet, host) = rotated();
    assert_eq!(trips(&fleet, &host, &["verify"]), 3, "challenge, login, reading");
}
