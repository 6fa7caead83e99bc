//! JWK sets: what is exported, what is read, and what the lint says of each defect. `tests/oracle`
//! holds the lint against the servers' own code over mutated sets; here stands one set a defect,
//! and the libraries that servers verify with judge the borders.

// `json!` makes values, not references.
#![allow(clippy::needless_pass_by_value)]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::common::{PUBLIC_PEM, encode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use spacetime_keys_core::fleet::Severity;
use spacetime_keys_core::jwks::{
    Defect, JwkSet, MAX_JWKS_BYTES, Report, ServerCache, Skipped, check_issuer, discovery, export,
    jwks_uri, lint, rollover,
};
use spacetime_keys_core::server::Rules;
use spacetime_keys_core::{Error, PrivateKey, VerificationKey};

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

/// The coordinates of a true point, 31 and 33 bytes: whoever puts them together only finds it whole.
fn divided_elsewhere() -> Value {
    let [x, y] = [RFC_X, RFC_Y].map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
    let y = [&x[31..], y.as_slice()].concat();
    with(ec(), json!({ "x": encode(&x[..31]), "y": encode(y) }))
}

fn set(entries: &[Value]) -> String {
    json!({ "keys": entries }).to_string()
}

fn key(pem: &str) -> VerificationKey {
    VerificationKey::from_pem(pem).unwrap()
}

fn new_key() -> VerificationKey {
    PrivateKey::generate().unwrap().public_key().clone().into()
}

fn rfc_rsa() -> VerificationKey {
    JwkSet::parse(set(&[rsa()]).as_bytes()).unwrap().keys()[0].key.clone()
}

fn codes(report: &Report) -> Vec<(&'static str, Option<usize>)> {
    report.problems.iter().map(|problem| (problem.defect.code(), problem.entry)).collect()
}

// ---- Export -----------------------------------------------------------------------------------

#[test]
fn a_set_has_public_members_alone() {
    let json: Value = serde_json::from_str(&export(&[key(PUBLIC_PEM)]).unwrap()).unwrap();
    let VerificationKey::Es256(public) = key(PUBLIC_PEM) else { panic!() };
    let (x, y) = public.coordinates();
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": public.kid(),
        "use": "sig", "alg": "ES256",
    });
    assert_eq!(json, json!({ "keys": [jwk] }));

    let json: Value = serde_json::from_str(&export(&[rfc_rsa()]).unwrap()).unwrap();
    // RFC 7638, section 3.1, has the thumbprint of the same key.
    let jwk = json!({
        "kty": "RSA", "n": RFC_N, "e": "AQAB",
        "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "use": "sig", "alg": "RS256",
    });
    assert_eq!(json, json!({ "keys": [jwk] }));
}

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

#[test]
fn sets_that_make_no_sense_are_refused() {
    let key = new_key();
    assert_eq!(export(&[]), Err(Error::JwksNoKeys));
    assert_eq!(export(&[key.clone(), new_key(), key.clone()]), Err(Error::JwksSameKeyTwice));
    assert_eq!(discovery("https://id.example", &[]), Err(Error::JwksNoKeys));
    assert_eq!(discovery("id.example", &[key]), Err(Error::IssuerUrl));
}

#[test]
fn the_discovery_document() {
    let issuer = "https://id.example/tenant//";
    let text = discovery(issuer, &[rfc_rsa(), new_key(), new_key()]).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let expected = json!({
        "issuer": issuer,
        "jwks_uri": "https://id.example/tenant/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
    });
    assert_eq!(json, expected);
    assert!(text.ends_with("}\n"));
}

