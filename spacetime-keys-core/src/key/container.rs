//! Key containers in DER: SPKI (RFC 5480), PKCS#8 (RFC 5208 and 5958), SEC1 (RFC 5915).

use zeroize::Zeroizing;

use crate::der::{self, Reader, tag};
use crate::error::Found;
use crate::pem::Oddity;
use crate::{Error, Result};

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME_FIELD: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// What stands in a private key's container. The scalar is borrowed: nothing is copied here.
pub(super) struct PrivateParts<'a> {
    pub(super) scalar: &'a [u8],
    /// The public key inside. In a version 2 file it may stand there twice.
    pub(super) publics: Vec<&'a [u8]>,
    pub(super) oddities: Vec<Oddity>,
}

/// The content of a public key's container.
pub(super) struct PublicParts<'a> {
    pub(super) point: &'a [u8],
    pub(super) oddities: Vec<Oddity>,
}

/// Whether the first bytes of a container name the curve: enough to tell a key that is cut off.
pub(crate) fn names_p256(der: &[u8]) -> bool {
    let head = der.get(..64).unwrap_or(der);
    der.first() == Some(&tag::SEQUENCE) && head.windows(P256.len()).any(|name| name == P256)
}

/// `AlgorithmIdentifier` with the curve's name.
fn write_algorithm() -> Zeroizing<Vec<u8>> {
    let names = [EC_PUBLIC_KEY, P256].map(|name| der::write(tag::OID, &[name]));
    let [algorithm, curve] = &names;
    der::write(tag::SEQUENCE, &[algorithm, curve])
}

/// The counterpart of [`read_spki`], of an uncompressed point.
pub(crate) fn write_spki(point: &[u8]) -> Zeroizing<Vec<u8>> {
    let public = der::write(tag::BIT_STRING, &[&[0], point]);
    der::write(tag::SEQUENCE, &[&write_algorithm(), &public])
}

/// The counterpart of [`read_pkcs8`], of a scalar in full length.
pub(crate) fn write_pkcs8(scalar: &[u8], point: Option<&[u8]>) -> Zeroizing<Vec<u8>> {
    let version = |number: u8| der::write(tag::INTEGER, &[&[number]]);
    let public = point
        .map(|point| der::write(tag::CONTEXT_1, &[&der::write(tag::BIT_STRING, &[&[0], point])]));
    let public: &[u8] = public.as_ref().map_or(&[], |public| public.as_slice());
    let scalar = der::write(tag::OCTET_STRING, &[scalar]);
    let key = der::write(tag::SEQUENCE, &[&version(1), &scalar, public]);
    let key = der::write(tag::OCTET_STRING, &[&key]);
    der::write(tag::SEQUENCE, &[&version(0), &write_algorithm(), &key])
}

/// `SubjectPublicKeyInfo ::= SEQUENCE { algorithm, subjectPublicKey BIT STRING }`
pub(super) fn read_spki(der: &[u8]) -> Result<PublicParts<'_>> {
    let mut oddities = Vec::new();
    let mut body = whole_sequence(der)?;
    let algorithm = body.nested(tag::SEQUENCE).ok_or(Error::KeyDamaged)?;
    check_algorithm(algorithm, &mut oddities)?;
    let point = body.bit_string().ok_or(Error::KeyDamaged)?;
    if !body.is_empty() {
        return Err(Error::KeyDamaged);
    }
    Ok(PublicParts { point, oddities })
}

/// `PrivateKeyInfo ::= SEQUENCE { version, algorithm, privateKey OCTET STRING, [0] …, [1] … }`
pub(super) fn read_pkcs8(der: &[u8]) -> Result<PrivateParts<'_>> {
    let mut oddities = Vec::new();
    let mut body = whole_sequence(der)?;
    let version = body.unsigned().ok_or(Error::KeyDamaged)?;
    let algorithm = body.nested(tag::SEQUENCE).ok_or(Error::KeyDamaged)?;
    check_algorithm(algorithm, &mut oddities)?;
    let key = body.expect(tag::OCTET_STRING).ok_or(Error::KeyDamaged)?;
    // Attributes, and RFC 5958's own place for the public key: never written.
    let attributes = body.optional(tag::CONTEXT_0);
    let outer_public = body.optional(tag::CONTEXT_1_PRIMITIVE);
    if !matches!(version, [0 | 1]) || !body.is_empty() {
        return Err(Error::KeyDamaged);
    }
    let mut parts = read_ec_private_key(key, false)?;
    if let Some(bits) = outer_public {
        let Some((0, point)) = bits.split_first() else { return Err(Error::KeyDamaged) };
        parts.publics.push(point);
    }
    if attributes.is_some() || outer_public.is_some() || version != [0] {
        parts.oddities.push(Oddity::OtherEncoding);
    }
    parts.oddities.append(&mut oddities);
    Ok(parts)
}

/// A SEC1 key on its own, which must name its curve itself.
pub(super) fn read_sec1(der: &[u8]) -> Result<PrivateParts<'_>> {
    let mut parts = read_ec_private_key(der, true)?;
    parts.oddities.push(Oddity::Sec1);
    Ok(parts)
}

