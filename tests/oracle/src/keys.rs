//! The throwaway keys of `keys/`, ready to sign.

use std::sync::OnceLock;

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::traits::PublicKeyParts;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::es256::Signer;

use crate::json::Json;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The server's own.
    Local,
    Issuer,
    /// Nobody's.
    Other,
    Rsa2048,
    Rsa2048Other,
    Rsa2048Exponent3,
    Rsa1024,
    Rsa2047,
    Rsa4096,
    Rsa5120,
}

pub const EC: [Key; 3] = [Key::Local, Key::Issuer, Key::Other];
pub const RSA: [Key; 7] = [
    Key::Rsa2048,
    Key::Rsa2048Other,
    Key::Rsa2048Exponent3,
    Key::Rsa1024,
    Key::Rsa2047,
    Key::Rsa4096,
    Key::Rsa5120,
];

const COUNT: usize = EC.len() + RSA.len();

pub const LOCAL_PUBLIC_PEM: &str = include_str!("../keys/local.pub.pem");

impl Key {
    const fn pem(self) -> &'static str {
        match self {
            Self::Local => include_str!("../keys/local.pem"),
            Self::Issuer => include_str!("../keys/issuer.pem"),
            Self::Other => include_str!("../keys/other.pem"),
            Self::Rsa2048 => include_str!("../keys/rsa-2048.pem"),
            Self::Rsa2048Other => include_str!("../keys/rsa-2048-other.pem"),
            Self::Rsa2048Exponent3 => include_str!("../keys/rsa-2048-e3.pem"),
            Self::Rsa1024 => include_str!("../keys/rsa-1024.pem"),
            Self::Rsa2047 => include_str!("../keys/rsa-2047.pem"),
            Self::Rsa4096 => include_str!("../keys/rsa-4096.pem"),
            Self::Rsa5120 => include_str!("../keys/rsa-5120.pem"),
        }
    }

    pub fn is_rsa(self) -> bool {
        RSA.contains(&self)
    }

    /// The algorithm that its signatures are of.
    pub fn alg(self) -> &'static str {
        if self.is_rsa() { "RS256" } else { "ES256" }
    }

    /// ES256 or RS256, as the key's type says.
    pub fn sign(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Local | Self::Issuer | Self::Other => {
                self.signer().sign(message).expect("a signature").to_vec()
            }
            // What AWS-LC signs with no key of.
            Self::Rsa1024 | Self::Rsa2047 => self.sign_slowly(message),
            _ => self.sign_fast(message),
        }
    }

    fn signer(self) -> &'static Signer {
        static SIGNERS: [OnceLock<Signer>; 3] = [const { OnceLock::new() }; 3];
        SIGNERS[self as usize].get_or_init(|| {
            let key = PrivateKey::from_pem(self.pem()).expect("a key of ours");
            Signer::new(&key).expect("a signer")
        })
    }

    fn sign_fast(self, message: &[u8]) -> Vec<u8> {
        static PAIRS: [OnceLock<KeyPair>; COUNT] = [const { OnceLock::new() }; COUNT];
        let pair = PAIRS[self as usize].get_or_init(|| {
            let der = self.rsa().to_pkcs8_der().expect("an RSA key");
            KeyPair::from_pkcs8(der.as_bytes()).expect("a key that AWS-LC takes")
        });
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
        signature
    }

    fn sign_slowly(self, message: &[u8]) -> Vec<u8> {
        let scheme = rsa::Pkcs1v15Sign::new_unprefixed();
        self.rsa().sign(scheme, &digest_info(message)).expect("a signature")
    }

    /// The private key; only RSA.
    pub fn rsa(self) -> &'static rsa::RsaPrivateKey {
        static KEYS: [OnceLock<rsa::RsaPrivateKey>; COUNT] = [const { OnceLock::new() }; COUNT];
        KEYS[self as usize]
            .get_or_init(|| rsa::RsaPrivateKey::from_pkcs8_pem(self.pem()).expect("an RSA key"))
    }

    /// PKCS#1's `RSAPublicKey`.
    pub fn rsa_der(self) -> Vec<u8> {
        let key = self.rsa().to_public_key().to_pkcs1_der();
        key.expect("an RSA key").into_vec()
    }

    /// `x` and `y`; only P-256.
    pub fn coordinates(self) -> (&'static [u8], &'static [u8]) {
        self.signer().public_key().coordinates()
    }

    /// `n` and `e`; only RSA.
    pub fn components(self) -> (Vec<u8>, Vec<u8>) {
        (self.rsa().n().to_bytes_be(), self.rsa().e().to_bytes_be())
    }

    /// The members of its JWK that make it this key.
    pub fn jwk(self) -> Json {
        let text = |bytes: &[u8]| Json::string(&URL_SAFE_NO_PAD.encode(bytes));
        if self.is_rsa() {
            let (n, e) = self.components();
            Json::object(&[("kty", Json::string("RSA")), ("n", text(&n)), ("e", text(&e))])
        } else {
            let (x, y) = self.coordinates();
            Json::object(&[
                ("kty", Json::string("EC")),
                ("crv", Json::string("P-256")),
                ("x", text(x)),
                ("y", text(y)),
            ])
        }
    }

    /// How test tokens and test sets call it.
    pub const fn kid(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Issuer => "issuer",
            Self::Other => "other",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa2048Other => "rsa-2048-other",
            Self::Rsa2048Exponent3 => "rsa-2048-e3",
            Self::Rsa1024 => "rsa-1024",
            Self::Rsa2047 => "rsa-2047",
            Self::Rsa4096 => "rsa-4096",
            Self::Rsa5120 => "rsa-5120",
        }
    }
}

/// What RS256 signs: the digest, and that it is one of SHA-256 (RFC 8017, section 9.2).
pub fn digest_info(message: &[u8]) -> Vec<u8> {
    const SHA_256: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let digest = ring::digest::digest(&ring::digest::SHA256, message);
    [&SHA_256, digest.as_ref()].concat()
}
