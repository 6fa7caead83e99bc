//! Each fault, at the request that it was meant for and at no other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::common::{Client, Reply, logged_in};
use serde_json::Value;
use spacetime_keys_stand_ins::{Fault, Matcher, Operation, StandIn};

const VAULT: &str = "kv-prod";

fn puts() -> Matcher {
    Matcher::vault(VAULT).operation(Operation::Put)
}

/// The values of a secret, the oldest first.
fn values(stand_in: &StandIn, name: &str) -> Vec<String> {
    let versions = stand_in.secret(VAULT, name).unwrap_or_default();
    versions.into_iter().map(|version| version.value).collect()
}

/// One PUT of `two` under `fault`, upon a secret that holds `one`; then the next PUT goes well.
fn put_under(fault: Fault) -> (Result<Reply, ureq::Error>, Vec<String>) {
    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.write(VAULT, "key", "one", None, &[]);
    stand_in.fault(puts(), fault);
    let reply = client.put(VAULT, "key", "two");
    let after = values(&stand_in, "key");

    let request = stand_in.requests().remove(0);
    assert!(request.faulted);
    assert_eq!(request.status, reply.as_ref().ok().map(|reply| reply.status));
    assert_eq!(request.version.is_some(), after.len() > 1 && after.contains(&"two".to_owned()));
    assert_eq!(stand_in.struck(), 1);
    let client = Client::logged_in(&stand_in);
    assert_eq!(client.put(VAULT, "key", "three").unwrap().status, 200);
    (reply, after)
}

#[test]
fn dropped_before_and_after_the_write() {
    let (reply, values) = put_under(Fault::DropBefore);
    assert!(reply.is_err());
    assert_eq!(values, ["one"]);
    let (reply, values) = put_under(Fault::DropAfter);
    assert!(reply.is_err());
    assert_eq!(values, ["one", "two"]);
}

#[test]
fn refusals_write_nothing() {
    for (fault, status, codes, retry_after) in [
        (Fault::Status429 { retry_after: None }, 429, ("Throttled", ""), ""),
        (Fault::Status429 { retry_after: Some(7) }, 429, ("Throttled", ""), "7"),
        (Fault::Status500, 500, ("InternalServerError", ""), ""),
        (Fault::Status503, 503, ("ServiceUnavailable", ""), ""),
        (Fault::Forbidden("ForbiddenByX".to_owned()), 403, ("Forbidden", "ForbiddenByX"), ""),
    ] {
        let (reply, values) = put_under(fault);
        let reply = reply.unwrap();
        assert_eq!(reply.status, status);
        assert_eq!(reply.codes(), (codes.0.to_owned(), codes.1.to_owned()));
        assert_eq!(reply.header("retry-after"), retry_after);
        assert_eq!(values, ["one"]);
    }
}

#[test]
fn an_expired_token_voids_all() {
    let (reply, values) = put_under(Fault::TokenExpired);
    let reply = reply.unwrap();
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
    assert_eq!(values, ["one"]);

    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.fault(puts(), Fault::TokenExpired);
    for _ in 0..2 {
        assert_eq!(client.put(VAULT, "key", "x").unwrap().status, 401);
    }
}

#[test]
fn json_that_is_cut() {
    let (reply, values) = put_under(Fault::CutJson);
    let reply = reply.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    assert!(reply.body.starts_with('{'));
    assert!(serde_json::from_str::<Value>(&reply.body).is_err());
    assert_eq!(values, ["one", "two"]);
}

#[test]
fn a_second_writer_comes_first() {
    let tags = BTreeMap::from([("who".to_owned(), "other".to_owned())]);
    let (reply, values) = put_under(Fault::SecondWriter { value: "theirs".to_owned(), tags });
    assert_eq!(reply.unwrap().status, 200);
    assert_eq!(values, ["one", "theirs", "two"]);
}

#[test]
fn a_delay_changes_nothing_else() {
    let delay = Duration::from_millis(150);
    let begun = Instant::now();
    let (reply, values) = put_under(Fault::Delay(delay));
    assert_eq!(reply.unwrap().status, 200);
    assert_eq!(values, ["one", "two"]);
    assert!(begun.elapsed() >= delay);
}