#[test]
fn issuers() {
    let long = format!("https://{}", "a".repeat(120));
    for good in [
        "https://id.example",
        "http://localhost:8080",
        "http://127.0.0.1:9999/",
        "http://[::1]:80/x",
        "https://id.example/a%20b/~c",
        &long,
    ] {
        assert_eq!(check_issuer(good), Ok(()), "{good}");
    }
    let too_long = format!("{long}a");
    for bad in [
        "",
        "localhost",
        "id.example",
        "https://",
        "https:///x",
        "https://:80",
        "ftp://id.example",
        "HTTPS://id.example",
        "https://id.example?x",
        "https://id.example#x",
        "https://a|b",
        "https://user@id.example",
        "https://id.example/ ",
        " https://id.example",
        "https://id.example/\n",
        "https://id\u{e9}.example",
        "https://id.example/\"",
        &too_long,
    ] {
        assert_eq!(check_issuer(bad), Err(Error::IssuerUrl), "{bad}");
    }
    assert_eq!(jwks_uri("https://a").unwrap(), "https://a/.well-known/jwks.json");
    assert_eq!(jwks_uri("https://a///").unwrap(), "https://a/.well-known/jwks.json");
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
    let malformed = Err(Error::JwksMalformed);
    let duplicate = Err(Error::JwksDuplicateMember);
    let large = format!("{{\"keys\":[]}}{}", " ".repeat(MAX_JWKS_BYTES));
    let table: [(&[u8], Result<usize, Error>); 16] = [
        (b"{\"keys\":[]}", Ok(0)),
        (b" {\"x\":1,\"keys\":[]}\n", Ok(0)),
        (b"", malformed),
        (b"[]", malformed),
        (b"{}", malformed),
        (b"{\"keys\":{}}", malformed),
        (b"{\"keys\":null}", malformed),
        (b"{\"keys\":[1]}", malformed),
        (b"{\"keys\":[[]]}", malformed),
        (b"{\"keys\":[]} x", malformed),
        (b"{\"keys\":[}", malformed),
        (b"{\"keys\":[\"\xff\"]}", malformed),
        (b"\xef\xbb\xbf{\"keys\":[]}", malformed),
        (b"{\"keys\":[],\"keys\":[]}", duplicate),
        (b"{\"keys\":[{\"kty\":\"EC\",\"kty\":\"EC\"}]}", duplicate),
        (large.as_bytes(), Err(Error::JwksTooLarge)),
    ];
    for (row, (json, expected)) in table.into_iter().enumerate() {
        assert_eq!(JwkSet::parse(json).map(|set| set.keys().len()), expected, "row {row}");
    }
}

// ---- Lint ---------------------------------------------------------------------------------------

/// Defects, each with its entry.
type Found = [(Defect, Option<usize>)];

/// Which generations take the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Both,
    Newer,
    Older,
    None,
}
use Taken::{Both, Newer, Older};

fn taken(report: &Report) -> Taken {
    assert_eq!(report.taken_by.rules(Rules::V1_2), report.taken_by.rules(Rules::V2_8));
    match (report.taken_by.rules(Rules::V2_8), report.taken_by.rules(Rules::V2_14)) {
        (true, true) => Both,
        (false, true) => Newer,
        (true, false) => Older,
        (false, false) => Taken::None,
    }
}

