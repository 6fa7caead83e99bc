//! The front of the exchange: which request gets which answer, while the server has the mounted key,
//! another one, and while nobody knows. A server's rules say what is good.

use crate::common::{issued, part};
use proptest::prelude::*;
use spacetime_keys_core::doctor::Answer as Said;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::exchange::front::{Answer, Front, Look, Ownership, Route, owned_path};
use spacetime_keys_core::exchange::{Exchange, RetiredKeys};
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_core::{Error, Identity, PrivateKey, PublicKey};

const NOW: i64 = 1_800_000_000;
const SUBJECT: &str = "0a4d6e3c-55d2-4c67-9d5c-f0a8bd7ac4d3";

struct Host {
    old: PrivateKey,
    present: PrivateKey,
}

impl Host {
    fn new() -> Self {
        Self { old: PrivateKey::generate().unwrap(), present: PrivateKey::generate().unwrap() }
    }

    fn exchange(&self) -> Exchange {
        let mut list = RetiredKeys::default();
        list.retire(self.old.public_key(), NOW - 100, 86_400);
        Exchange::new(&list, Signer::new(&self.present).unwrap()).unwrap()
    }

    /// In front of a server that has this key.
    fn front(&self, served: &PrivateKey) -> Front {
        let mut front = Front::new(Ok(self.exchange()));
        see(&mut front, served.public_key(), NOW);
        front
    }

    fn old_token(&self) -> String {
        token(&self.old)
    }
}

