//! JWK sets: what the lint promises is what servers and the verifier do, and what is exported is
//! read again.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::json;
use spacetime_keys_core::fleet::Severity;
use spacetime_keys_core::jwks::{JwkSet, Report, Search, SetKey, Skipped, Step, export, lint};
use spacetime_keys_core::jwt::{TokenVerifier, VerifyOptions};
use spacetime_keys_core::server::{Reason, Rules, Server};
use spacetime_keys_core::{RsaPublicKey, VerificationKey};
use spacetime_keys_fuzz::members::{Vocabulary, mutate};
use spacetime_keys_fuzz::{NOW, es256, issuer, issuer_rsa, other, token};

/// Of an external issuer, and good for ever.
const CLAIMS: &[u8] = br#"{"iss":"https://id.example","sub":"1","iat":1795316539}"#;

fuzz_target!(|input: &[u8]| {
    leads_nowhere_else(input);
    let report = lint(input);
    let errors =
        report.problems.iter().filter(|problem| problem.severity() == Severity::Error).count();
    assert_eq!(report.ok, errors == 0);
    assert!(
        report.problems.iter().all(|problem| problem.entry.is_none_or(|at| at < report.entries))
    );
    serde_json::to_string(&report).unwrap();

    let servers = Rules::ALL.map(|rules| {
        let server = Server::new(rules).with_issuer_keys(input);
        let verdict = server.check(stranger(), NOW);
        assert!(!verdict.accepted);
        assert_eq!(report.taken_by.rules(rules), verdict.reason != Some(Reason::IssuerKeys));
        assert!(report.taken_by.rules(rules) || !report.ok);
        server
    });

    let Ok(set) = JwkSet::parse(input) else { return };
    // Only the form of the set may spoil it: any entry may be passed over.
    let Skipped { foreign, unusable } = set.skipped();
    assert_eq!(set.keys().len() + foreign + unusable, report.entries);
    if set.keys().is_empty() {
        return;
    }
    let verifier = TokenVerifier::from_jwks(&set).unwrap();
    assert!(verifier.verify(stranger(), &VerifyOptions::at(NOW)).is_err());
    for entry in set.keys() {
        our_key_verifies(entry, &verifier, &servers, &report);
    }
    read_again(&set);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, &VOCABULARY)
});

/// RFC 7517 and 7518.
const VOCABULARY: Vocabulary = Vocabulary {
    names: r"keys kty crv x y n e k d kid use key_ops alg x5u x5c x5t x5t#S256 other \u006bid
        jwks_uri issuer",
    values: r#"null true 0 1e400 "" "a" "ours" "é" "\ud800" "EC" "RSA" "oct" "OKP"
        "P-256" "P-384" "Ed25519" "X25519" "AA" "AQ" "AQAB" "AQ=="
        "sig" "enc" "ES256" "RS256" "HS256" "ES512" "EdDSA" "RSA-OAEP" {"ES256":null}
        "https://a.example/k" "http://a.example/k" "https://me@a.example/k" "/k"
        [] ["verify"] ["sign"] [1] [null] {} [{}]"#,
};

/// Whatever a document says: from https only on to https, and to no URL with a user name.
fn leads_nowhere_else(input: &[u8]) {
    for url in ["https://id.example/.well-known/openid-configuration", "https://id.example/"] {
        match Search::begin(url, true).unwrap().answered(input) {
            Ok(Step::Ask(next) | Step::Guess { next, .. }) => {
                let authority =
                    next.url().strip_prefix("https://").unwrap().split(['/', '?']).next();
                assert!(authority.is_some_and(|it| !it.is_empty() && !it.contains('@')));
            }
            Ok(Step::Found(found)) => assert_eq!(found.url, url),
            Ok(Step::GuessedWrong) => unreachable!("nothing was guessed"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Signed with a key that is in no set.
fn stranger() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| token(br#"{"alg":"ES256"}"#, CLAIMS, es256(other())))
}

/// Where an entry is a key of ours: a token signed with it passes here, and on every server if the
/// lint calls the set good.
fn our_key_verifies(
    entry: &SetKey,
    verifier: &TokenVerifier,
    servers: &[Server; 3],
    report: &Report,
) {
    let mut header = json!({ "alg": entry.key.algorithm().to_string() });
    if let Some(kid) = &entry.kid {
        header["kid"] = kid.as_str().into();
    }
    let header = header.to_string();
    let token = match &entry.key {
        VerificationKey::Es256(key) if key == issuer().public_key() => {
            token(header.as_bytes(), CLAIMS, es256(issuer()))
        }
        VerificationKey::Rs256(key) if key == issuer_rsa().public_key() => {
            let sign = |message: &[u8]| issuer_rsa().sign(message).unwrap();
            token(header.as_bytes(), CLAIMS, sign)
        }
        _ => return,
    };
    verifier.verify(&token, &VerifyOptions::at(NOW)).unwrap();
    if report.ok {
        for server in servers {
            assert_eq!(server.check(&token, NOW).reason, None);
        }
    }
}

/// The usable keys, exported, are a good set of the same keys.
fn read_again(set: &JwkSet) {
    let mut keys: Vec<VerificationKey> = Vec::new();
    for entry in set.keys() {
        if !keys.contains(&entry.key) {
            keys.push(entry.key.clone());
        }
    }
    let text = export(&keys).unwrap();
    let again = JwkSet::parse(text.as_bytes()).unwrap();
    assert_eq!(again.skipped(), Skipped::default());
    assert!(again.keys().iter().map(|entry| &entry.key).eq(&keys));
    assert!(again.keys().iter().all(|entry| entry.kid == Some(entry.key.kid())));
    let is_large = |key: &VerificationKey| matches!(key, VerificationKey::Rs256(key) if key.bits() > RsaPublicKey::MAX_BITS_EVERYWHERE);
    assert_eq!(lint(text.as_bytes()).ok, !keys.iter().any(is_large));
}
