//! The log of requests, and round trips.

use std::thread;
use std::time::Duration;

use crate::common::{Client, logged_in};
use spacetime_keys_stand_ins::{Operation, Request, round_trips};

fn at(times: &[(u64, Option<u64>)]) -> Vec<Request> {
    times
        .iter()
        .zip(0..)
        .map(|(&(started, ended), number)| Request {
            number,
            occurrence: 0,
            host: "kv-prod".to_owned(),
            operation: Operation::Put,
            secret: None,
            version: None,
            status: None,
            authorized: true,
            faulted: false,
            started: Duration::from_millis(started),
            ended: ended.map(Duration::from_millis),
        })
        .collect()
}

#[test]
fn round_trips_are_the_longest_chain() {
    for (times, expected) in [
        (&[][..], 0),
        (&[(0, Some(10))], 1),
        (&[(0, Some(10)), (10, Some(20)), (30, Some(40))], 3),
        (&[(0, Some(10)), (1, Some(11)), (2, Some(12))], 1),
        // A long one beside three short ones.
        (&[(0, Some(50)), (0, Some(10)), (20, Some(30)), (40, Some(45))], 3),
        (&[(0, Some(10)), (5, Some(15)), (12, Some(22)), (16, Some(26))], 2),
        // One that is never answered is the last of its chain.
        (&[(0, Some(10)), (20, None), (30, None)], 2),
    ] {
        assert_eq!(round_trips(&at(times)), expected, "{times:?}");
    }
}

/// On a busy machine one thread may lag behind another, though hardly by so much.
const LATENCIES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(5)];

#[test]
fn the_latency_shows_what_runs_side_by_side() {
    let vaults = ["kv-prod", "kv-test"];
    let (stand_in, client) = logged_in(&vaults);
    // Connected before, so that no handshake lets one of them fall behind.
    for vault in vaults {
        client.get(vault, "/secrets");
    }
    let trips = |latency: Duration| {
        stand_in.clear_log();
        stand_in.set_latency(latency);
        thread::scope(|scope| {
            for vault in vaults {
                let client = client.clone();
                scope.spawn(move || {
                    for value in ["one", "two"] {
                        assert_eq!(client.put(vault, "key", value).unwrap().status, 200);
                    }
                });
            }
        });
        let requests = stand_in.requests();
        assert_eq!(requests.len(), 4);
        for (number, request) in requests.iter().enumerate() {
            assert_eq!(request.number, number as u64);
            assert!(request.ended.unwrap() >= request.started + latency);
            assert_eq!((request.operation, request.status), (Operation::Put, Some(200)));
        }
        round_trips(&requests)
    };
    assert!(LATENCIES.into_iter().any(|latency| trips(latency) == 2));
}

#[test]
fn the_log_holds_neither_values_nor_tokens() {
    let (stand_in, client) = logged_in(&["kv-prod"]);
    client.put("kv-prod", "key", "marked-value").unwrap();
    Client::logged_in(&stand_in);
    let log = format!("{:?}", stand_in.requests());
    assert!(log.contains("\"key\""));
    for marked in ["marked-value", "stand-in-access-token", "stand-in-client-secret"] {
        assert!(!log.contains(marked), "{log}");
    }
}