/// One entry a defect.
fn entries() -> Vec<(Defect, Taken, Value)> {
    use Defect::*;
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": RFC_X, "kid": "1" });
    let oct = json!({ "kty": "oct", "k": "AA", "kid": "1" });
    let off_curve = encode([1; 32]);
    let short = encode(&URL_SAFE_NO_PAD.decode(RFC_X).unwrap()[1..]);
    let long = encode([&[0], URL_SAFE_NO_PAD.decode(RFC_X).unwrap().as_slice()].concat());
    let n = URL_SAFE_NO_PAD.decode(RFC_N).unwrap();
    let even = encode([&n[..255], &[2]].concat());
    vec![
        (Malformed, Taken::None, json!(5)),
        (Malformed, Taken::None, json!([])),
        (KidMissing, Newer, with(ec(), json!({ "kid": null }))),
        (KidMissing, Newer, with(rsa(), json!({ "kid": null }))),
        (MemberMissing, Taken::None, json!({ "kid": "1" })),
        (MemberMissing, Taken::None, with(ec(), json!({ "crv": null }))),
        (MemberMissing, Taken::None, with(ec(), json!({ "y": null }))),
        (MemberMissing, Taken::None, with(rsa(), json!({ "e": null }))),
        (MemberMissing, Taken::None, with(okp.clone(), json!({ "x": null }))),
        (MemberType, Taken::None, with(ec(), json!({ "kty": 5 }))),
        (MemberType, Taken::None, with(ec(), json!({ "crv": 5 }))),
        (MemberType, Taken::None, with(ec(), json!({ "x": [RFC_X] }))),
        (MemberType, Taken::None, with(ec(), json!({ "kid": 5 }))),
        (MemberType, Taken::None, with(ec(), json!({ "alg": 5 }))),
        (MemberType, Taken::None, with(ec(), json!({ "use": 5 }))),
        (MemberType, Taken::None, with(ec(), json!({ "key_ops": "verify" }))),
        (MemberType, Taken::None, with(ec(), json!({ "x5c": [5] }))),
        (MemberType, Taken::None, with(ec(), json!({ "x5t#S256": false }))),
        (KeyType, Taken::None, with(ec(), json!({ "kty": "ec" }))),
        (KeyType, Taken::None, json!({ "kty": "AKP", "kid": "1", "pub": "AA" })),
        (Curve, Taken::None, with(ec(), json!({ "crv": "secp256k1" }))),
        (Curve, Taken::None, with(okp.clone(), json!({ "crv": "X25519" }))),
        (Algorithm, Newer, with(ec(), json!({ "alg": "ES512" }))),
        (Algorithm, Newer, with(rsa(), json!({ "alg": "rs256" }))),
        (Base64, Taken::None, with(ec(), json!({ "x": format!("{RFC_X}=") }))),
        (Base64, Taken::None, with(ec(), json!({ "y": "+/" }))),
        (Base64, Taken::None, with(rsa(), json!({ "n": format!("{RFC_N}\n") }))),
        (Base64, Taken::None, with(okp.clone(), json!({ "x": "A" }))),
        (CoordinateLength, Both, with(ec(), json!({ "x": short }))),
        (CoordinateLength, Both, with(ec(), json!({ "x": long }))),
        (CoordinateLength, Both, with(ec(), json!({ "y": "" }))),
        (CoordinateLength, Both, divided_elsewhere()),
        (NotOnCurve, Both, with(ec(), json!({ "x": off_curve }))),
        (NotOnCurve, Both, with(ec(), json!({ "x": RFC_Y, "y": RFC_X }))),
        (RsaSize, Both, with(rsa(), json!({ "n": encode(&n[..128]) }))),
        (RsaSize, Both, with(rsa(), json!({ "n": encode([&[1], [1; 512].as_slice()].concat()) }))),
        (RsaSize, Both, with(rsa(), json!({ "n": "" }))),
        (RsaLeadingZero, Both, with(rsa(), json!({ "n": encode([&[0], n.as_slice()].concat()) }))),
        (RsaLeadingZero, Both, with(rsa(), json!({ "e": "AAEAAQ" }))),
        (RsaNumbers, Both, with(rsa(), json!({ "n": even }))),
        (RsaNumbers, Both, with(rsa(), json!({ "e": "AQAA" }))),
        (RsaNumbers, Both, with(rsa(), json!({ "e": "AQ" }))),
        (RsaNumbers, Both, with(rsa(), json!({ "e": "" }))),
        (RsaNumbers, Both, with(rsa(), json!({ "e": "AgAAAAE" }))),
        (SharedSecret, Both, oct),
        (PrivateMember, Both, with(ec(), json!({ "d": RFC_X }))),
        (PrivateMember, Both, with(rsa(), json!({ "p": "AA", "q": "AA" }))),
        (PrivateMember, Both, with(rsa(), json!({ "oth": [] }))),
        (PrivateMember, Both, with(ec(), json!({ "k": "AA" }))),
        (NeverVerifies, Both, with(ec(), json!({ "crv": "P-384" }))),
        (NeverVerifies, Both, with(ec(), json!({ "crv": "P-521", "x": "AA" }))),
        (NeverVerifies, Both, okp),
        (AlgorithmUnfit, Both, with(ec(), json!({ "alg": "RS256" }))),
        (AlgorithmUnfit, Both, with(ec(), json!({ "alg": "HS256" }))),
        (AlgorithmUnfit, Both, with(rsa(), json!({ "alg": "PS256" }))),
        (NotForSignatures, Both, with(ec(), json!({ "use": "enc" }))),
        (NotForSignatures, Both, with(ec(), json!({ "key_ops": ["deriveKey"] }))),
        (NotForSignatures, Both, with(ec(), json!({ "key_ops": [] }))),
    ]
}

