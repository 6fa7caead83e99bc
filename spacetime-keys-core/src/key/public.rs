use std::fmt;

use p256::elliptic_curve::sec1::ToSec1Point;

use super::container;
use crate::error::Found;
use crate::pem::{self, Block, Container, Oddity};
use crate::{Error, Fingerprint, Result, fingerprint};

/// A P-256 public key. Two are equal if their points are.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: p256::PublicKey,
    /// `04 ‖ x ‖ y` (SEC 1, section 2.3.3).
    point: [u8; POINT_LEN],
}

pub(super) const POINT_LEN: usize = 65;

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING (66 bytes) }`, up to the point.
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const SPKI_LEN: usize = SPKI_HEAD.len() + POINT_LEN;

impl PublicKey {
    /// Reads a PEM text, repairing what [`pem::normalize`] repairs.
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
        match block.container {
            Container::Spki => {}
            Container::Pkcs8 | Container::Sec1 => return Err(Error::KeyIsPrivate),
            Container::RsaPrivate | Container::RsaPublic => {
                return Err(Error::KeyUnsupported(Found::Rsa));
            }
        }
        let mut parts = container::read_spki(&block.der)?;
        if !matches!(parts.point, [4, ..]) {
            parts.oddities.push(Oddity::CompressedPoint);
        }
        Ok((Self::from_sec1_bytes(parts.point)?, parts.oddities))
    }

    /// From a SEC1 point, compressed or not.
    pub fn from_sec1_bytes(point: &[u8]) -> Result<Self> {
        // `p256` would take a point without its sign, too (a first byte of 5): no standard has it.
        if !matches!(point, [2..=4, ..]) {
            return Err(Error::KeyInvalid);
        }
        let key = p256::PublicKey::from_sec1_bytes(point).map_err(|_| Error::KeyInvalid)?;
        Self::from_p256(key)
    }

    fn from_p256(key: p256::PublicKey) -> Result<Self> {
        let point =
            key.to_sec1_point(false).as_bytes().try_into().map_err(|_| Error::KeyInvalid)?;
        Ok(Self { key, point })
    }

    /// Uncompressed named-curve SPKI in PEM, as OpenSSL 3 writes it.
    pub fn to_pem(&self) -> String {
        std::mem::take(&mut pem::encode("PUBLIC KEY", &self.to_spki_der()))
    }

    /// The DER `SubjectPublicKeyInfo` (RFC 5480).
    pub fn to_spki_der(&self) -> [u8; SPKI_LEN] {
        let mut der = [0; SPKI_LEN];
        let (head, point) = der.split_at_mut(SPKI_HEAD.len());
        head.copy_from_slice(&SPKI_HEAD);
        point.copy_from_slice(&self.point);
        der
    }

    /// `04 ‖ x ‖ y`, 65 bytes.
    pub const fn as_sec1_bytes(&self) -> &[u8; POINT_LEN] {
        &self.point
    }

    /// The affine coordinates, 32 bytes each, big-endian.
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.point.get(1..).unwrap_or_default().split_at(32)
    }

    /// See [`Fingerprint`].
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    /// See [`fingerprint::kid`].
    pub fn kid(&self) -> String {
        fingerprint::kid(self)
    }

    /// The key in `p256`'s type.
    pub const fn as_p256(&self) -> &p256::PublicKey {
        &self.key
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}
