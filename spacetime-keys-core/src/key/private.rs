use std::fmt;

use zeroize::Zeroizing;

use super::PublicKey;
use super::container;
use super::public::POINT_LEN;
use crate::error::Found;
use crate::pem::{self, Block, Container, Oddity};
use crate::{Error, Result, es256};

/// A P-256 private key and the public key that follows from it.
///
/// Wiped from memory when dropped. Deliberately neither `Clone` nor `Display`, and its `Debug`
/// shows only the public key's fingerprint.
pub struct PrivateKey {
    secret: p256::SecretKey,
    public: PublicKey,
}

const SCALAR_LEN: usize = 32;

/// `SEQUENCE { 0, SEQUENCE { id-ecPublicKey, prime256v1 }, OCTET STRING { SEQUENCE { 1,
/// OCTET STRING (32 bytes)`, up to the scalar.
const PKCS8_HEAD: [u8; 36] = [
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02,
    0x01, 0x01, 0x04, 0x20,
];
/// `[1] { BIT STRING (66 bytes)`, up to the point.
const PKCS8_MIDDLE: [u8; 5] = [0xa1, 0x44, 0x03, 0x42, 0x00];

impl PrivateKey {
    /// A new key, from the operating system's random number generator.
    ///
    /// # Errors
    /// [`Error::Random`] if that gives none.
    pub fn generate() -> Result<Self> {
        // FIPS 186-5, A.2.2: candidates out of range are drawn again (once in 2^32).
        loop {
            let mut candidate = Zeroizing::new([0; SCALAR_LEN]);
            getrandom::fill(candidate.as_mut_slice()).map_err(|_| Error::Random)?;
            if let Ok(secret) = p256::SecretKey::from_slice(candidate.as_slice()) {
                return Self::from_p256(secret);
            }
        }
    }

    /// Reads a PEM text (PKCS#8 or SEC1), repairing what [`pem::normalize`] repairs.
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self> {
        Self::from_pem_with_oddities(input).map(|(key, _)| key)
    }

    /// The same, and tells what had to be repaired: what a server would have met.
    pub fn from_pem_with_oddities(input: impl AsRef<[u8]>) -> Result<(Self, Vec<Oddity>)> {
        let input = input.as_ref();
        let block = pem::decode(input)?;
        let (key, mut oddities) = Self::from_block(&block)?;
        block.add_text_oddities(input, &key.to_pem(), &mut oddities);
        Ok((key, oddities))
    }

    pub(crate) fn from_block(block: &Block) -> Result<(Self, Vec<Oddity>)> {
        let parts = match block.container {
            Container::Pkcs8 => container::read_pkcs8(&block.der)?,
            Container::Sec1 => container::read_sec1(&block.der)?,
            Container::Spki => return Err(Error::KeyIsPublic),
            Container::RsaPrivate | Container::RsaPublic => {
                return Err(Error::KeyUnsupported(Found::Rsa));
            }
        };
        // Some writers drop a number's leading zeros; others, such as GnuTLS and PuTTY, set one before
        // it, as an INTEGER would have it.
        let zeros = parts.scalar.iter().take_while(|&&byte| byte == 0).count();
        let digits = parts.scalar.get(zeros..).unwrap_or_default();
        let mut scalar = Zeroizing::new([0; SCALAR_LEN]);
        let start = SCALAR_LEN.checked_sub(digits.len()).ok_or(Error::KeyInvalid)?;
        scalar.get_mut(start..).ok_or(Error::KeyInvalid)?.copy_from_slice(digits);
        let secret =
            p256::SecretKey::from_slice(scalar.as_slice()).map_err(|_| Error::KeyInvalid)?;
        let key = Self::from_p256(secret)?;
        for point in parts.publics {
            if PublicKey::from_sec1_bytes(point)? != key.public {
                return Err(Error::KeyEmbeddedMismatch);
            }
        }
        Ok((key, parts.oddities))
    }

    fn from_p256(secret: p256::SecretKey) -> Result<Self> {
        let public = PublicKey::from_sec1_bytes(&es256::public_point(&secret)?)?;
        Ok(Self { secret, public })
    }

    /// PKCS#8 in PEM with the public key inside, as OpenSSL 3 writes it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        const MIDDLE: usize = PKCS8_HEAD.len() + SCALAR_LEN;
        let mut der = Zeroizing::new([0; MIDDLE + PKCS8_MIDDLE.len() + POINT_LEN]);
        let (front, back) = der.split_at_mut(MIDDLE);
        let (head, scalar) = front.split_at_mut(PKCS8_HEAD.len());
        head.copy_from_slice(&PKCS8_HEAD);
        scalar.copy_from_slice(self.to_scalar_bytes().as_slice());
        let (middle, point) = back.split_at_mut(PKCS8_MIDDLE.len());
        middle.copy_from_slice(&PKCS8_MIDDLE);
        point.copy_from_slice(self.public.as_sec1_bytes());
        pem::encode("PRIVATE KEY", der.as_slice())
    }

    pub(crate) fn to_scalar_bytes(&self) -> Zeroizing<[u8; SCALAR_LEN]> {
        Zeroizing::new(self.secret.to_bytes().into())
    }

    /// The public key that belongs to it.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key in `p256`'s type.
    pub const fn as_p256(&self) -> &p256::SecretKey {
        &self.secret
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public.fingerprint())
    }
}
