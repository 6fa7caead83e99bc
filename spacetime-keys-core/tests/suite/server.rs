//! `server::check` against the verdicts of real servers (`fixtures/token-verdicts.jsonl`: measured,
//! one token a line; its key is a throwaway). What it says beyond their words, and of tokens of
//! external issuers, is in `tests/vectors/check.jsonl`.

use serde::Deserialize;
use spacetime_keys_core::PublicKey;
use spacetime_keys_core::server::{Reason, Remedy, Rules, Server};

#[derive(Deserialize)]
struct Sample {
    case: String,
    token: String,
    now: i64,
    servers: std::collections::BTreeMap<String, Measured>,
}

#[derive(Deserialize)]
struct Measured {
    accepted: bool,
    identity: Option<String>,
    reason: Option<String>,
}

fn samples() -> Vec<Sample> {
    include_str!("../fixtures/token-verdicts.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn local_server(rules: Rules) -> Server {
    let key = PublicKey::from_pem(include_str!("../fixtures/token-verdicts.pub.pem")).unwrap();
    Server::new(rules).with_local_key(&key).unwrap()
}

#[test]
fn every_measured_verdict_is_given() {
    let mut compared = 0;
    for sample in samples() {
        for rules in Rules::ALL {
            let measured = &sample.servers[rules.name()];
            let verdict = local_server(rules).check(&sample.token, sample.now);
            let context = format!("{} on {rules}: {verdict:?}", sample.case);
            assert_eq!(verdict.accepted, measured.accepted, "{context}");
            let identity = verdict.identity.map(|identity| identity.to_string());
            assert_eq!(identity, measured.identity, "{context}");
            // The server's own words begin with ours. The measured ones are those of the local key
            // alone; before a whole server says them it reads the token once more, without the
            // signature, and names the flaw that it meets then (tests/real-server compares those
            // words).
            let read_twice = sample.case == "inner newline escaped";
            match (&measured.reason, verdict.reason) {
                (None, None) => {}
                (Some(_), Some(ours)) if read_twice => assert_eq!(ours, Reason::Base64),
                (Some(theirs), Some(ours)) => {
                    assert!(theirs.starts_with(ours.as_str()), "{context}: {theirs}");
                }
                _ => panic!("{context}"),
            }
            assert_eq!(verdict.status, if measured.accepted { 200 } else { 401 }, "{context}");
            assert_eq!(verdict.remedy.is_none(), measured.accepted, "{context}");
            compared += 1;
        }
    }
    assert!(compared >= 3 * 78, "{compared}");
}

/// A login is a new `sub`, hence a new identity: no remedy may tell anyone to log in.
#[test]
fn no_remedy_is_a_login() {
    for sample in samples() {
        for rules in Rules::ALL {
            let Some(remedy) = local_server(rules).check(&sample.token, sample.now).remedy else {
                continue;
            };
            for line in remedy.to_string().split(['.', ';', ':']) {
                assert!(!line.contains("log in") || line.contains("Do not log in"), "{line}");
            }
        }
    }
}

#[test]
fn what_never_reaches_the_rules() {
    for rules in Rules::ALL {
        let large = local_server(rules).check(&"a".repeat((1 << 20) + 1), 1_795_316_539);
        assert_eq!((large.status, large.reason), (431, Some(Reason::TooLarge)));
        assert_eq!(large.remedy, Some(Remedy::AskForJwt));
    }
}
