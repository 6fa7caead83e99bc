//! JWK sets: what is exported and read again, what is passed over, and the borders, where the
//! libraries that servers verify with judge. What is exported, and what the lint says of one set a
//! defect, is in `tests/vectors/{jwks,openid,lint}.jsonl`; `tests/oracle` holds the lint against the
//! servers' own code over mutated sets.

// `json!` makes values, not references.
#![allow(clippy::needless_pass_by_value)]

use std::collections::BTreeSet;

use crate::common::{encode, openssl};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use spacetime_keys_core::error::{DiscoveryFlaw, NoSet};
use spacetime_keys_core::fleet::Severity;
use spacetime_keys_core::jwks::{
    Defect, JwkSet, MAX_JWKS_BYTES, Report, ServerCache, Skipped, discovery, export, jwk, jwks_uri,
    lint, private_jwk, rollover,
};
use spacetime_keys_core::{Error, PrivateKey, VerificationKey};

#[test]
fn a_key_as_a_jwk() {
    let key = PrivateKey::generate().unwrap();
    let public = VerificationKey::from(key.public_key().clone());
    let parse = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let set: Value = parse(&export(std::slice::from_ref(&public)).unwrap());
    assert_eq!(parse(&jwk(&public)), set["keys"][0]);
    let private = private_jwk(&key);
    let mut members = parse(&private);
    // RFC 7518, 6.2.2.1: the scalar has the length of the curve's order, also where it begins with zeros.
    let scalar = members.as_object_mut().unwrap().remove("d").unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(scalar.as_str().unwrap()).unwrap().len(), 32);
    assert_eq!(members, set["keys"][0]);
    let again = PrivateKey::from_pem(private.as_str()).unwrap();
    assert_eq!(again.to_pem().as_str(), key.to_pem().as_str());
}

/// RFC 7517, appendix A.1: its P-256 and its RSA key.
const RFC_X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
const RFC_Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
const RFC_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR\
                     1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0\
                     h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91\
                     CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44\
                     -csFCur-kEgU8awapJzKnqDKgw";

fn ec() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": RFC_X, "y": RFC_Y, "kid": "1" })
}

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": RFC_N, "e": "AQAB", "kid": "2" })
}

/// An entry with some members changed; `null` takes one out.
fn with(mut entry: Value, changes: Value) -> Value {
    let members = entry.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    entry
}

/// The coordinates of a true point, 31 and 33 bytes: a reader that only joins them finds it whole.
fn divided_elsewhere() -> Value {
    let [x, y] = [RFC_X, RFC_Y].map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
    let y = [&x[31..], y.as_slice()].concat();
    with(ec(), json!({ "x": encode(&x[..31]), "y": encode(y) }))
}

fn set(entries: &[Value]) -> String {
    json!({ "keys": entries }).to_string()
}

fn new_key() -> VerificationKey {
    PrivateKey::generate().unwrap().public_key().clone().into()
}

fn codes(report: &Report) -> Vec<(&'static str, Option<usize>)> {
    report.problems.iter().map(|problem| (problem.defect.code(), problem.entry)).collect()
}

// ---- Export -----------------------------------------------------------------------------------

#[test]
fn coordinates_are_padded_and_what_is_exported_is_read_again() {
    // 1 in 256 coordinates begins with a zero byte: without padding it would be short.
    let (mut tried, mut with_zero) = (0, 0);
    while tried < 600 || with_zero == 0 {
        tried += 1;
        let key = new_key();
        let text = export(std::slice::from_ref(&key)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        for name in ["x", "y"] {
            let bytes = URL_SAFE_NO_PAD.decode(json["keys"][0][name].as_str().unwrap()).unwrap();
            assert_eq!(bytes.len(), 32);
            with_zero += usize::from(bytes[0] == 0);
        }
        let read = JwkSet::parse(text.as_bytes()).unwrap();
        assert_eq!(read.skipped(), Skipped::default());
        assert_eq!(read.find(&key.kid()).map(|found| &found.key).collect::<Vec<_>>(), [&key]);
        assert_eq!(codes(&lint(text.as_bytes())), []);
    }
}

// ---- Reading for ourselves ----------------------------------------------------------------------

#[test]
fn what_is_for_something_else_is_passed_over() {
    let p384 = json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "a" });
    let foreign = [
        p384,
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" }),
        json!({ "kty": "oct", "k": "AA", "kid": "1" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }),
        with(ec(), json!({ "use": "enc" })),
        with(ec(), json!({ "alg": "RS256" })),
        with(ec(), json!({ "alg": "ECDH-ES" })),
        with(ec(), json!({ "alg": 5 })),
        with(ec(), json!({ "key_ops": ["deriveKey"] })),
        with(rsa(), json!({ "alg": "PS256" })),
    ];
    let unusable = [
        json!({}),
        json!({ "kty": 5 }),
        with(ec(), json!({ "x": null })),
        with(ec(), json!({ "x": 5 })),
        with(ec(), json!({ "x": RFC_Y })),
        with(ec(), json!({ "x": format!("{RFC_X}=") })),
        with(ec(), json!({ "x": encode([7; 31]) })),
        divided_elsewhere(),
        with(ec(), json!({ "kid": 5 })),
        with(rsa(), json!({ "e": "AAEAAQ" })),
        with(rsa(), json!({ "n": encode([0xff; 128]) })),
    ];
    let usable = [
        ec(),
        with(ec(), json!({ "kid": null })),
        with(
            ec(),
            json!({ "use": "sig", "alg": "ES256", "key_ops": ["sign", "verify"], "d": "AA" }),
        ),
        rsa(),
        with(rsa(), json!({ "alg": "RS256" })),
    ];
    let all = [&foreign[..], &unusable, &usable].concat();
    let read = JwkSet::parse(set(&all).as_bytes()).unwrap();
    assert_eq!(read.skipped(), Skipped { foreign: foreign.len(), unusable: unusable.len() });
    assert_eq!(read.keys().len(), usable.len());
    assert_eq!(read.find("1").count(), 2);
    assert_eq!(read.find("2").count(), 2);
    assert_eq!(read.find("3").count(), 0);
    assert_eq!(read.keys()[1].kid, None);
}

