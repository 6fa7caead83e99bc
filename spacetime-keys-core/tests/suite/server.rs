//! `server::check` against the verdicts of real servers (`fixtures/token-verdicts.jsonl`: measured,
//! one token a line; its key is a throwaway), and what it says of tokens of external issuers.

use serde::Deserialize;
use spacetime_keys_core::error::{Algorithm, Claim, JsonFlaw, TokenPart};
use spacetime_keys_core::jwks;
use spacetime_keys_core::jwt::{MintOptions, Purpose, Target, TokenSigner, mint};
use spacetime_keys_core::server::{Reason, Remedy, Rules, Server, Verdict};
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

/// What is said beyond the server's words, and the next step, for each kind of flaw.
#[test]
fn causes_and_remedies() {
    let of = |case: &str| {
        let sample = samples().into_iter().find(|sample| sample.case == case).unwrap();
        let verdict = local_server(Rules::V2_14).check(&sample.token, sample.now);
        (verdict.cause, verdict.remedy.unwrap())
    };
    let table = [
        ("exp past", None, Remedy::Resign),
        ("sig other key", None, Remedy::Resign),
        ("iat missing", Some(Error::ClaimMissing(Claim::IssuedAt)), Remedy::RestoreClaims),
        ("sub missing", Some(Error::ClaimMissing(Claim::Subject)), Remedy::RestoreClaims),
        ("exp string", Some(Error::ClaimInvalid(Claim::Expiry)), Remedy::RestoreClaims),
        ("aud null", Some(Error::ClaimInvalid(Claim::Audience)), Remedy::RestoreClaims),
        ("sub 129 bytes", Some(Error::ClaimInvalid(Claim::Subject)), Remedy::RestoreClaims),
        ("hex wrong", Some(Error::TokenIdentityMismatch), Remedy::RestoreClaims),
        ("dup iat", Some(Error::TokenDuplicate(TokenPart::Claims)), Remedy::RestoreClaims),
        (
            "payload lone surrogate",
            Some(Error::TokenJson(JsonFlaw::Surrogate)),
            Remedy::RestoreClaims,
        ),
        ("alg none empty sig", Some(Error::TokenAlgorithm(Algorithm::None)), Remedy::Danger),
        (
            "alg HS256 keyed with public pem",
            Some(Error::TokenAlgorithm(Algorithm::Hmac)),
            Remedy::Danger,
        ),
        ("alg EdDSA real", Some(Error::TokenAlgorithm(Algorithm::EdDsa)), Remedy::ChangeAlgorithm),
        (
            "alg ES384 header",
            Some(Error::TokenAlgorithm(Algorithm::Other)),
            Remedy::ChangeAlgorithm,
        ),
        ("opaque", Some(Error::TokenOpaque), Remedy::AskForJwt),
        ("5 parts", Some(Error::TokenEncrypted), Remedy::AskForJwt),
        ("payload BOM", Some(Error::TokenMalformed(TokenPart::Claims)), Remedy::CopyAgain),
    ];
    for (case, cause, remedy) in table {
        assert_eq!(of(case), (cause, remedy), "{case}");
    }
}

/// A login is a new `sub`, hence a new identity: no remedy may tell anyone to log in.
#[test]
fn no_remedy_is_a_login() {
    for sample in samples() {
        for rules in Rules::ALL {
            let Some(remedy) = local_server(rules).check(&sample.token, sample.now).remedy else {
                continue;
            };
            for line in remedy.as_str().split(['.', ';', ':']) {
                assert!(!line.contains("log in") || line.contains("Do not log in"), "{line}");
            }
        }
    }
}

const NOW: i64 = 1_795_316_539;
const ISSUER: &str = "https://app.example.com";

fn minted(key: &PrivateKey, issuer: &str) -> String {
    let options = MintOptions {
        issuer,
        subject: "u_1",
        audience: &[],
        purpose: Purpose::App,
        target: Target::Other,
        now: NOW,
        ttl: 900,
        claims: &[],
    };
    mint(&TokenSigner::new(key).unwrap(), &options).unwrap().token.to_string()
}

