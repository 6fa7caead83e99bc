//! What the targets share: keys and a moment that are the same in every run, so that an input that
//! was found once is found again.

pub mod members;

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{PrivateKey, RsaPrivateKey, rs256};

/// The present moment: that of the sample tokens, which are part of the seeds.
pub const NOW: i64 = 1_795_316_539;

/// The key of the server under test. No seed is signed with it.
pub fn local() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| signer(include_str!("../../oracle/keys/local.pem")))
}

/// The key of an issuer whose set the server knows.
pub fn issuer() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| signer(include_str!("../../oracle/keys/issuer.pem")))
}

/// That issuer's other key.
pub fn issuer_rsa() -> &'static rs256::Signer {
    static KEY: OnceLock<rs256::Signer> = OnceLock::new();
    KEY.get_or_init(|| {
        let pem = include_str!("../../oracle/keys/rsa-2048.pem");
        rs256::Signer::new(&RsaPrivateKey::from_pem(pem).unwrap())
    })
}

/// Nobody's key: in no seed, neither of its halves.
pub fn other() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| signer(include_str!("../../oracle/keys/other.pem")))
}

fn signer(pem: &str) -> Signer {
    Signer::new(&PrivateKey::from_pem(pem).unwrap()).unwrap()
}

/// An input without a zero byte is a text as it stands; with one, it is `header ‖ 00 ‖ claims`, to be
/// signed.
pub fn take(input: &[u8], as_it_stands: impl Fn(&str), signed: impl Fn(&[u8], &[u8])) {
    match input.iter().position(|&byte| byte == 0) {
        Some(at) => signed(&input[..at], &input[at + 1..]),
        None => {
            if let Ok(text) = str::from_utf8(input) {
                as_it_stands(text);
            }
        }
    }
}

/// The header that servers write.
pub const OWN_HEADER: &[u8] = br#"{"typ":"JWT","alg":"ES256"}"#;

/// Whether claims are such that servers take them, and none has ever written them: `hex_identity` as
/// numbers, and an `nbf` with nothing inside.
pub fn is_odd(claims: &Value) -> bool {
    claims["hex_identity"].is_array() || [json!([]), json!({})].contains(&claims["nbf"])
}

/// A compact JWS of any header and claims, truly signed.
pub fn token<S: AsRef<[u8]>>(
    header: &[u8],
    claims: &[u8],
    sign: impl FnOnce(&[u8]) -> S,
) -> String {
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// Signs, where signing cannot fail.
pub fn es256(key: &Signer) -> impl FnOnce(&[u8]) -> [u8; 64] {
    |message| key.sign(message).unwrap()
}