#[test]
fn the_form_of_a_set() {
    let malformed = |found| Err(Error::JwksMalformed(found));
    let duplicate = Err(Error::JwksDuplicateMember);
    let large = format!("{{\"keys\":[]}}{}", " ".repeat(MAX_JWKS_BYTES));
    let table: [(&[u8], Result<usize, Error>); 18] = [
        (b"{\"keys\":[]}", Ok(0)),
        (b" {\"x\":1,\"keys\":[]}\n", Ok(0)),
        (b"", malformed(NoSet::Empty)),
        (b"[]", malformed(NoSet::Array)),
        (b"{}", malformed(NoSet::NoKeys)),
        (b"<html>", malformed(NoSet::Html)),
        (b"{\"issuer\":\"https://a.example\"}", malformed(NoSet::Discovery)),
        (b"{\"keys\":{}}", malformed(NoSet::Form)),
        (b"{\"keys\":null}", malformed(NoSet::Form)),
        (b"{\"keys\":[1]}", malformed(NoSet::Entry)),
        (b"{\"keys\":[[]]}", malformed(NoSet::Entry)),
        (b"{\"keys\":[]} x", malformed(NoSet::NotJson)),
        (b"{\"keys\":[}", malformed(NoSet::NotJson)),
        (b"{\"keys\":[\"\xff\"]}", malformed(NoSet::NotJson)),
        (b"\xef\xbb\xbf{\"keys\":[]}", malformed(NoSet::ByteOrderMark)),
        (b"{\"keys\":[],\"keys\":[]}", duplicate),
        (b"{\"keys\":[{\"kty\":\"EC\",\"kty\":\"EC\"}]}", duplicate),
        (large.as_bytes(), Err(Error::JwksTooLarge)),
    ];
    for (row, (json, expected)) in table.into_iter().enumerate() {
        assert_eq!(JwkSet::parse(json).map(|set| set.keys().len()), expected, "row {row}");
    }
}

// ---- Lint ---------------------------------------------------------------------------------------

#[test]
fn every_defect_has_a_set_and_words_of_its_own() {
    let vectors = crate::vectors::harness::all("lint");
    let problems = vectors.iter().filter_map(|vector| vector["problems"].as_array()).flatten();
    let mut seen: BTreeSet<_> =
        problems.map(|problem| crate::vectors::harness::text(problem, "code")).collect();
    // Of a set that is too large to be a vector: see below.
    seen.insert(Defect::Large.code());
    // Of what leads to a set: `key_search.rs`.
    seen.insert(Defect::Discovery(DiscoveryFlaw::NoUri).code());
    let all: BTreeSet<_> = Defect::ALL.iter().map(|defect| defect.code()).collect();
    assert_eq!(all.len(), Defect::ALL.len(), "a code stands for two defects");
    assert_eq!(seen, all);
    let words: BTreeSet<_> = Defect::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), Defect::ALL.len());
    for defect in Defect::ALL {
        let is_error = defect.severity() == Severity::Error;
        assert_eq!(defect.code().starts_with("ERR_JWKS_"), is_error);
        assert_eq!(defect.code().starts_with("WARN_JWKS_"), !is_error);
    }
}