#[test]
fn one_entry_a_defect() {
    let first = with(ec(), json!({ "kid": "first" }));
    let mut seen = BTreeSet::new();
    for (defect, expected, entry) in entries() {
        let report = lint(set(&[first.clone(), entry.clone()]).as_bytes());
        let of_entry: Vec<_> =
            report.problems.iter().filter(|problem| problem.entry.is_some()).collect();
        assert_eq!(of_entry.len(), 1, "{entry}: {:?}", codes(&report));
        assert_eq!((of_entry[0].defect, of_entry[0].entry), (defect, Some(1)), "{entry}");
        assert_eq!(taken(&report), expected, "{entry}");
        assert_eq!(report.ok, defect.severity() == Severity::Warning, "{entry}");
        assert_eq!(report.entries, 2);
        seen.insert(defect.code());
    }
    assert_eq!((entries().len(), seen.len()), (58, 18));
}

/// What is no entry's own: the set's text, and what entries have in common.
#[test]
fn defects_of_sets() {
    let good = set(&[ec()]);
    let twice = good.replace("\"kid\":\"1\"", "\"kid\":\"1\",\"kid\":\"1\"");
    let unknown_twice = good.replace("\"kid\":\"1\"", "\"kid\":\"1\",\"z\":1,\"z\":2");
    let large = format!("{good}{}", " ".repeat(MAX_JWKS_BYTES));
    // Servers read a struct from a list of its fields, too.
    let listed = json!([[ec()]]).to_string();
    let table: Vec<(&str, Taken, &Found)> = vec![
        ("", Taken::None, &[(Defect::Malformed, None)]),
        ("null", Taken::None, &[(Defect::Malformed, None)]),
        ("{}", Taken::None, &[(Defect::Malformed, None)]),
        ("{\"keys\":{}}", Taken::None, &[(Defect::Malformed, None)]),
        ("{\"keys\":null}", Taken::None, &[(Defect::Malformed, None)]),
        ("{\"keys\":[]", Taken::None, &[(Defect::Malformed, None)]),
        ("\u{feff}{\"keys\":[]}", Taken::None, &[(Defect::Malformed, None)]),
        ("{\"keys\":[],\"keys\":[]}", Taken::None, &[(Defect::DuplicateMember, None)]),
        ("{\"keys\":[]}", Both, &[(Defect::Empty, None)]),
        (
            "{\"a\":1,\"a\":2,\"keys\":[]}",
            Both,
            &[(Defect::IgnoredMemberTwice, None), (Defect::Empty, None)],
        ),
        (&twice, Taken::None, &[(Defect::DuplicateMember, Some(0))]),
        (&unknown_twice, Both, &[(Defect::IgnoredMemberTwice, Some(0))]),
        (&large, Both, &[(Defect::Large, None)]),
        (&listed, Both, &[(Defect::Form, None)]),
        (&good, Both, &[]),
    ];
    for (json, expected_taken, expected) in table {
        let report = lint(json.as_bytes());
        let expected: Vec<_> =
            expected.iter().map(|(defect, entry)| (defect.code(), *entry)).collect();
        let shown = json.get(..60).unwrap_or(json);
        assert_eq!(codes(&report), expected, "{shown}");
        assert_eq!(taken(&report), expected_taken, "{shown}");
    }
}