fn token(key: &PrivateKey) -> String {
    let claims = format!(r#"{{"sub":"{SUBJECT}","iss":"localhost","iat":{}}}"#, NOW - 1000);
    issued(claims, &Signer::new(key).unwrap())
}

fn see(front: &mut Front, key: &PublicKey, at: i64) {
    let pem = key.to_pem();
    let said = Said { status: 200, content_type: "", body: Some(pem.as_bytes()) };
    front.see(Some(said), at);
}

/// The answer where the server knows no database of the identity that is asked about.
fn answer(front: &Front, route: Route, authorization: &[&str], now: i64) -> Answer {
    match front.look(route, authorization, now) {
        Look::Answer(answer) => answer,
        Look::AskOwner(identity) => {
            front.settle(route, authorization, (identity, Ownership::None), now)
        }
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// Between the rotation and the restart, which may be hours away, the server signs with the old key.
#[test]
fn what_the_server_issued_before_its_restart_is_good_after_it() {
    let host = Host::new();
    let hours = NOW + 10_000;
    let claims = format!(r#"{{"sub":"{SUBJECT}","iss":"localhost","iat":{hours}}}"#);
    let late = issued(claims, &Signer::new(&host.old).unwrap());
    let restarted = |front: &mut Front| {
        see(front, host.present.public_key(), hours + 3);
        passed_on(front, &late, hours + 4)
    };
    let mut front = host.front(&host.old);
    see(&mut front, host.old.public_key(), hours);
    assert_eq!(passed_on(&front, &late, hours + 1), late);
    assert!(is_good(&restarted(&mut front), &host.present, hours + 4));
    // Also where the files are read again meanwhile.
    front.replace(Ok(host.exchange()));
    assert!(is_good(&restarted(&mut front), &host.present, hours + 4));
    // An exchange that has not seen the server with it believes the list.
    assert_eq!(restarted(&mut host.front(&host.old)), late);
    // What has leaked is not honoured, whatever the server had.
    let mut list = RetiredKeys::default();
    list.revoke(host.old.public_key(), NOW - 100);
    front.replace(Exchange::new(&list, Signer::new(&host.present).unwrap()));
    assert_eq!(restarted(&mut front), late);
}

/// What the proxy passes on to the server, of a request with this token.
fn passed_on(front: &Front, token: &str, now: i64) -> String {
    let own = format!("Bearer {token}");
    let answer = answer(front, Route::ForwardAuth, &[&own], now);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let new = header(&answer, "authorization");
    assert_eq!(answer.keeps_authorization, new.is_none());
    new.unwrap_or(&own).strip_prefix("Bearer ").unwrap().to_owned()
}

fn is_good(token: &str, key: &PrivateKey, now: i64) -> bool {
    let server = |rules| Server::new(rules).with_local_key(key.public_key()).unwrap();
    let identity = Some(Identity::from_claims("localhost", SUBJECT));
    let said = Rules::ALL.map(|rules| server(rules).check(token, now).identity == identity);
    assert!(said.iter().all(|good| *good == said[0]));
    said[0]
}

fn error_of(answer: &Answer) -> (u16, String) {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let error = &body["error"];
    assert!(error["message"].is_string() && error["hint"].is_string(), "{body}");
    assert_eq!(error["code"], answer.outcome);
    (answer.status, error["code"].as_str().unwrap().to_owned())
}

#[test]
fn a_proxy_passes_on_a_new_token_of_five_minutes() {
    let host = Host::new();
    let front = host.front(&host.present);
    let new = passed_on(&front, &host.old_token(), NOW);
    assert!(is_good(&new, &host.present, NOW) && !is_good(&host.old_token(), &host.present, NOW));
    assert!(part(&new, 1).contains(&format!("\"exp\":{}", NOW + 300)));
}

#[test]
fn a_client_gets_a_token_to_keep() {
    let host = Host::new();
    let front = host.front(&host.present);
    let own = format!("bearer  {}", host.old_token());
    let given = answer(&front, Route::Exchange, &[&own], NOW);
    let body: serde_json::Value = serde_json::from_str(&given.body).unwrap();
    assert_eq!((given.status, given.outcome), (200, "exchanged"));
    assert_eq!(body["identity"], Identity::from_claims("localhost", SUBJECT).to_string());
    assert_eq!(body["expires_at"], serde_json::Value::Null);
    let new = body["token"].as_str().unwrap();
    assert!(is_good(new, &host.present, NOW));
    assert_eq!(header(&given, "cache-control"), Some("no-store"));

    // One that is good already comes back as it is.
    let own = format!("Bearer {new}");
    let same = answer(&front, Route::Exchange, &[&own], NOW);
    assert_eq!((same.status, same.outcome), (200, "not_needed"));
    assert_eq!(same.body, given.body);
    assert_eq!(passed_on(&front, new, NOW), new);
}

#[test]
fn it_signs_only_while_the_server_has_the_mounted_key() {
    let host = Host::new();
    let old = host.old_token();
    let other = PrivateKey::generate().unwrap();
    let mut front = Front::new(Ok(host.exchange()));
    let refuses = |front: &Front, now: i64, error: Error| {
        assert_eq!(front.ready(now), Err(error));
        assert_eq!(passed_on(front, &old, now), old);
        let own = format!("Bearer {old}");
        let refused = error_of(&answer(front, Route::Exchange, &[&own], now));
        assert_eq!(refused, (503, error.code().to_owned()));
        let health = answer(front, Route::Health, &[], now);
        assert_eq!((health.status, health.outcome), (503, error.code()));
    };
    refuses(&front, NOW, Error::ExchangeServer);
    // Between the rotation and the restart, and when it comes up with another key.
    for key in [&host.old, &other] {
        see(&mut front, key.public_key(), NOW);
        refuses(&front, NOW, Error::ExchangeNotServed);
    }
    see(&mut front, host.present.public_key(), NOW);
    assert_eq!(front.ready(NOW + 10), Ok(()));
    assert_ne!(passed_on(&front, &old, NOW + 10), old);
    assert_eq!(answer(&front, Route::Health, &[], NOW).status, 200);
    // Not asked for too long; and a clock that was set back.
    refuses(&front, NOW + 11, Error::ExchangeServer);
    refuses(&front, NOW - 1, Error::ExchangeServer);
    for (status, body) in
        [(200, "-----BEGIN PUBLIC KEY-----\n"), (200, "hello"), (502, ""), (302, "")]
    {
        see(&mut front, host.present.public_key(), NOW);
        front.see(Some(Said { status, content_type: "", body: Some(body.as_bytes()) }), NOW);
        refuses(&front, NOW, Error::ExchangeServer);
    }
    see(&mut front, host.present.public_key(), NOW);
    front.see(None, NOW);
    refuses(&front, NOW, Error::ExchangeServer);
    // Files that cannot be read.
    see(&mut front, host.present.public_key(), NOW);
    front.replace(Err(Error::RetiredKeysDamaged));
    refuses(&front, NOW, Error::RetiredKeysDamaged);
}

#[test]
fn another_mounted_key_makes_it_ask_again_and_another_list_does_not() {
    let host = Host::new();
    let mut front = host.front(&host.present);
    front.replace(Ok(host.exchange()));
    assert_eq!(front.ready(NOW), Ok(()));
    // Rolled back and forth: the server may have been restarted in between.
    let list = RetiredKeys::default();
    front.replace(Exchange::new(&list, Signer::new(&host.old).unwrap()));
    front.replace(Ok(host.exchange()));
    assert_eq!(front.ready(NOW), Err(Error::ExchangeServer));
}

#[test]
fn what_owns_a_database_is_never_exchanged() {
    let host = Host::new();
    let identity = Identity::from_claims("localhost", SUBJECT);
    let own = format!("Bearer {}", host.old_token());
    let databases = |count| {
        let list = vec![format!("\"{identity}\""); count].join(",");
        format!(r#"{{"identities":[{list}]}}"#)
    };
    for (status, body, expected) in [
        (200, databases(0), None),
        (200, databases(1), Some((401, "ERR_TOKEN_OF_PUBLISHER"))),
        (200, databases(2), Some((401, "ERR_TOKEN_OF_PUBLISHER"))),
        (200, "{}".into(), Some((503, "ERR_EXCHANGE_OWNER"))),
        (500, databases(0), Some((503, "ERR_EXCHANGE_OWNER"))),
    ] {
        for route in [Route::ForwardAuth, Route::Exchange] {
            let front = host.front(&host.present);
            let Look::AskOwner(asked) = front.look(route, &[&own], NOW) else {
                panic!("the server is asked first");
            };
            assert_eq!(owned_path(asked), format!("/v1/identity/{identity}/databases"));
            let said = Said { status, content_type: "", body: Some(body.as_bytes()) };
            let answer = front.settle(route, &[&own], (asked, Ownership::of(Some(said))), NOW);
            let is_kept = expected.is_none_or(|(_, code)| code == "ERR_TOKEN_OF_PUBLISHER");
            assert_eq!(answer.outcome, expected.map_or("exchanged", |(_, code)| code));
            match (route, expected) {
                (Route::Exchange, Some((status, code))) => {
                    assert_eq!(error_of(&answer), (status, code.to_owned()));
                }
                _ => assert_eq!(answer.status, 200),
            }
            // What the server said is known for a minute; what it did not say is asked again.
            let again = |now| matches!(front.look(route, &[&own], now), Look::AskOwner(_));
            assert_eq!(again(NOW + 1), !is_kept);
        }
    }
    assert_eq!(Ownership::of(None), Ownership::Unknown);
}

#[test]
fn requests_without_one_token_pass_as_they_came() {
    let host = Host::new();
    let front = host.front(&host.present);
    let old = format!("Bearer {}", host.old_token());
    let basic = "Basic dG9rZW46";
    let joined = format!("{old}, {old}");
    for fields in [
        &[][..],
        &[""],
        &["Bearer"],
        &[basic],
        &["garbage"],
        &[&old, &old],
        &[&old, basic],
        &[&joined],
    ] {
        let passed = answer(&front, Route::ForwardAuth, fields, NOW);
        assert!(passed.keeps_authorization && passed.status == 200);
        assert_eq!(header(&passed, "authorization"), None);
        let refused = answer(&front, Route::Exchange, fields, NOW);
        assert_eq!(error_of(&refused), (401, "ERR_TOKEN_ABSENT".to_owned()));
        assert_eq!(header(&refused, "www-authenticate"), Some("Bearer"));
    }
    for (token, code) in [
        ("a.".repeat(1 << 19) + "a", "ERR_TOKEN_TOO_LARGE"),
        (token(&PrivateKey::generate().unwrap()), "ERR_KEY_NOT_RETIRED"),
        ("a b".into(), "ERR_TOKEN_OPAQUE"),
    ] {
        assert_eq!(passed_on(&front, &token, NOW), token);
        let own = format!("Bearer {token}");
        let refused = answer(&front, Route::Exchange, &[&own], NOW);
        assert_eq!(error_of(&refused), (401, code.to_owned()));
    }
}

#[test]
fn routes() {
    for (method, path, route) in [
        ("GET", "/forward-auth", Route::ForwardAuth),
        ("PATCH", "/forward-auth", Route::ForwardAuth),
        ("POST", "/exchange", Route::Exchange),
        ("GET", "/exchange", Route::NotAllowed("POST")),
        ("HEAD", "/healthz", Route::Health),
        ("GET", "/metrics", Route::Metrics),
        ("POST", "/metrics", Route::NotAllowed("GET, HEAD")),
        ("GET", "/", Route::NotFound),
        ("GET", "/forward-auth/", Route::NotFound),
    ] {
        assert_eq!(Route::of(method, path), route, "{method} {path}");
    }
    let front = Front::new(Err(Error::ExchangeKeys));
    let refused = answer(&front, Route::NotAllowed("POST"), &[], NOW);
    assert_eq!((refused.status, header(&refused, "allow")), (405, Some("POST")));
    assert_eq!(answer(&front, Route::NotFound, &[], NOW).status, 404);
}

#[test]
fn counts_and_debug_show_nothing_of_a_request() {
    let host = Host::new();
    let front = host.front(&host.present);
    let own = format!("Bearer {}", host.old_token());
    let shown = format!("{front:?} {:?}", front.look(Route::Exchange, &[&own], NOW));
    let given = answer(&front, Route::Exchange, &[&own], NOW);
    answer(&front, Route::Exchange, &[&own], NOW);
    answer(&front, Route::ForwardAuth, &[], NOW);
    let text = answer(&front, Route::Metrics, &[], NOW).body;
    assert!(text.contains("\nspacetime_keys_exchange_ready 1\n"), "{}", *text);
    for line in [
        r#"_requests_total{endpoint="exchange",outcome="exchanged"} 2"#,
        r#"_requests_total{endpoint="forward-auth",outcome="ERR_TOKEN_ABSENT"} 1"#,
    ] {
        assert!(text.contains(line), "{}", *text);
    }
    let again = front.look(Route::Exchange, &[&own], NOW);
    let shown = format!("{shown} {given:?} {again:?} {}", *text);
    let identity = Identity::from_claims("localhost", SUBJECT).to_string();
    let body = given.body.as_str();
    let tokens = [own.as_str(), body].into_iter().flat_map(|text| text.split(['.', '"', ' ']));
    for secret in tokens.filter(|part| part.len() > 12).chain([SUBJECT, &identity]) {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// What happens to a host and its server, one after the other.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The keys of the files are replaced, and the exchange sees it.
    Mount(usize),
    /// The server reads the files.
    Restart,
    /// It is asked for its key; or cannot be.
    Ask(bool),
    /// Seconds go by.
    Wait(i64),
    /// A player's request with a token of this key.
    Request(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_usize).prop_map(Event::Mount),
        Just(Event::Restart),
        any::<bool>().prop_map(Event::Ask),
        (0..15_i64).prop_map(Event::Wait),
        (0..3_usize).prop_map(Event::Request),
    ]
}

proptest! {
    #![proptest_config(crate::common::properties("tests/suite/exchange_front.regressions", 128, 2048))]

    /// Whatever is rotated, rolled back and restarted in whatever order: no token that the server takes
    /// becomes one that it refuses.
    #[test]
    fn no_good_token_is_made_bad(events in prop::collection::vec(event(), 1..40)) {
        let keys: Vec<PrivateKey> = (0..3).map(|_| PrivateKey::generate().unwrap()).collect();
        let tokens: Vec<String> = keys.iter().map(token).collect();
        let exchange = |mounted: usize| {
            let mut list = RetiredKeys::default();
            for key in keys.iter().filter(|key| key.public_key() != keys[mounted].public_key()) {
                list.retire(key.public_key(), NOW, 1 << 20);
            }
            Exchange::new(&list, Signer::new(&keys[mounted]).unwrap())
        };
        let (mut mounted, mut served, mut now) = (0, 0, NOW);
        let mut front = Front::new(exchange(mounted));
        for event in events {
            match event {
                Event::Mount(key) => {
                    mounted = key;
                    front.replace(exchange(key));
                }
                Event::Restart => served = mounted,
                Event::Ask(true) => see(&mut front, keys[served].public_key(), now),
                Event::Ask(false) => front.see(None, now),
                Event::Wait(seconds) => now += seconds,
                Event::Request(key) => {
                    let passed = passed_on(&front, &tokens[key], now);
                    prop_assert!(key != served || passed == tokens[key]);
                    if front.ready(now).is_ok() {
                        prop_assert_eq!(served, mounted);
                        prop_assert!(is_good(&passed, &keys[served], now));
                    }
                }
            }
        }
    }
}

#[test]
fn a_revoked_mounted_key_signs_nothing() {
    let host = Host::new();
    let mut list = RetiredKeys::default();
    list.revoke(host.present.public_key(), NOW);
    let front = Front::new(Exchange::new(&list, Signer::new(&host.present).unwrap()));
    assert_eq!(front.ready(NOW), Err(Error::KeyRevoked));
    let old = host.old_token();
    assert_eq!(passed_on(&front, &old, NOW), old);
}