#[test]
fn a_hang_ends_with_the_stand_in() {
    for (fault, written) in [(Fault::Hang, &["one"][..]), (Fault::HangAfter, &["one", "two"])] {
        let (stand_in, client) = logged_in(&[VAULT]);
        stand_in.write(VAULT, "key", "one", None, &[]);
        stand_in.fault(puts(), fault);
        let hanging = std::thread::spawn(move || client.put(VAULT, "key", "two"));
        wait_for(|| stand_in.requests().len() == 1 && values(&stand_in, "key") == written);
        std::thread::sleep(Duration::from_millis(50));
        assert!(!hanging.is_finished());
        let request = stand_in.requests().remove(0);
        assert_eq!((request.status, request.ended), (None, None));
        // The others do not wait with it.
        let client = Client::logged_in(&stand_in);
        assert_eq!(client.get(VAULT, "/secrets/key").status, 200);
        drop(stand_in);
        assert!(hanging.join().unwrap().is_err());
    }
}

fn wait_for(reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_mins(5), "it never came to that");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stale_read_lacks_the_newest_version() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let stale = |operation| {
        stand_in.fault(Matcher::vault(VAULT).operation(operation), Fault::StaleRead);
    };
    let first = stand_in.write(VAULT, "key", "one", None, &[]);
    for (operation, path) in [
        (Operation::GetLatest, "/secrets/key".to_owned()),
        (Operation::GetVersion, format!("/secrets/key/{first}")),
    ] {
        stale(operation);
        assert_eq!(client.get(VAULT, &path).codes().0, "SecretNotFound");
        assert_eq!(client.get(VAULT, &path).json()["value"], "one");
    }
    stand_in.write(VAULT, "key", "two", None, &[]);
    stale(Operation::GetLatest);
    assert_eq!(client.get(VAULT, "/secrets/key").json()["value"], "one");
    assert_eq!(client.get(VAULT, "/secrets/key").json()["value"], "two");
    let listed = || client.get(VAULT, "/secrets/key/versions").json()["value"].clone();
    stale(Operation::ListVersions);
    let items = listed();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(crate::common::version(&items[0]), first);
    assert_eq!(listed().as_array().unwrap().len(), 2);
}

#[test]
fn tls_that_fails_is_the_hosts_own() {
    let (stand_in, client) = logged_in(&[VAULT, "kv-test"]);
    stand_in.fault(Matcher::vault(VAULT), Fault::NoTls);
    stand_in.fault(Matcher::vault(VAULT), Fault::UntrustedCa);
    let texts: Vec<String> =
        (0..2).map(|_| client.put(VAULT, "key", "x").unwrap_err().to_string()).collect();
    assert!(texts[0].contains("InvalidMessage") || texts[0].contains("corrupt"), "{texts:?}");
    assert!(texts[1].contains("UnknownIssuer"), "{texts:?}");
    assert_eq!(client.put("kv-test", "key", "x").unwrap().status, 200);
    assert_eq!(client.put(VAULT, "key", "x").unwrap().status, 200);
    // Neither came as far as a request.
    assert_eq!(stand_in.requests().len(), 2);
    assert_eq!(stand_in.struck(), 2);

    stand_in.clear_faults();
    stand_in.fault(Matcher::login().always(), Fault::UntrustedCa);
    let fresh = Client::new(&stand_in);
    for _ in 0..3 {
        assert!(fresh.ask_token(&stand_in, "x", &[]).is_err());
    }
    assert_eq!(client.get(VAULT, "/secrets/key").status, 200);
}

#[test]
fn matchers_find_their_request() {
    let (stand_in, client) = logged_in(&[VAULT, "kv-test"]);
    let status = |vault: &str, name: &str| client.put(vault, name, "x").unwrap().status;
    let fault = |matcher| stand_in.fault(matcher, Fault::Status503);

    fault(puts().secret("b").occurrence(1));
    assert_eq!(
        [("a", 200), ("b", 200), ("a", 200), ("b", 503), ("b", 200)]
            .map(|(name, _)| status(VAULT, name)),
        [200, 200, 200, 503, 200]
    );
    // The third of these has been: it does not come again.
    fault(puts().secret("b").occurrence(2));
    assert_eq!(status(VAULT, "b"), 200);
    stand_in.clear_log();
    assert_eq!([0, 1, 2, 3].map(|_| status(VAULT, "b")), [200, 200, 503, 200]);

    fault(puts().secret("c").occurrence(1).times(2));
    assert_eq!([0, 1, 2, 3].map(|_| status(VAULT, "c")), [200, 503, 503, 200]);

    fault(puts().times(2));
    assert_eq!(status("kv-test", "a"), 200);
    assert_eq!(["a", "b", "c"].map(|name| status(VAULT, name)), [503, 503, 200]);

    fault(puts().operation(Operation::Challenge));
    let stranger = Client::new(&stand_in);
    assert_eq!(status(VAULT, "a"), 200);
    assert_eq!(stranger.put(VAULT, "a", "x").unwrap().status, 503);
    assert_eq!(stranger.put(VAULT, "a", "x").unwrap().status, 401);

    stand_in.clear_log();
    stand_in.fault_nth(2, Fault::Status503);
    assert_eq!([status(VAULT, "a"), status("kv-test", "a")], [200, 200]);
    assert_eq!([status("kv-test", "b"), status(VAULT, "a")], [503, 200]);

    fault(Matcher::login().operation(Operation::Login));
    assert_eq!(client.ask_token(&stand_in, "x", &[]).unwrap().status, 503);

    fault(Matcher::any().always());
    assert_eq!([0, 1, 2].map(|_| status(VAULT, "a")), [503, 503, 503]);
    stand_in.clear_faults();
    assert_eq!(status(VAULT, "a"), 200);
}

