//! Real providers' sets and tokens (`tests/fixtures/providers`): the library says what the servers' own
//! crates said, which `tests/oracle` judges again.

use std::fs;
use std::path::Path;

use serde_json::Value;
use spacetime_keys_core::jwks::{JwkSet, compare_issuers, lint};
use spacetime_keys_core::jwt::{TokenVerifier, VerifyOptions};
use spacetime_keys_core::server::{Reason, Rules, Server};

/// Between the tokens' `iat` and `exp`.
const NOW: i64 = 1_800_000_000;

fn providers() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/providers");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(found.len() >= 10, "{} providers", found.len());
    found
}

#[test]
fn verdicts_are_the_servers_own() {
    for (name, file) in providers() {
        let set = file["jwks"].to_string();
        let token = file["token"].as_str().unwrap();
        for rules in Rules::ALL {
            let verdict = Server::new(rules).with_issuer_keys(set.as_bytes()).check(token, NOW);
            let measured = file["verdicts"][rules.name()].as_str().unwrap();
            assert_eq!(verdict.accepted, measured == "accepted", "{name}: {rules}");
            if !verdict.accepted {
                assert_eq!(verdict.reason, Reason::in_text(measured), "{name}: {rules}");
            }
        }
    }
}

#[test]
fn a_good_set_verifies_its_token_and_another_does_not() {
    let mut verified = Vec::new();
    for (name, file) in providers() {
        let set = file["jwks"].to_string();
        let token = file["token"].as_str().unwrap();
        let keys = JwkSet::parse(set.as_bytes()).and_then(|set| TokenVerifier::from_jwks(&set));
        let result = keys.and_then(|keys| keys.verify(token, &VerifyOptions::at(NOW)));
        let verdict = file["verdicts"]["2.14"].as_str().unwrap();
        // Servers want claims that a token may lack (RFC 7519, section 4.1): it is genuine all the same.
        let is_genuine = verdict == "accepted" || verdict.contains("missing field");
        assert_eq!(result.is_ok(), is_genuine, "{name}: {:?}", result.err());
        let report = lint(set.as_bytes());
        assert_eq!(report.ok, file["flaw"].is_null(), "{name}: {report:?}");
        let Ok(token) = result else { continue };
        if let Some(issuer) = file["discovery"]["issuer"].as_str() {
            let iss = token.claims.get_str("iss");
            assert_eq!(compare_issuers(iss.as_deref(), issuer), Ok(()), "{name}");
        }
        verified.push(name);
    }
    assert!(verified.len() >= 10, "{verified:?}");
}