/// `ECPrivateKey ::= SEQUENCE { version (1), privateKey OCTET STRING, [0] parameters, [1] publicKey }`
fn read_ec_private_key(der: &[u8], needs_curve: bool) -> Result<PrivateParts<'_>> {
    let mut oddities = Vec::new();
    let mut body = whole_sequence(der)?;
    if body.unsigned() != Some(&[1]) {
        return Err(Error::KeyDamaged);
    }
    let scalar = body.expect(tag::OCTET_STRING).ok_or(Error::KeyDamaged)?;
    match body.optional(tag::CONTEXT_0) {
        Some(parameters) => {
            check_curve(Reader::new(parameters), &mut oddities)?;
            if !needs_curve {
                oddities.push(Oddity::OtherEncoding); // the curve is named twice
            }
        }
        None if needs_curve => return Err(Error::KeyDamaged),
        None => {}
    }
    let public = match body.nested(tag::CONTEXT_1) {
        Some(mut nested) => {
            let point = nested.bit_string().filter(|_| nested.is_empty());
            Some(point.ok_or(Error::KeyDamaged)?)
        }
        None => None,
    };
    if !body.is_empty() {
        return Err(Error::KeyDamaged);
    }
    match public {
        None => oddities.push(Oddity::NoPublicKeyInside),
        Some([4, ..]) => {}
        Some(_) => oddities.push(Oddity::CompressedPoint),
    }
    if scalar.len() != 32 {
        oddities.push(Oddity::OtherEncoding); // RFC 5915 wants the full length
    }
    Ok(PrivateParts { scalar, publics: public.into_iter().collect(), oddities })
}

/// The one SEQUENCE that is all of the input.
pub(super) fn whole_sequence(der: &[u8]) -> Result<Reader<'_>> {
    let mut reader = Reader::new(der);
    match reader.nested(tag::SEQUENCE) {
        Some(body) if reader.is_empty() => Ok(body),
        // PEM without its last lines decodes well and ends early.
        _ => Err(Error::KeyDamaged),
    }
}

fn check_algorithm(mut algorithm: Reader<'_>, oddities: &mut Vec<Oddity>) -> Result<()> {
    match algorithm.expect(tag::OID).ok_or(Error::KeyDamaged)? {
        EC_PUBLIC_KEY => check_curve(algorithm, oddities),
        other => Err(Error::KeyUnsupported(name_algorithm(other))),
    }
}

/// `ECParameters ::= CHOICE { namedCurve, implicitCurve NULL, specifiedCurve }` (RFC 5480)
fn check_curve(mut parameters: Reader<'_>, oddities: &mut Vec<Oddity>) -> Result<()> {
    if let Some(name) = parameters.optional(tag::OID) {
        return match name {
            P256 if parameters.is_empty() => Ok(()),
            P256 => Err(Error::KeyDamaged),
            other => Err(Error::KeyUnsupported(name_curve(other))),
        };
    }
    let specified = parameters.nested(tag::SEQUENCE).ok_or(Error::KeyDamaged)?;
    if !parameters.is_empty() {
        return Err(Error::KeyDamaged);
    }
    match is_p256_written_out(specified) {
        Some(true) => {
            oddities.push(Oddity::ExplicitParameters);
            Ok(())
        }
        Some(false) => Err(Error::KeyUnsupported(Found::OtherParameters)),
        None => Err(Error::KeyDamaged),
    }
}

/// Compares every number of the written-out parameters, the generator among them: a key with the
/// right curve and another generator is a forgery (CVE-2020-0601). `None`: not such parameters.
fn is_p256_written_out(mut specified: Reader<'_>) -> Option<bool> {
    // SEC 2, section 2.4.2.
    const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    const A: &str = "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc";
    const B: &str = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
    const GX: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    const GY: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let is = |found: &[u8], expected: &str| crate::hex::encode(found) == expected;

    let version = specified.unsigned()?;
    let mut field = specified.nested(tag::SEQUENCE)?;
    let field_type = field.expect(tag::OID)?;
    if field_type != PRIME_FIELD {
        return Some(false);
    }
    let p = field.unsigned()?;
    let mut curve = specified.nested(tag::SEQUENCE)?;
    let a = curve.expect(tag::OCTET_STRING)?;
    let b = curve.expect(tag::OCTET_STRING)?;
    let _seed = curve.optional(tag::BIT_STRING);
    let generator = specified.expect(tag::OCTET_STRING)?;
    let order = specified.unsigned()?;
    let cofactor = specified.unsigned().unwrap_or(&[1]);
    let same_generator = match generator {
        [4, point @ ..] => is(point, &format!("{GX}{GY}")),
        [3, x @ ..] => is(x, GX), // GY is odd
        _ => false,
    };
    Some(
        matches!(version, [1..=3])
            && is(p, P)
            && is(a, A)
            && is(b, B)
            && same_generator
            && is(order, N)
            && cofactor == [1],
    )
}

fn name_curve(oid: &[u8]) -> Found {
    match oid {
        [0x2b, 0x81, 0x04, 0x00, 0x21] => Found::P224,
        [0x2b, 0x81, 0x04, 0x00, 0x22] => Found::P384,
        [0x2b, 0x81, 0x04, 0x00, 0x23] => Found::P521,
        [0x2b, 0x81, 0x04, 0x00, 0x0a] => Found::Secp256k1,
        _ => Found::OtherCurve,
    }
}

pub(super) fn name_algorithm(oid: &[u8]) -> Found {
    match oid {
        // rsaEncryption, RSASSA-PSS and the rest of PKCS#1
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, _] => Found::Rsa,
        [0x2b, 0x65, 0x70] => Found::Ed25519,
        [0x2b, 0x65, 0x71] => Found::Ed448,
        [0x2b, 0x65, 0x6e | 0x6f] => Found::Montgomery,
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]
        | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01] => Found::Dsa,
        _ => Found::OtherAlgorithm,
    }
}
