//! The log of requests, round trips, and several stand-ins at once.

use std::thread;
use std::time::Duration;

use crate::common::{Client, logged_in};
use spacetime_keys_stand_ins::{Operation, Request, Setup, StandIn, round_trips};

/// Far more than a busy machine lets one thread lag behind another.
const LATENCY: Duration = Duration::from_millis(500);

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

#[test]
fn the_latency_shows_what_runs_side_by_side() {
    let vaults = ["kv-prod", "kv-test", "kv-dev", "kv-local"];
    let (stand_in, client) = logged_in(&vaults);
    // Connected before, so that no handshake lets one of them fall behind.
    for vault in vaults {
        client.get(vault, "/secrets");
    }
    stand_in.clear_log();
    stand_in.set_latency(LATENCY);
    thread::scope(|scope| {
        for vault in vaults {
            let client = client.clone();
            scope.spawn(move || {
                for value in ["one", "two", "three"] {
                    assert_eq!(client.put(vault, "key", value).unwrap().status, 200);
                }
            });
        }
    });
    let requests = stand_in.requests();
    assert_eq!(requests.len(), 12);
    assert_eq!(round_trips(&requests), 3);
    for (number, request) in requests.iter().enumerate() {
        assert_eq!(request.number, number as u64);
        assert!(request.ended.unwrap() >= request.started + LATENCY);
        assert_eq!((request.operation, request.status), (Operation::Put, Some(200)));
        assert_eq!(request.secret.as_deref(), Some("key"));
        assert!(request.authorized && !request.faulted);
    }
    // One after the other, they are twelve.
    stand_in.set_latency(Duration::ZERO);
    stand_in.clear_log();
    for vault in vaults {
        for _ in 0..3 {
            client.get(vault, "/secrets/key");
        }
    }
    assert_eq!(round_trips(&stand_in.requests()), 12);
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

#[test]
fn several_at_once_know_nothing_of_each_other() {
    thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || {
                let stand_in = StandIn::start(Setup::of(&["kv-prod"]));
                let client = Client::logged_in(&stand_in);
                let mine = format!("value-{n}");
                for _ in 0..250 {
                    assert_eq!(client.put("kv-prod", "key", &mine).unwrap().status, 200);
                }
                let versions = stand_in.secret("kv-prod", "key").unwrap();
                assert_eq!(versions.len(), 250);
                assert!(versions.iter().all(|version| version.value == mine));
            });
        }
    });
}
