//! RSA keys as servers take them. They are not particular about sizes and forms, each generation in
//! its own way, and this module follows them where `rs256` would not: it says what a server answers,
//! and no signature that it calls good is believed by anything else.

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
};

use crate::jwks::shape::Generation;
use crate::key::rsa;

/// A key that a server of some generation verifies with.
pub(super) struct RsaKey(ParsedPublicKey);

impl RsaKey {
    /// From modulus and exponent. `None` if servers of this generation verify nothing with them;
    /// or if the modulus has less than 1024 bits, which servers from 2.12 would take, and we do not
    /// reckon with.
    pub(super) fn new(generation: Generation, n: &[u8], e: &[u8]) -> Option<Self> {
        let (n, e) = match generation {
            Generation::Nine => (n, e),
            Generation::Eleven => (without_zeros(n), without_zeros(e)),
        };
        let takes = match generation {
            // A size is rounded up to whole bytes before it is compared.
            Generation::Nine => n.len() >= 256 && rsa::bits(n) <= rsa::RsaPublicKey::MAX_BITS,
            Generation::Eleven => rsa::bits(n) <= rsa::RsaPublicKey::MAX_BITS_EVERYWHERE,
        };
        let odd = |number: &[u8]| number.last().is_some_and(|&byte| byte & 1 == 1);
        let minimal = n.first().is_some_and(|&byte| byte != 0);
        if !(takes && minimal && odd(n) && odd(e) && rsa::exponent_in_range(e)) {
            return None;
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
            .ok()
            .map(Self)
    }

    /// From the DER of PKCS#1, which the older generation takes for a key wherever it finds it.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let (n, e) = rsa::read_public(der).ok()?;
        Self::new(Generation::Nine, n, e)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
