//! RSA's key containers in DER: SPKI (RFC 3279), PKCS#8 (RFC 5208) and PKCS#1 (RFC 8017).

use crate::der::{self, Reader, tag};
use crate::error::Found;
use crate::key::container::{name_algorithm, whole_sequence};
use crate::pem::{Block, Container};
use crate::{Error, Result};

/// rsaEncryption. A key that is only for RSASSA-PSS names another one.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Modulus and exponent, without sign bytes.
type Numbers<'a> = (&'a [u8], &'a [u8]);

/// `SubjectPublicKeyInfo ::= SEQUENCE { algorithm, subjectPublicKey BIT STRING }`
pub(super) fn read_spki(der: &[u8]) -> Result<Numbers<'_>> {
    let mut body = whole_sequence(der)?;
    check_algorithm(&mut body)?;
    let key = body.bit_string().filter(|_| body.is_empty()).ok_or(Error::KeyDamaged)?;
    read_public(key)
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`
pub(crate) fn read_public(der: &[u8]) -> Result<Numbers<'_>> {
    let mut body = whole_sequence(der)?;
    let n = body.unsigned().ok_or(Error::KeyDamaged)?;
    let e = body.unsigned().ok_or(Error::KeyDamaged)?;
    if body.is_empty() { Ok((n, e)) } else { Err(Error::KeyDamaged) }
}

/// `PrivateKeyInfo ::= SEQUENCE { version, algorithm, privateKey OCTET STRING, … }`, of which the
/// only public numbers are taken: the private ones are the backend's to read.
pub(super) fn read_pkcs8(der: &[u8]) -> Result<Numbers<'_>> {
    let mut body = whole_sequence(der)?;
    body.unsigned().ok_or(Error::KeyDamaged)?;
    check_algorithm(&mut body)?;
    read_private(body.expect(tag::OCTET_STRING).ok_or(Error::KeyDamaged)?)
}

/// `RSAPrivateKey ::= SEQUENCE { version, modulus INTEGER, publicExponent INTEGER, … }`
pub(super) fn read_private(der: &[u8]) -> Result<Numbers<'_>> {
    let mut body = whole_sequence(der)?;
    body.unsigned().ok_or(Error::KeyDamaged)?;
    let n = body.unsigned().ok_or(Error::KeyDamaged)?;
    let e = body.unsigned().ok_or(Error::KeyDamaged)?;
    Ok((n, e))
}

/// `AlgorithmIdentifier ::= SEQUENCE { rsaEncryption, NULL }`
fn check_algorithm(body: &mut Reader<'_>) -> Result<()> {
    let mut algorithm = body.nested(tag::SEQUENCE).ok_or(Error::KeyDamaged)?;
    if algorithm.expect(tag::OID).ok_or(Error::KeyDamaged)? != RSA_ENCRYPTION {
        return Err(Error::KeyNotRsa);
    }
    // Some writers leave the NULL out.
    match algorithm.optional(tag::NULL) {
        Some([]) | None if algorithm.is_empty() => Ok(()),
        _ => Err(Error::KeyDamaged),
    }
}

pub(super) fn is_rsa(block: &Block) -> bool {
    let algorithm = |mut body: Reader<'_>| {
        if block.container == Container::Pkcs8 {
            body.unsigned()?;
        }
        body.nested(tag::SEQUENCE)?.expect(tag::OID).map(name_algorithm)
    };
    match block.container {
        Container::RsaPrivate | Container::RsaPublic => true,
        Container::Sec1 => false,
        Container::Pkcs8 | Container::Spki => {
            whole_sequence(&block.der).ok().and_then(algorithm) == Some(Found::Rsa)
        }
    }
}

/// The counterpart of [`read_spki`].
pub(super) fn write_spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    let public = der::write(tag::SEQUENCE, &[&der::write_unsigned(n), &der::write_unsigned(e)]);
    let algorithm =
        der::write(tag::SEQUENCE, &[&der::write(tag::OID, &[RSA_ENCRYPTION]), &[tag::NULL, 0]]);
    der::write(tag::SEQUENCE, &[&algorithm, &der::write(tag::BIT_STRING, &[&[0], &public])])
        .to_vec()
}
