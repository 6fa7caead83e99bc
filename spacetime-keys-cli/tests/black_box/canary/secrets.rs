//! The marked secrets, and how a mark is found again.

use super::*;

/// SEC1 (RFC 5915), without the public key: the smallest file that holds a scalar.
pub(super) fn sec1_der() -> Vec<u8> {
    let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    [&[0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20][..], SCALAR, &curve].concat()
}

pub(super) fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

pub(super) fn sec1_pem() -> String {
    pem("EC PRIVATE KEY", &STANDARD.encode(sec1_der()))
}

pub(super) fn marked_key() -> PrivateKey {
    PrivateKey::from_pem(sec1_pem()).unwrap()
}

pub(super) fn marked_token() -> String {
    let identity = Identity::from_claims("localhost", "publisher");
    let claims = json!({
        "hex_identity": identity, "sub": "publisher", "iss": "localhost", "aud": ["spacetimedb"],
        "iat": 1_795_315_075, "exp": 4_000_000_000_u32, "note": CLAIM,
    });
    token(&marked_key(), &claims)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Every piece of a secret, in every form that it could be printed in.
pub(super) struct Marks(HashSet<Vec<u8>>);

impl Marks {
    pub(super) fn new() -> Self {
        let mut marks = Self(HashSet::new());
        for secret in [SCALAR.as_slice(), CLAIM.as_bytes()] {
            marks.add(secret);
            let hex = hex(secret);
            marks.add(hex.as_bytes());
            marks.add(hex.to_uppercase().as_bytes());
            for offset in 0..3 {
                let shifted = [&vec![0; offset][..], secret].concat();
                for text in [STANDARD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                    // The outermost characters hold bits of what stands beside it, too.
                    let end = text.trim_end_matches('=').len() - 1;
                    marks.add(text.get(4..end).unwrap().as_bytes());
                }
            }
        }
        let token = marked_token();
        let (_header, secret) = token.split_once('.').unwrap();
        secret.split('.').for_each(|part| marks.add(part.as_bytes()));
        marks
    }

    pub(super) fn add(&mut self, secret: &[u8]) {
        self.0.extend(secret.windows(PIECE).map(<[u8]>::to_vec));
    }

    /// Whether the text holds a piece, be it as it is or broken into lines.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        let unbroken: Vec<u8> =
            text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let found = |text: &[u8]| text.windows(PIECE).any(|piece| self.0.contains(piece));
        found(text) || found(&unbroken)
    }
}

#[test]
pub(super) fn the_marks_are_found_where_they_are() {
    let marks = Marks::new();
    let key = marked_key();
    let claim = URL_SAFE_NO_PAD.encode(format!("{{\"other\":\"{CLAIM}\"}}"));
    for secret in [sec1_pem(), key.to_pem().to_string(), marked_token(), claim, hex(SCALAR)] {
        assert!(marks.are_in(secret.as_bytes()));
        assert!(marks.are_in(secret.replace('\n', "\\n").as_bytes()));
        // A part of it is enough, wherever it is.
        assert!(secret.as_bytes().chunks(secret.len() / 2 + 1).any(|half| marks.are_in(half)));
    }
    assert!(marks.are_in(key.to_pem().replace('\n', "\r\n ").as_bytes()));
    assert!(marks.are_in(&sec1_der()));
    let public = key.public_key();
    for open in [public.to_pem(), public.fingerprint().to_string(), public.kid().clone()] {
        assert!(!marks.are_in(open.as_bytes()));
    }
}
