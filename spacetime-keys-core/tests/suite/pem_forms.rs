//! Any key, in any of the forms in which people bring one, wrapped in others: the same key comes out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use spacetime_keys_core::pem::{Effect, Oddity, normalize, worst_effect};
use spacetime_keys_core::{Error, PrivateKey, PublicKey, VerificationKey};

use crate::common::{openssl, properties};

const CERTIFICATE: &str = include_str!("../fixtures/pem/certificate.pem");

/// What a key's text is made into first.
#[derive(Clone, Debug)]
enum Form {
    Pem,
    Labelled(&'static str),
    WithCertificate { first: bool },
    Body { one_line: bool },
    Jwk,
    JwkSet,
}

/// What such a text stands in.
#[derive(Clone, Debug)]
enum Wrap {
    Base64 { columns: usize },
    Base64Url { padded: bool },
    Assigned(&'static str),
    Json(&'static str),
    JsonList,
    JsonString,
}

fn any_form() -> impl Strategy<Value = Form> {
    let labels =
        ["EC PRIVATE KEY", "RSA PRIVATE KEY", "PUBLIC KEY", "PRIVATE KEY", "EC PUBLIC KEY"];
    prop_oneof![
        Just(Form::Pem),
        prop::sample::select(labels.to_vec()).prop_map(Form::Labelled),
        any::<bool>().prop_map(|first| Form::WithCertificate { first }),
        any::<bool>().prop_map(|one_line| Form::Body { one_line }),
        Just(Form::Jwk),
        Just(Form::JwkSet),
    ]
}

fn any_wrap() -> impl Strategy<Value = Wrap> {
    prop_oneof![
        (40..100_usize).prop_map(|columns| Wrap::Base64 { columns }),
        Just(Wrap::Base64 { columns: usize::MAX }),
        any::<bool>().prop_map(|padded| Wrap::Base64Url { padded }),
        prop::sample::select(vec!["KEY=", "export A_KEY='", "key: \""]).prop_map(Wrap::Assigned),
        prop::sample::select(vec!["value", "data", "private key"]).prop_map(Wrap::Json),
        Just(Wrap::JsonList),
        Just(Wrap::JsonString),
    ]
}

fn in_lines(text: &str, columns: usize) -> String {
    let lines = text.as_bytes().chunks(columns).map(|line| str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// As another library would write it: from the numbers.
fn jwk(public: &PublicKey, private: Option<&PrivateKey>) -> Value {
    let (x, y) = public.coordinates();
    let mut jwk = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    if let Some(private) = private {
        jwk["d"] = URL_SAFE_NO_PAD.encode(private.as_p256().to_bytes()).into();
    }
    jwk
}

impl Form {
    fn of(&self, pem: &str, jwk: &Value) -> String {
        let body: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
        match self {
            Self::Pem => pem.to_owned(),
            Self::Labelled(label) => {
                format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", body.join("\n"))
            }
            Self::WithCertificate { first: true } => format!("{CERTIFICATE}{pem}"),
            Self::WithCertificate { first: false } => format!("{pem}{CERTIFICATE}"),
            Self::Body { one_line } => body.join(if *one_line { "" } else { "\n" }),
            Self::Jwk => jwk.to_string(),
            Self::JwkSet => json!({ "keys": [jwk] }).to_string(),
        }
    }
}

impl Wrap {
    fn around(&self, text: &str) -> String {
        match self {
            Self::Base64 { columns } => in_lines(&STANDARD.encode(text), *columns),
            Self::Base64Url { padded: true } => URL_SAFE.encode(text),
            Self::Base64Url { padded: false } => URL_SAFE_NO_PAD.encode(text),
            Self::Assigned(before) => {
                let quote = before.trim_start_matches(|c| c != '\'' && c != '"');
                format!("{before}{}{quote}\n", STANDARD_NO_PAD.encode(text))
            }
            Self::Json(member) => json!({
                "id": "https://kv.example.com/secrets/key/0123456789abcdef", *member: text,
                "tags": { "file-encoding": "utf-8" }, "enabled": true, "version": 1,
            })
            .to_string(),
            Self::JsonList => serde_json::to_string_pretty(&json!(["first", [text]])).unwrap(),
            Self::JsonString => json!(text).to_string(),
        }
    }
}

proptest! {
    #![proptest_config(properties("tests/suite/pem_forms.regressions", 256, 2048))]

    #[test]
    fn a_key_in_any_form_is_the_same_key(
        scalar in any::<[u8; 32]>().prop_filter("of the group", |scalar| {
            p256::SecretKey::from_slice(scalar).is_ok()
        }),
        is_private in any::<bool>(),
        form in any_form(),
        wraps in prop::collection::vec(any_wrap(), 0..=3),
    ) {
        let jwk_of_scalar =
            json!({ "kty": "EC", "crv": "P-256", "d": URL_SAFE_NO_PAD.encode(scalar) });
        let key = PrivateKey::from_pem(jwk_of_scalar.to_string()).unwrap();
        let public = key.public_key();
        let (pem, jwk) = if is_private {
            (key.to_pem().to_string(), jwk(public, Some(&key)))
        } else {
            (public.to_pem(), jwk(public, None))
        };
        let text = wraps.iter().fold(form.of(&pem, &jwk), |text, wrap| wrap.around(&text));
        let normalized = normalize(text.as_bytes());
        let Ok(normalized) = normalized else {
            return Err(TestCaseError::fail(format!("{:?}", normalized.err())));
        };
        prop_assert_eq!(normalized.pem.as_str(), pem.as_str());
        prop_assert_eq!(normalized.mended.is_empty(), text == pem);
        prop_assert_eq!(normalize(normalized.pem.as_bytes()).unwrap().mended, []);
        prop_assert_eq!(VerificationKey::of_either_pem(&text), Ok(public.clone().into()));
        // No server reads base64 of a key, a body, or a JWK.
        let is_no_pem = !text.contains("-----BEGIN ");
        if is_no_pem {
            prop_assert_eq!(worst_effect(&normalized.mended), Effect::RefusesToStart);
            prop_assert!(normalized.mended.iter().any(|oddity| oddity.form().is_some()));
        }
    }

    /// Whatever is done to them, nothing panics, and what is accepted is canonical afterwards.
    #[test]
    fn damaged_forms_are_taken_without_panic(
        form in any_form(),
        wraps in prop::collection::vec(any_wrap(), 0..=2),
        edits in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4),
    ) {
        let key = PrivateKey::generate().unwrap();
        let text = form.of(&key.to_pem(), &jwk(key.public_key(), Some(&key)));
        let mut bytes = wraps.iter().fold(text, |text, wrap| wrap.around(&text)).into_bytes();
        for (place, byte) in edits {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(normalized) = normalize(&bytes) {
            prop_assert_eq!(normalize(normalized.pem.as_bytes()).unwrap().mended, []);
        }
    }
}

/// More than one key, however they stand beside one another, is for a person to decide.
#[test]
fn two_keys_are_refused_in_every_form() {
    let keys = [(); 2].map(|()| PrivateKey::generate().unwrap());
    let [first, second] = keys.each_ref().map(|key| key.to_pem().to_string());
    let [one, two] = keys.each_ref().map(|key| jwk(key.public_key(), Some(key)));
    let texts = [
        (format!("{first}{second}"), Error::PemSeveral),
        (format!("{first}{CERTIFICATE}{second}"), Error::PemSeveral),
        (json!({ "keys": [one, two] }).to_string(), Error::JsonSeveral),
        (json!({ "old": first, "new": second }).to_string(), Error::JsonSeveral),
        (
            json!({ "old": STANDARD.encode(&first), "new": { "key": two } }).to_string(),
            Error::JsonSeveral,
        ),
        (STANDARD.encode(format!("{first}{second}")), Error::PemSeveral),
    ];
    for (text, error) in texts {
        assert_eq!(normalize(text.as_bytes()).err(), Some(error), "of two keys");
    }
}

/// Deeper than anybody wraps a key on purpose, and past what is looked into.
#[test]
fn there_is_an_end_to_what_is_unwrapped() {
    let key = PrivateKey::generate().unwrap();
    let mut text = key.to_pem().to_string();
    for _ in 0..4 {
        text = STANDARD.encode(text);
        assert_eq!(normalize(text.as_bytes()).unwrap().pem, key.to_pem());
    }
    assert!(normalize(STANDARD.encode(text).as_bytes()).is_err());
}

/// What OpenSSL can read of these forms, it reads as the same key.
#[test]
fn openssl_reads_the_same_key() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pem"));
    for name in [
        "private-pkcs8-under-ec-label.pem",
        "private-pkcs8-under-rsa-label.pem",
        "private-with-certificate.pem",
        "private-with-chain.pem",
        "private-after-certificate.pem",
        "private-pkcs12-text.pem",
        "private-pkcs12-text-without-certificates.pem",
    ] {
        let input = std::fs::read(folder.join(name)).unwrap();
        let public = openssl(&["pkey", "-pubout"], &input);
        let ours = PrivateKey::from_pem(&input).unwrap().public_key().to_pem();
        assert_eq!(String::from_utf8(public).unwrap(), ours, "{name}");
    }
    // The others, once the way of their hint is taken: DER is what OpenSSL makes of the base64.
    for name in ["private-without-armour.pem", "private-sec1-without-armour.pem"] {
        let input = std::fs::read(folder.join(name)).unwrap();
        let der = openssl(&["base64", "-d"], &input);
        let public = openssl(&["pkey", "-inform", "DER", "-pubout"], &der);
        let ours = PrivateKey::from_pem(&input).unwrap().public_key().to_pem();
        assert_eq!(String::from_utf8(public).unwrap(), ours, "{name}");
    }
}

/// The line that the advice for PKCS#12 names makes a text that is read.
#[test]
fn the_way_out_of_pkcs12_leads_to_the_key() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pem");
    let file = format!("{folder}/pkcs12.bin");
    let text =
        openssl(&["pkcs12", "-in", &file, "-nocerts", "-nodes", "-password", "pass:changeit"], b"");
    let canonical = std::fs::read(format!("{folder}/private.pem")).unwrap();
    let normalized = normalize(&text).unwrap();
    assert_eq!(normalized.pem.as_bytes(), canonical);
    assert_eq!(normalized.mended, [Oddity::SurroundingText]);
}