fn without_kid(key: &PrivateKey, issuer: &str) -> String {
    let claims = format!(r#"{{"iss":"{issuer}","sub":"u_1","iat":{NOW}}}"#);
    let signer = spacetime_keys_core::es256::Signer::new(key).unwrap();
    crate::common::signed(r#"{"alg":"ES256"}"#, claims, &signer)
}

fn refused(verdict: Verdict) -> (Reason, Remedy) {
    assert!(!verdict.accepted);
    (verdict.reason.unwrap(), verdict.remedy.unwrap())
}

#[test]
fn tokens_of_an_issuer() {
    let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let set = |key: &PrivateKey| jwks::export(&[key.public_key().clone().into()]).unwrap();
    let token = minted(&key, ISSUER);
    for rules in Rules::ALL {
        let server = || local_server(rules);
        let verdict = server().with_issuer_keys(set(&key).as_bytes()).check(&token, NOW);
        assert!(verdict.accepted, "{verdict:?}");
        // The local key is tried first, for any issuer.
        let local = Server::new(rules).with_local_key(key.public_key()).unwrap();
        assert_eq!(local.check(&token, NOW), verdict);

        let unknown = server().check(&token, NOW);
        assert_eq!(refused(unknown), (Reason::InvalidSignature, Remedy::NameIssuerKeys));
        let missing = server().with_issuer_keys(set(&other).as_bytes());
        assert_eq!(
            refused(missing.check(&token, NOW)),
            (Reason::KeyIdNotFound, Remedy::PublishKey)
        );
        let without = without_kid(&key, ISSUER);
        assert_eq!(
            refused(missing.check(&without, NOW)),
            (Reason::InvalidSignature, Remedy::CompareIssuerKeys)
        );
        assert!(server().with_issuer_keys(set(&key).as_bytes()).check(&without, NOW).accepted);
        let none = server().with_issuer_keys(br#"{"keys":[]}"#).check(&without, NOW);
        assert_eq!(refused(none), (Reason::NoKeys, Remedy::PublishKey));
        for spoilt in [
            "<html>".to_owned(),
            set(&key).replace("\"P-256\"", "\"X25519\""),
            set(&key).replace("\"x\": \"", "\"x\": \"=="),
        ] {
            assert_ne!(spoilt, set(&key));
            let verdict = server().with_issuer_keys(spoilt.as_bytes()).check(&token, NOW);
            assert_eq!(refused(verdict), (Reason::IssuerKeys, Remedy::MendIssuerKeys), "{spoilt}");
        }
        // Expired, whatever the issuer's keys: the user's issuer gives a fresh one.
        let late = server().with_issuer_keys(set(&key).as_bytes()).check(&token, NOW + 900 + 61);
        assert_eq!(refused(late), (Reason::ExpiredSignature, Remedy::Refresh));
    }
}

/// An issuer that is no URL has no keys, whatever set somebody has at hand.
#[test]
fn an_issuer_that_no_server_can_ask() {
    let key = PrivateKey::generate().unwrap();
    let set = jwks::export(&[key.public_key().clone().into()]).unwrap();
    for rules in Rules::ALL {
        let server = local_server(rules).with_issuer_keys(set.as_bytes());
        for issuer in ["my-app", "app.example.com", "//app.example.com", "ftp://a.example", "/"] {
            let verdict = server.check(&minted(&key, issuer), NOW);
            assert_eq!(refused(verdict), (Reason::IssuerKeys, Remedy::MendIssuer), "{issuer}");
        }
        for issuer in ["http://127.0.0.1:1", "https://app.example.com///"] {
            assert!(server.check(&minted(&key, issuer), NOW).accepted, "{issuer}");
        }
        // The newer generation wants it in lowercase.
        let capitals = server.check(&minted(&key, "HTTPS://app.example.com"), NOW);
        assert_eq!(capitals.accepted, rules != Rules::V2_14);
    }
}

/// The local key decides on a server's own tokens: it must be known.
#[test]
fn a_servers_own_token_and_no_key_of_it() {
    let samples = samples();
    let baseline = samples.iter().find(|sample| sample.case == "baseline").unwrap();
    let set = jwks::export(&[PrivateKey::generate().unwrap().public_key().clone().into()]).unwrap();
    for rules in Rules::ALL {
        let server = Server::new(rules).with_issuer_keys(set.as_bytes());
        assert_eq!(
            refused(server.check(&baseline.token, baseline.now)),
            (Reason::InvalidSignature, Remedy::NameLocalKey)
        );
    }
}

/// Without `kid` in the set, servers before 2.12 take nothing of it.
#[test]
fn generations_differ_in_sets() {
    let key = PrivateKey::generate().unwrap();
    let set = jwks::export(&[key.public_key().clone().into()]).unwrap();
    let entry = set.lines().filter(|line| !line.contains("\"kid\"")).collect::<String>();
    let token = minted(&key, ISSUER);
    for (rules, accepted) in [(Rules::V1_2, false), (Rules::V2_8, false), (Rules::V2_14, true)] {
        let server = local_server(rules).with_issuer_keys(entry.as_bytes());
        assert_eq!(server.check(&token, NOW).accepted, accepted, "{rules}");
    }
}

#[test]
fn what_never_reaches_the_rules() {
    for rules in Rules::ALL {
        let server = local_server(rules);
        let empty = server.check(" \n", NOW);
        assert_eq!((empty.status, empty.reason), (400, Some(Reason::Missing)));
        let large = server.check(&"a".repeat((1 << 20) + 1), NOW);
        assert_eq!((large.status, large.reason), (431, Some(Reason::TooLarge)));
        assert_eq!(large.remedy, Some(Remedy::AskForJwt));
    }
}
