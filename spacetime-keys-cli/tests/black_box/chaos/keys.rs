//! Keys and tokens as the judge reads them: P-256 in its fixed layouts, and `jsonwebtoken`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::elliptic_curve::sec1::ToSec1Point;
use serde_json::{Value, json};
use spacetime_keys_test_support::Random;

pub(super) type Scalar = [u8; 32];

/// PKCS#8 (RFC 5958) of a P-256 key, up to the scalar; its last five bytes stand before it in SEC 1
/// (RFC 5915), too.
const PRIVATE_HEAD: [u8; 36] = [
    0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 32,
];
const PRIVATE_MIDDLE: [u8; 5] = [0xa1, 0x44, 3, 0x42, 0];
/// `SubjectPublicKeyInfo` (RFC 5480), up to the point.
const PUBLIC_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 3, 0x42, 0,
];

/// A pair, as the files that a server writes.
pub(super) struct Pair {
    pub(super) private: String,
    pub(super) public: String,
}

impl Pair {
    /// A pair that comes out the same for the same seed.
    pub(super) fn new(random: &mut Random) -> Self {
        let secret = std::iter::repeat_with(|| {
            let candidate: Scalar = std::array::from_fn(|_| random.byte());
            p256::SecretKey::from_slice(&candidate).ok()
        });
        let secret = secret.flatten().next().unwrap();
        let point = secret.public_key().to_sec1_point(false);
        let private = [&PRIVATE_HEAD[..], &secret.to_bytes(), &PRIVATE_MIDDLE, point.as_bytes()];
        Self {
            private: pem("PRIVATE KEY", &private.concat()),
            public: pem("PUBLIC KEY", &[&PUBLIC_HEAD[..], point.as_bytes()].concat()),
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The private keys that stand in a file, whatever else does.
pub(super) fn scalars_in(content: &[u8]) -> Vec<Scalar> {
    let text = String::from_utf8_lossy(content);
    let blocks = text.split("PRIVATE KEY-----").skip(1).step_by(2);
    let keys = blocks.filter_map(|block| {
        let body: String = block.split("-----").next()?.split_whitespace().collect();
        let der = STANDARD.decode(body).ok()?;
        let head = der.windows(5).position(|window| window == &PRIVATE_HEAD[31..])? + 5;
        der.get(head..head + 32)?.try_into().ok()
    });
    keys.collect()
}

/// The private key that a file is, as servers and this program write it; without its last newline it
/// is the same key.
pub(super) fn scalar_of(content: &[u8]) -> Option<Scalar> {
    let [scalar] = scalars_in(content)[..] else { return None };
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let frame = ("-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----");
    (content.starts_with(frame.0.as_bytes()) && content.ends_with(frame.1.as_bytes()))
        .then_some(scalar)
}

/// Whether a file is a public key, as servers and this program write it.
pub(super) fn is_public(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content);
    let body = text.strip_prefix("-----BEGIN PUBLIC KEY-----\n");
    let body = body.and_then(|text| text.strip_suffix("\n-----END PUBLIC KEY-----\n"));
    let der = body.and_then(|body| STANDARD.decode(body.replace('\n', "")).ok());
    der.is_some_and(|der| der.len() == 91 && der.starts_with(&PUBLIC_HEAD))
}

/// Pieces of a private key that no output may have: base64 as in its PEM, and hex.
pub(super) fn pieces(scalar: &Scalar) -> [String; 3] {
    let hex = scalar.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    [STANDARD.encode(&scalar[..12]), STANDARD.encode(&scalar[12..30]), hex]
}

/// Whose token it is; the identity is what the server derives from issuer and subject.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Publisher {
    pub(super) subject: &'static str,
    pub(super) identity: &'static str,
}

/// A token as a server makes it at a login.
pub(super) fn token(publisher: Publisher, private: &str) -> Option<String> {
    let claims = json!({
        "hex_identity": publisher.identity, "sub": publisher.subject, "iss": "localhost",
        "aud": ["spacetimedb"], "iat": 1_795_315_075, "exp": null,
    });
    let key = EncodingKey::from_ec_pem(private.as_bytes()).ok()?;
    jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &key).ok()
}

/// Whether a token's signature is good.
pub(super) fn is_signed(token: &str, public: &[u8]) -> bool {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    DecodingKey::from_ec_pem(public)
        .is_ok_and(|key| jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok())
}

/// Whether what the one signs verifies with the other.
pub(super) fn is_pair(private: &[u8], public: &[u8]) -> bool {
    let publisher = Publisher { subject: "s", identity: "i" };
    token(publisher, &String::from_utf8_lossy(private))
        .is_some_and(|token| is_signed(&token, public))
}

/// A token's claims, unverified.
pub(super) fn claims(token: &str) -> Option<Value> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[test]
fn what_is_made_can_be_read() {
    let pairs = [1, 2].map(|seed| Pair::new(&mut Random::new(seed)));
    for pair in &pairs {
        assert!(scalar_of(pair.private.as_bytes()).is_some() && is_public(pair.public.as_bytes()));
        assert!(is_pair(pair.private.as_bytes(), pair.public.as_bytes()));
        assert!(scalar_of(&pair.private.as_bytes()[1..]).is_none());
        let last_line = pair.private.trim_end();
        assert!(scalar_of(last_line.as_bytes()).is_some());
        assert!(scalar_of(&last_line.as_bytes()[..last_line.len() - 1]).is_none());
        assert!(scalars_in(&pair.private.as_bytes()[..150]).is_empty());
    }
    let both = format!("{}{}", pairs[0].private, pairs[1].private);
    assert_eq!(scalars_in(both.as_bytes()).len(), 2);
    assert!(!is_pair(pairs[0].private.as_bytes(), pairs[1].public.as_bytes()));
}