#[test]
fn what_entries_have_in_common() {
    let other = with(ec(), json!({ "kid": "2", "x": RFC_X }));
    let rsa_3 = with(rsa(), json!({ "kid": "3" }));
    let p384 = with(ec(), json!({ "crv": "P-384", "kid": "4" }));
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": "", "kid": "5" });
    let (twice, mixed, is_rsa) = (Defect::KidTwice, Defect::MixedKeyTypes, Defect::RsaKey);
    let never = Defect::NeverVerifies;
    let table: [(&[Value], &Found); 7] = [
        (&[ec(), other.clone()], &[]),
        (&[ec(), ec(), ec()], &[(twice, Some(1)), (twice, Some(2))]),
        (std::slice::from_ref(&rsa_3), &[(is_rsa, None)]),
        (&[ec(), rsa_3.clone()], &[(mixed, None), (is_rsa, None)]),
        (&[ec(), p384], &[(never, Some(1))]),
        (&[ec(), okp], &[(never, Some(1)), (mixed, None)]),
        (&[rsa(), other], &[(twice, Some(1)), (mixed, None), (is_rsa, None)]),
    ];
    for (entries, expected) in table {
        let report = lint(set(entries).as_bytes());
        let expected: Vec<_> =
            expected.iter().map(|(defect, entry)| (defect.code(), *entry)).collect();
        assert_eq!(codes(&report), expected);
        assert_eq!(taken(&report), Both);
    }
}

/// A server's parser may dislike what none of our reasons names; it is an error all the same.
#[test]
fn a_refusal_without_a_known_reason_is_still_an_error() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for value in ["1e999", "\"\\ud800\"", &nested] {
        let json = set(&[ec()]).replace("\"kid\"", &format!("\"other\":{value},\"kid\""));
        let report = lint(json.as_bytes());
        assert_eq!(taken(&report), Taken::None);
        assert_eq!(codes(&report), [("ERR_JWKS_ENTRY_REFUSED", Some(0))], "{value}");
    }
    // Deep in the set, though not in the entry by itself.
    let deep = format!("{}{}", "[".repeat(126), "]".repeat(126));
    let json = set(&[ec()]).replace("\"kid\"", &format!("\"other\":{deep},\"kid\""));
    assert!(!lint(json.as_bytes()).ok);
}

#[test]
fn every_defect_has_a_set_and_words_of_its_own() {
    let mut seen: BTreeSet<_> = entries().iter().map(|(defect, _, _)| defect.code()).collect();
    let of_sets = [
        Defect::DuplicateMember,
        Defect::EntryRefused,
        Defect::KidTwice,
        Defect::Empty,
        Defect::Large,
        Defect::Form,
        Defect::IgnoredMemberTwice,
        Defect::MixedKeyTypes,
        Defect::RsaKey,
    ];
    seen.extend(of_sets.map(Defect::code));
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
fn the_documentation_lists_every_code() {
    let page = include_str!("../../../docs/jwks.md");
    for defect in Defect::ALL {
        assert!(page.contains(&format!("`{}`", defect.code())), "{}", defect.code());
    }
    let listed = page.matches("| `ERR_JWKS_").count() + page.matches("| `WARN_JWKS_").count();
    assert_eq!(listed, Defect::ALL.len(), "docs/jwks.md lists a code that is gone");
}

#[test]
fn the_report_as_json() {
    let report = lint(set(&[with(ec(), json!({ "kid": null })), rsa()]).as_bytes());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["entries"], 2);
    assert_eq!(json["taken_by"], json!({ "1.2": false, "2.8": false, "2.14": true }));
    let first = &json["problems"][0];
    assert_eq!(first["code"], "ERR_JWKS_KID_MISSING");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["entry"], 0);
    assert!(first["message"].is_string() && first["hint"].is_string());
    assert_eq!(json["problems"][1]["entry"], Value::Null);
    assert_eq!(json["problems"][1]["severity"], "warning");
}

// ---- The libraries that servers verify with -----------------------------------------------------

/// Runs `openssl`; see `tests/openssl.rs`.
fn openssl(arguments: &[&str]) -> Vec<u8> {
    let program = std::env::var("OPENSSL").unwrap_or_else(|_| "openssl".to_owned());
    let output = Command::new(&program).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The sizes and exponents at the borders: the lint finds a key good if and only if `ring` (older
/// servers) and `jsonwebtoken` with `rsa` (newer ones) verify a true signature with it.
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
        openssl(&[&["genpkey", "-algorithm", "RSA"], &options[..]].concat());
        let signature = openssl(&["dgst", "-sha256", "-sign", &key, &path("message")]);
        let modulus =
            String::from_utf8(openssl(&["rsa", "-in", &key, "-noout", "-modulus"])).unwrap();
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
