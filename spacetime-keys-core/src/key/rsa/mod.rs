//! RSA keys, for tokens of external issuers (RS256). A SpacetimeDB server takes none as its own.
//!
//! The public half is plain data and needs no backend; to sign or to verify, see `rs256`.

mod container;
#[cfg(feature = "aws-lc-rs")]
mod private;

use std::fmt;

#[cfg(feature = "aws-lc-rs")]
pub use private::RsaPrivateKey;

pub(crate) use container::read_public;

use crate::pem::{self, Block, Container};
use crate::{Error, Fingerprint, Result, fingerprint};

/// An RSA public key. Two are equal if their numbers are.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// The smallest modulus that servers verify with, in bits.
    pub const MIN_BITS: usize = 2048;
    /// The largest modulus that any server verifies with, in bits: those of rules `1.2` and `2.8`.
    pub const MAX_BITS: usize = 8192;
    /// The largest modulus that servers of rules `2.14` verify with, in bits.
    pub const MAX_BITS_EVERYWHERE: usize = 4096;

    /// From the modulus `n` and the exponent `e`, big-endian, in as few bytes as they need
    /// (RFC 7518, section 6.3.1).
    ///
    /// # Errors
    /// [`Error::KeyRsaSize`]; [`Error::KeyRsaInvalid`] for a leading zero byte, an even number, or
    /// an exponent outside 3 to 2^33 - 1, with which no server verifies.
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self> {
        let minimal = |number: &[u8]| number.first().is_some_and(|&byte| byte != 0);
        let odd = |number: &[u8]| number.last().is_some_and(|&byte| byte & 1 == 1);
        if !(minimal(n) && minimal(e) && odd(n) && odd(e) && exponent_in_range(e)) {
            return Err(Error::KeyRsaInvalid);
        }
        let key = Self { modulus: n.to_vec(), exponent: e.to_vec() };
        if (Self::MIN_BITS..=Self::MAX_BITS).contains(&key.bits()) {
            Ok(key)
        } else {
            Err(Error::KeyRsaSize)
        }
    }

    /// Reads a PEM text: SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`). Repairs what
    /// [`pem::normalize`] repairs about the text.
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self> {
        Self::from_block(&pem::decode(input.as_ref())?)
    }

    pub(crate) fn from_block(block: &Block) -> Result<Self> {
        let (n, e) = match block.container {
            Container::Spki => container::read_spki(&block.der)?,
            Container::RsaPublic => read_public(&block.der)?,
            Container::Pkcs8 | Container::RsaPrivate => return Err(Error::KeyIsPrivate),
            Container::Sec1 => return Err(Error::KeyNotRsa),
        };
        Self::from_components(n, e)
    }

    pub(super) fn of_either_block(block: &Block) -> Result<Self> {
        let (n, e) = match block.container {
            Container::Pkcs8 => container::read_pkcs8(&block.der)?,
            Container::RsaPrivate => container::read_private(&block.der)?,
            Container::Spki | Container::RsaPublic | Container::Sec1 => {
                return Self::from_block(block);
            }
        };
        Self::from_components(n, e)
    }

    /// Whether a block holds an RSA key, by its label or by the algorithm that it names.
    pub(crate) fn is_in(block: &Block) -> bool {
        container::is_rsa(block)
    }

    /// SPKI in PEM, as OpenSSL 3 writes it.
    pub fn to_pem(&self) -> String {
        std::mem::take(&mut pem::encode("PUBLIC KEY", &self.to_spki_der()))
    }

    /// The DER `SubjectPublicKeyInfo` (RFC 3279, section 2.3.1).
    pub fn to_spki_der(&self) -> Vec<u8> {
        container::write_spki(&self.modulus, &self.exponent)
    }

    /// The size of the modulus in bits.
    pub fn bits(&self) -> usize {
        bits(&self.modulus)
    }

    /// The modulus `n`, big-endian, without leading zeros.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent `e`, big-endian, without leading zeros.
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// See [`Fingerprint`].
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_rsa(self)
    }

    /// See [`fingerprint::rsa_kid`].
    pub fn kid(&self) -> String {
        fingerprint::rsa_kid(self)
    }
}

/// The bits of a number that has no leading zero byte.
pub(crate) fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

/// What `ring` (servers of rules `1.2` and `2.8`), the `rsa` crate (`2.14`) and AWS-LC (we) all
/// take: 3 to 2^33 - 1.
pub(crate) fn exponent_in_range(e: &[u8]) -> bool {
    match e {
        [] | [0, ..] => false,
        [only] => *only >= 3,
        [first, rest @ ..] => rest.len() < 4 || (rest.len() == 4 && *first == 1),
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits, {})", self.bits(), self.fingerprint())
    }
}
