//! `server::check` against the verdicts of real servers (`fixtures/token-verdicts.jsonl`: measured,
//! one token a line; its key is a throwaway). What it says beyond their words, and of tokens of
//! external issuers, is in `tests/vectors/check.jsonl`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use spacetime_keys_core::error::{DiscoveryFlaw, NoSet};
use spacetime_keys_core::jwks::export;
use spacetime_keys_core::server::{KeyOf, Reason, Remedy, Rules, Server, Wording};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};

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

/// The whole answer. What was measured is what the crates' errors print for programmers; servers 2.x
/// print them for people: as in `tests/fixtures/publish-answers.jsonl`.
fn message(measured: &str, rules: Rules) -> String {
    // These are SpacetimeDB's own, not the JWT library's.
    let own = ["Issuer ", "Subject ", "Identity "].iter().any(|word| measured.starts_with(word));
    if rules == Rules::V1_2 {
        return if own {
            format!("Other({measured})")
        } else {
            format!("TokenError(Error({measured}))")
        };
    }
    let inside = |start: &str, end: &str| measured.strip_prefix(start)?.strip_suffix(end);
    if own {
        measured.to_owned()
    } else if let Some(json) = inside("Json(Error(", "))") {
        let (text, place) = json.rsplit_once("\", line: ").unwrap();
        let (line, column) = place.split_once(", column: ").unwrap();
        let text = text.trim_start_matches('"').replace("\\\"", "\"");
        format!("Invalid token: JSON error: {text} at line {line} column {column}")
    } else if let Some(byte) = inside("Base64(InvalidByte(", "))") {
        let (offset, symbol) = byte.split_once(", ").unwrap();
        format!("Invalid token: Base64 error: Invalid symbol {symbol}, offset {offset}.")
    } else {
        format!("Invalid token: {measured}")
    }
}

/// The words are a version's, not its rules': 1.9 to 1.12 judge as 2.8 does, and speak as 1.x do.
#[test]
fn each_version_speaks_in_its_own_words() {
    for (version, json, base64, key) in [
        ("1.2.0", "Json", "Base64", "KeyIDNotFound"),
        ("1.12.0", "Json", "Base64", "KeyIDNotFound"),
        ("2.8.3", "JSON error", "Base64 error", "Specified key ID not found in JWKs"),
        ("2.14.0", "JSON error", "Base64 error", "Specified key ID not found in JWKs"),
    ] {
        let wording = Wording::of_version(version).unwrap();
        let words = [Reason::Json, Reason::Base64, Reason::KeyIdNotFound].map(|r| r.words(wording));
        assert_eq!(words, [json, base64, key], "{version}");
        let said = Server::of_version(version).unwrap().check("e30.e30.AA", 0).words;
        assert_eq!(said, Some(json), "{version}");
        // Whichever a server uses, it is understood.
        for (reason, words) in
            [Reason::Json, Reason::Base64, Reason::KeyIdNotFound].iter().zip(words)
        {
            assert_eq!(Reason::in_text(&format!("401: {words}: x")), Some(*reason), "{words}");
        }
    }
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
            // Our words are a part of the server's answer. The measured ones are those of the local key
            // only; before a whole server says them it reads the token once more, without the
            // signature, and names the flaw that it meets then (tests/real-server compares those
            // words).
            let read_twice = sample.case == "inner newline escaped";
            match (&measured.reason, verdict.reason) {
                (None, None) => {}
                (Some(_), Some(ours)) if read_twice => assert_eq!(ours, Reason::Base64),
                (Some(theirs), Some(_)) => {
                    let said = message(theirs, rules);
                    let words = verdict.words.unwrap();
                    assert!(said.contains(words) && words.len() > 3, "{context}: {said}");
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

/// A login is a new `sub`, so a new identity: no remedy may tell anyone to log in.
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
fn a_database_s_token_is_none_of_a_client() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
    let claims = URL_SAFE_NO_PAD
        .encode(r#"{"iss":"spacetimedb-idc-v1","aud":"c2","sender":"c2","iat":1,"exp":61}"#);
    for rules in Rules::ALL {
        let verdict = local_server(rules).check(&format!("{header}.{claims}.AA"), 1);
        assert_eq!((verdict.reason, verdict.status), (Some(Reason::Json), 401));
        assert_eq!(verdict.cause, Some(Error::TokenOfDatabase));
        assert_eq!(verdict.remedy, Some(Remedy::NotForClients));
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

/// A token of an issuer that a new key has signed, and that key's set.
fn of_issuer(issuer: &str) -> (String, String) {
    let key = PrivateKey::generate().unwrap();
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"iss":"{issuer}","sub":"u_1","aud":"a","iat":1,"exp":4102444800}}"#);
    let input = format!("{}.{}", part(r#"{"alg":"ES256"}"#), part(&claims));
    let signature = spacetime_keys_core::es256::Signer::new(&key).unwrap().sign(input.as_bytes());
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()));
    (token, export(&[key.public_key().clone().into()]).unwrap())
}

#[test]
fn accepted_by_an_issuers_key_has_a_condition() {
    let (token, set) = of_issuer("https://id.example");
    for rules in Rules::ALL {
        let verdict = Server::new(rules).with_issuer_keys(set.as_bytes()).check(&token, 2);
        assert_eq!((verdict.accepted, verdict.key), (true, Some(KeyOf::Issuer)));
        let condition = verdict.condition().unwrap().to_string();
        assert!(condition.contains(".well-known/openid-configuration"), "{condition}");
        for sample in samples() {
            let verdict = local_server(rules).check(&sample.token, sample.now);
            assert_eq!(verdict.key, verdict.accepted.then_some(KeyOf::Server), "{}", sample.case);
            assert_eq!(verdict.condition(), None, "{}", sample.case);
        }
    }
}

#[test]
fn what_came_in_the_place_of_a_set_is_the_cause() {
    let (token, set) = of_issuer("https://id.example");
    for rules in Rules::ALL {
        let refused = |server: Server| {
            let verdict = server.check(&token, 2);
            assert_eq!(verdict.reason, Some(Reason::IssuerKeys));
            (verdict.cause, verdict.remedy)
        };
        let page = Server::new(rules).with_issuer_keys(b"<html>");
        let document = Some(Remedy::MendIssuerDocument);
        assert_eq!(refused(page), (Some(Error::JwksMalformed(NoSet::Html)), document));
        let flaw = Error::JwksDiscovery(DiscoveryFlaw::NoUri);
        assert_eq!(refused(Server::new(rules).without_issuer_keys(flaw)), (Some(flaw), document));
        // A set that one entry spoils is a set.
        let spoiled =
            set.replace("\"keys\": [", "\"keys\": [{\"kty\":\"OKP\",\"crv\":\"X25519\"},");
        assert_ne!(spoiled, set);
        let server = Server::new(rules).with_issuer_keys(spoiled.as_bytes());
        assert_eq!(refused(server), (None, Some(Remedy::MendIssuerKeys)));
        // No server would ask: then it does not matter what would come.
        let (token, _) = of_issuer("app");
        let verdict = Server::new(rules).with_issuer_keys(b"<html>").check(&token, 2);
        assert_eq!((verdict.cause, verdict.remedy), (None, Some(Remedy::MendIssuer)));
    }
}
