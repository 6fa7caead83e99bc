//! The content of a text: one container in DER.

use zeroize::Zeroizing;

use super::Oddity;
use crate::der::{Reader, tag};
use crate::error::Found;
use crate::{Error, Result};

/// What a block holds. The DER says it; its label only where that is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// PKCS#8, which belongs under `PRIVATE KEY`.
    Pkcs8,
    /// SEC1: `EC PRIVATE KEY`.
    Sec1,
    /// SPKI: `PUBLIC KEY`.
    Spki,
    /// PKCS#1: `RSA PRIVATE KEY`.
    RsaPrivate,
    /// PKCS#1: `RSA PUBLIC KEY`.
    RsaPublic,
}

impl Container {
    /// Whether it is for a private key.
    pub(crate) const fn is_private(self) -> bool {
        matches!(self, Self::Pkcs8 | Self::Sec1 | Self::RsaPrivate)
    }
}

/// One decoded container. Wiped when dropped, for it may be a private key.
pub(crate) struct Block {
    pub(crate) container: Container,
    pub(crate) der: Zeroizing<Vec<u8>>,
    pub(super) text_oddities: Vec<Oddity>,
}

impl Block {
    /// Adds what was odd about the text around the DER. If the input differs from the canonical
    /// text and nothing else says why, it is the layout of its lines.
    pub(crate) fn add_text_oddities(
        &self,
        input: &[u8],
        canonical: &str,
        mended: &mut Vec<Oddity>,
    ) {
        mended.extend(&self.text_oddities);
        if mended.is_empty() && input != canonical.as_bytes() {
            mended.push(Oddity::LineLayout);
        }
        mended.sort_unstable();
        mended.dedup();
    }

    /// The same block, and one more thing that is odd about its text.
    pub(super) fn and(mut self, oddity: Oddity) -> Self {
        self.text_oddities.push(oddity);
        self
    }
}

/// The kind of a DER value.
pub(super) enum Content {
    /// A key's container.
    Key(Container),
    /// A private key under a password.
    Encrypted,
    /// A certificate.
    Certificate,
    /// A request for one.
    Request,
}

impl Content {
    /// Whether it is a public key's container.
    pub(super) const fn is_public(&self) -> bool {
        matches!(self, Self::Key(container) if !container.is_private())
    }

    /// The container, or what stands in a key's place.
    pub(super) const fn key(self) -> Result<Container> {
        match self {
            Self::Key(container) => Ok(container),
            Self::Encrypted => Err(Error::KeyUnsupported(Found::Encrypted)),
            Self::Certificate => Err(Error::KeyUnsupported(Found::Certificate)),
            Self::Request => Err(Error::KeyUnsupported(Found::CertificateRequest)),
        }
    }

    /// Looks at the outermost values. `None`: DER of another kind, or damaged.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let mut outer = Reader::new(der);
        let mut body = outer.nested(tag::SEQUENCE).filter(|_| outer.is_empty())?;
        if body.optional(tag::INTEGER).is_none() {
            let mut first = body.nested(tag::SEQUENCE)?;
            let (second, _) = body.any()?;
            return match (second, first.optional(tag::OID)) {
                (tag::BIT_STRING, Some(_)) => Some(Self::Key(Container::Spki)),
                (tag::OCTET_STRING, Some(_)) => Some(Self::Encrypted),
                // Its version, which is 0; a certificate's stands in a tag of its own (RFC 2986, 5280).
                (tag::SEQUENCE, None) if first.optional(tag::INTEGER) == Some(&[0]) => {
                    Some(Self::Request)
                }
                (tag::SEQUENCE, None) => Some(Self::Certificate),
                _ => None,
            };
        }
        // Behind the version, or the first number.
        let (second, _) = body.any()?;
        let third = body.any().map(|(tag, _)| tag);
        match (second, third) {
            (tag::SEQUENCE, Some(tag::OCTET_STRING)) => Some(Self::Key(Container::Pkcs8)),
            (tag::OCTET_STRING, _) => Some(Self::Key(Container::Sec1)),
            (tag::INTEGER, None) => Some(Self::Key(Container::RsaPublic)),
            // Of the nine numbers of an RSA key, the third is the exponent. DSA has six.
            (tag::INTEGER, Some(tag::INTEGER)) if count(body) == 6 => {
                Some(Self::Key(Container::RsaPrivate))
            }
            _ => None,
        }
    }
}

/// How many values are left.
fn count(mut body: Reader<'_>) -> usize {
    std::iter::from_fn(|| body.any()).count()
}
