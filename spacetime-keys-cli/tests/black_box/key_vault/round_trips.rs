//! How many requests a run waits for, one after the other.

use std::time::Duration;

use spacetime_keys_stand_ins::{Operation, round_trips};

use super::fleet::Fleet;
use crate::common::Host;

/// What the design's order needs of a rotation of a group whose publisher is in escrow already:
/// challenge, login, the snapshot, a look before the private key is written, its write, its reading
/// back, the same of the public key without the look, and the proof.
const ROTATION: usize = 10;

/// Of a host met for the first time, besides: the escrow is read, written and read back, and the
/// mounted pair is pushed as the new one is.
const FIRST_ROTATION: usize = ROTATION + 3 + 5;

/// On a busy machine a thread may wait for its turn for so long that what was to run side by side
/// comes one after the other. Round trips that the order needs come with any latency; these do not.
const LATENCIES: [Duration; 3] =
    [Duration::from_millis(400), Duration::from_millis(1600), Duration::from_millis(6400)];

/// The round trips of a command with this latency.
fn trips(fleet: &Fleet, host: &Host, arguments: &[&str], latency: Duration) -> usize {
    fleet.stand_in.clear_log();
    fleet.stand_in.set_latency(latency);
    fleet.good(host, arguments);
    let requests = fleet.stand_in.requests();
    let logins = requests.iter().filter(|request| request.operation == Operation::Login).count();
    assert_eq!(logins, 1, "one login for all vaults");
    let trips = round_trips(&requests);
    println!(
        "{arguments:?}: {} requests, {trips} round trips one after the other, of {latency:?} each",
        requests.len()
    );
    trips
}

#[track_caller]
fn assert_trips(start: impl Fn() -> (Fleet, Host), arguments: &[&str], expected: usize) {
    let mut found = LATENCIES.into_iter().map(|latency| {
        let (fleet, host) = start();
        trips(&fleet, &host, arguments, latency)
    });
    assert!(found.any(|trips| trips == expected), "never {expected}");
}

fn rotated() -> (Fleet, Host) {
    let (fleet, host) = (Fleet::new(), Fleet::host());
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    (fleet, host)
}

#[test]
fn no_more_than_the_order_needs() {
    assert_trips(rotated, &["rotate", "--env", "local", "--yes"], ROTATION);
}

#[test]
fn a_whole_fleet_waits_as_long_as_one_vault() {
    assert_trips(rotated, &["rotate", "--env", "all", "--yes"], ROTATION);
}

// Slow: eighteen round trips, each slow enough to be told apart on a busy machine.
#[test]
fn a_host_met_for_the_first_time() {
    let new = || (Fleet::new(), Fleet::host());
    assert_trips(new, &["rotate", "--env", "all", "--yes"], FIRST_ROTATION);
}

/// Challenge, login, reading, and the value of the version that a rollback returns to.
#[test]
fn verify_waits_for_two_readings() {
    assert_trips(rotated, &["verify"], 4);
}
