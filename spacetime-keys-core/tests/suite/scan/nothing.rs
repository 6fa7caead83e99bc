//! What looks like a secret, and is none.

use proptest::prelude::*;
use spacetime_keys_core::scan::{Scanner, Wanted};

use super::found;
use crate::common::{PRIVATE_PEM, PUBLIC_PEM, host_token, openssl, properties};

const CERTIFICATE: &str = include_str!("../../fixtures/pem/certificate.pem");
const ENCRYPTED: &str = include_str!("../../fixtures/pem/encrypted-pkcs8.pem");

#[test]
fn public_keys_certificates_and_damaged_keys_are_no_secrets() {
    let body = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let set = include_str!("../../../../tests/fixtures/better-auth/es256.jwks.json");
    let p384 = openssl(&["ecparam", "-name", "secp384r1", "-genkey", "-noout"], b"");
    let mut damaged = PRIVATE_PEM.to_owned();
    damaged.replace_range(60..64, "AAAA");
    for text in [
        PUBLIC_PEM.to_owned(),
        body(PUBLIC_PEM),
        CERTIFICATE.to_owned(),
        ENCRYPTED.to_owned(),
        set.to_owned(),
        String::from_utf8(p384).unwrap(),
        damaged.clone(),
        body(&damaged),
        PRIVATE_PEM.split_at(100).0.to_owned(),
        host_token().rsplit_once('.').unwrap().0.to_owned(),
        "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----".to_owned(),
        "eyJhbGciOiJFUzI1NiJ9.….…".to_owned(),
        "11ca1be8-7645-47fe-be83-153111b6c323".to_owned(),
    ] {
        assert_eq!(found(Wanted::Secrets, &text), [], "{text}");
    }
}

#[test]
fn a_text_made_to_be_read_again_and_again_is_read_once() {
    // With work that grows with the square of the length, this would not end.
    for (pattern, tail) in [
        ("-----BEGIN PRIVATE KEY-----", ""),
        ("eyJhbGciOi", ""),
        ("eyJ.eyJ.", ""),
        ("LS0tLS1CRUdJTi", ""),
        ("ZXlKaGJHY2lPa", ""),
        ("{\"kty\":", "}"),
        ("kty", ""),
        ("AgEBBC", ""),
        ("MIGHAgEBBC", ""),
        ("\"sub\":\"a\",\"iss\":", ""),
        ("%5C%5C\\\\", ""),
        ("--------", ""),
        ("\u{2}\u{1}\u{1}\u{4} 0", ""),
    ] {
        let mut text = pattern.repeat((1 << 20) / pattern.len());
        text.push_str(tail);
        for wanted in [Wanted::Secrets, Wanted::Subjects] {
            let mut scanner = Scanner::new(wanted);
            scanner.feed(text.as_bytes(), &mut |_| {});
            scanner.finish(&mut |_| {});
        }
    }
}

proptest! {
    #![proptest_config(properties("tests/suite/scan.regressions", 256, 2048))]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert_eq!(found(Wanted::Secrets, &bytes), []);
        found(Wanted::Subjects, &bytes);
    }

    /// Pieces of all that has an anchor, in any order.
    #[test]
    fn any_pieces_are_read(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "-----BEGIN ", "PRIVATE KEY", "-----", "-----END ", "eyJ", "ZXlK", "kty", "{", "}",
                    "\"", "\\", "%22", "&quot;", "sub", "subject", "iss", ":", "=", "AgEBBC", "MIGH",
                    "LS0tLS1CRUdJTi", "\n", ".", "%2E", "\u{2}\u{1}\u{1}\u{4} ", "0", "\u{e4}",
                ]).prop_map(str::to_owned),
                "[a-zA-Z0-9+/_-]{0,90}",
            ],
            0..40,
        ),
    ) {
        let text = pieces.concat();
        prop_assert_eq!(found(Wanted::Secrets, &text), []);
        found(Wanted::Subjects, &text);
    }
}