#[test]
fn each_request_of_a_run_can_be_struck_in_the_next() {
    let (stand_in, client) = logged_in(&[VAULT, "kv-test"]);
    let start = stand_in.snapshot();
    let run = || {
        let _ = client.ask_token(&stand_in, "x", &[]);
        for vault in [VAULT, "kv-test"] {
            for name in ["a", "b", "a"] {
                client.get(vault, &format!("/secrets/{name}"));
                client.put(vault, name, "x").unwrap();
            }
        }
        stand_in.requests()
    };
    let clean = run();
    assert_eq!(clean.len(), 13);
    assert!(clean.iter().all(|request| !request.faulted));
    for request in &clean {
        stand_in.reset(&start);
        stand_in.fault(Matcher::of(request), Fault::Status503);
        let struck: Vec<_> = run().into_iter().filter(|again| again.faulted).collect();
        assert_eq!(struck.len(), 1);
        assert_eq!((struck[0].number, struck[0].status), (request.number, Some(503)));
    }
}

#[test]
#[should_panic(expected = "strikes a connection")]
fn a_fault_of_connections_has_no_operation() {
    logged_in(&[VAULT]).0.fault(puts(), Fault::NoTls);
}

#[cfg(unix)]
#[test]
fn a_kill_comes_before_or_after_the_write() {
    use std::os::unix::process::ExitStatusExt;
    for (fault, written) in [(Fault::KillBefore, &["one"][..]), (Fault::KillAfter, &["one", "two"])]
    {
        let (stand_in, client) = logged_in(&[VAULT]);
        stand_in.write(VAULT, "key", "one", None, &[]);
        let mut process = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        stand_in.set_process(process.id());
        stand_in.fault(puts(), fault);
        assert!(client.put(VAULT, "key", "two").is_err());
        assert_eq!(process.wait().unwrap().signal(), Some(9));
        assert_eq!(values(&stand_in, "key"), written);
    }
}

#[test]
fn a_restored_snapshot_ends_what_was_under_way() {
    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.write(VAULT, "key", "one", None, &[]);
    let snapshot = stand_in.snapshot();
    // On a busy machine the delay may be over before the reset: again, with a longer one.
    let is_ended = |delay: Duration| {
        stand_in.write(VAULT, "key", "two", None, &[]);
        stand_in.set_firewall(VAULT, true);
        stand_in.fault(puts(), Fault::Delay(delay));
        let begun = Instant::now();
        let late = client.clone();
        let late = std::thread::spawn(move || late.put(VAULT, "key", "late"));
        wait_for(|| stand_in.requests().len() == 1);
        stand_in.reset(&snapshot);
        let ended = late.join().unwrap().is_err();
        // Its time comes, and nothing happens.
        std::thread::sleep((2 * delay).saturating_sub(begun.elapsed()));
        ended
    };
    let delays = [100, 1000, 10_000].map(Duration::from_millis);
    assert!(delays.into_iter().any(is_ended));

    assert_eq!(values(&stand_in, "key"), ["one"]);
    assert_eq!((stand_in.requests(), stand_in.struck()), (vec![], 0));
    // The login is still good, and the firewall open again.
    assert_eq!(client.put(VAULT, "key", "three").unwrap().status, 200);
    assert_eq!(stand_in.requests()[0].number, 0);
}