#[test]
fn sets_that_are_too_large_or_too_deep() {
    let good = set(&[ec()]);
    let large = format!("{good}{}", " ".repeat(MAX_JWKS_BYTES));
    assert_eq!(codes(&lint(large.as_bytes())), [(Defect::Large.code(), None)]);
    // Deep in the set, though not in the entry by itself.
    let deep = format!("{}{}", "[".repeat(126), "]".repeat(126));
    let json = good.replace("\"kid\"", &format!("\"other\":{deep},\"kid\""));
    assert!(!lint(json.as_bytes()).ok);
}

#[test]
fn where_the_set_is() {
    for issuer in ["https://a", "https://a///"] {
        assert_eq!(jwks_uri(issuer).unwrap(), "https://a/.well-known/jwks.json");
        assert!(discovery(issuer, &[new_key()]).unwrap().ends_with("}\n"));
    }
}

#[test]
fn the_documentation_lists_every_code() {
    let page = include_str!("../../../docs/jwks.md");
    for defect in Defect::ALL {
        assert!(page.contains(&format!("`{}`", defect.code())), "{}", defect.code());
    }
    let listed = page.matches("| `ERR_JWKS_").count() + page.matches("| `WARN_JWKS_").count();
    assert_eq!(listed, Defect::ALL.len(), "docs/jwks.md lists a code that is gone");
}

// ---- The libraries that servers verify with -----------------------------------------------------

/// The sizes and exponents at the borders: the lint finds a key good if and only if `ring` (older
/// servers) and `jsonwebtoken` with `rsa` (newer ones) verify a true signature with it.
// Slow: it makes RSA keys of many lengths.
#[test]
fn rsa_keys_are_judged_as_servers_libraries_judge() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("message"), "a message").unwrap();
    let mut verdicts = Vec::new();
    for (bits, exponent) in [
        ("2032", "65537"),
        ("2040", "65537"),
        ("2041", "65537"),
        ("2047", "65537"),
        ("2048", "3"),
        ("2048", "65537"),
        ("2048", "8589934591"),
        ("2048", "8589934593"),
        ("3072", "65537"),
        ("4096", "65537"),
        ("4097", "65537"),
    ] {
        let key = path("key");
        let (bits_option, exponent_option) =
            (format!("rsa_keygen_bits:{bits}"), format!("rsa_keygen_pubexp:{exponent}"));
        let options = ["-pkeyopt", &bits_option, "-pkeyopt", &exponent_option, "-out", &key];
        openssl(&[&["genpkey", "-algorithm", "RSA"], &options[..]].concat(), b"");
        let signature = openssl(&["dgst", "-sha256", "-sign", &key, &path("message")], b"");
        let modulus =
            String::from_utf8(openssl(&["rsa", "-in", &key, "-noout", "-modulus"], b"")).unwrap();
        let digits = modulus.trim().strip_prefix("Modulus=").unwrap();
        let digits = format!("{}{digits}", if digits.len() % 2 == 1 { "0" } else { "" });
        let n: Vec<u8> = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect();
        let e = exponent.parse::<u64>().unwrap().to_be_bytes();
        let e = &e[e.iter().take_while(|byte| **byte == 0).count()..];
        for front in [&[][..], &[0]] {
            let (n, e) = ([front, &n].concat(), [front, e].concat());
            let older = ring::signature::RsaPublicKeyComponents { n: &n, e: &e }
                .verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, b"a message", &signature)
                .is_ok();
            let newer =
                jsonwebtoken::DecodingKey::from_rsa_components(&encode(&n), &encode(&e)).unwrap();
            let newer = jsonwebtoken::crypto::verify(
                &encode(&signature),
                b"a message",
                &newer,
                jsonwebtoken::Algorithm::RS256,
            )
            .unwrap_or(false);
            let entry = with(rsa(), json!({ "n": encode(&n), "e": encode(&e) }));
            let report = lint(set(&[entry]).as_bytes());
            assert_eq!(
                report.ok,
                older && newer,
                "{bits} bits, e = {exponent}, {front:?}: ring {older}, rsa {newer}"
            );
            verdicts.push(report.ok);
        }
    }
    assert_eq!(verdicts.len(), 22);
    assert!(verdicts.contains(&true) && verdicts.contains(&false));
}

// ---- Rollover -----------------------------------------------------------------------------------

#[test]
fn the_steps_of_a_rollover_are_in_order() {
    for lifetime in [1, 900, 86_400] {
        let plan = rollover(1_000, lifetime, ServerCache::default());
        let steps = plan.steps();
        assert_eq!(steps.map(|step| step.step), ["publish", "activate", "retire"]);
        assert_eq!(steps.map(|step| step.at), [plan.publish, plan.activate, plan.retire]);
        assert!(plan.activate - plan.publish >= 600);
        // The last old token is signed at `activate`, and passes until its leeway is over.
        assert!(plan.retire > plan.activate + i64::from(lifetime) + 60);
    }
}
