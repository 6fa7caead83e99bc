//! JSON Web Keys (RFC 7517, 7518), as containers.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::Oddity;
use super::block::{Block, Container};
use crate::der::{self, tag};
use crate::error::Found;
use crate::key::container;
use crate::{Error, Result};

type Member<'a> = (Cow<'a, str>, &'a RawValue);
type Bytes = Zeroizing<Vec<u8>>;

/// The length of a coordinate or a scalar, in bytes.
const LENGTH: usize = 32;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key of a JWK's members. Whether its numbers make one, its container's reader says.
pub(super) fn read(members: &[Member<'_>]) -> Result<Block> {
    let jwk = Jwk(members);
    let twice = |(at, (name, _)): (usize, &Member<'_>)| {
        members.iter().skip(at + 1).any(|(other, _)| other == name)
    };
    if members.iter().enumerate().any(twice) {
        return Err(Error::JwksDuplicateMember);
    }
    let unsupported = |what| Err(Error::KeyUnsupported(what));
    let (container, der) = match (jwk.text("kty"), jwk.text("crv")) {
        (Some("EC"), Some("P-256")) => jwk.p256()?,
        (Some("EC"), Some("P-384")) => return unsupported(Found::P384),
        (Some("EC"), Some("P-521")) => return unsupported(Found::P521),
        (Some("EC"), Some("secp256k1")) => return unsupported(Found::Secp256k1),
        (Some("EC"), Some(_)) => return unsupported(Found::OtherCurve),
        (Some("EC"), None) => return Err(Error::JwkMalformed),
        (Some("OKP"), Some("Ed25519")) => return unsupported(Found::Ed25519),
        (Some("OKP"), Some("Ed448")) => return unsupported(Found::Ed448),
        (Some("OKP"), Some("X25519" | "X448")) => return unsupported(Found::Montgomery),
        (Some("oct"), _) => return unsupported(Found::SharedSecret),
        (Some("RSA"), _) => jwk.rsa()?,
        _ => return unsupported(Found::OtherAlgorithm),
    };
    Ok(Block { container, der, text_oddities: vec![Oddity::Jwk] })
}

struct Jwk<'a>(&'a [Member<'a>]);

impl<'a> Jwk<'a> {
    /// A member that is a string. Neither names nor base64url need escapes.
    fn text(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(found, _)| found == name)?;
        value.get().strip_prefix('"')?.strip_suffix('"')
    }

    /// A number's bytes, without leading zeros.
    fn number(&self, name: &str) -> Result<Option<Bytes>> {
        if !self.0.iter().any(|(found, _)| found == name) {
            return Ok(None);
        }
        let text = self.text(name).ok_or(Error::JwkMalformed)?;
        let bytes = Zeroizing::new(LENIENT.decode(text).map_err(|_| Error::JwkMalformed)?);
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        Ok(bytes.get(zeros..).map(|bytes| Zeroizing::new(bytes.to_vec())))
    }

    /// The same, in full length: some writers drop leading zeros.
    fn padded(&self, name: &str) -> Result<Option<Bytes>> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let mut padded = Zeroizing::new(vec![0; LENGTH]);
        let start = LENGTH.checked_sub(number.len()).ok_or(Error::KeyInvalid)?;
        padded.get_mut(start..).ok_or(Error::KeyInvalid)?.copy_from_slice(&number);
        Ok(Some(padded))
    }

    /// RFC 7518, section 6.2.
    fn p256(&self) -> Result<(Container, Bytes)> {
        let point = match (self.padded("x")?, self.padded("y")?) {
            (Some(x), Some(y)) => Some([&[4], x.as_slice(), y.as_slice()].concat()),
            (None, None) => None,
            _ => return Err(Error::JwkMalformed),
        };
        match (self.padded("d")?, point) {
            (Some(scalar), point) => {
                Ok((Container::Pkcs8, container::write_pkcs8(&scalar, point.as_deref())))
            }
            (None, Some(point)) => Ok((Container::Spki, container::write_spki(&point))),
            (None, None) => Err(Error::JwkMalformed),
        }
    }

    /// RFC 7518, section 6.3, as PKCS#1 has it.
    fn rsa(&self) -> Result<(Container, Bytes)> {
        let is_private = self.0.iter().any(|(name, _)| name == "d");
        let names: &[&str] =
            if is_private { &["n", "e", "d", "p", "q", "dp", "dq", "qi"] } else { &["n", "e"] };
        let mut parts = Vec::new();
        if is_private {
            parts.push(der::write_unsigned(&[0]));
        }
        for name in names {
            let number = self.number(name)?.filter(|number| !number.is_empty());
            parts.push(der::write_unsigned(&number.ok_or(Error::JwkMalformed)?));
        }
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
        let container = if is_private { Container::RsaPrivate } else { Container::RsaPublic };
        Ok((container, der::write(tag::SEQUENCE, &parts)))
    }
}
