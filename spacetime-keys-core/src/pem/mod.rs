//! PEM (RFC 7468): reading what vaults, portals, YAML and environment variables leave of it, and
//! writing it in one form. Other forms of a key are read, too, where they can be nothing else.

mod armour;
mod binary;
mod block;
mod elsewhere;
mod json;
mod jwk;
mod read;

use zeroize::Zeroizing;

use crate::error::Found;
use crate::{Error, PrivateKey, PublicKey, Result};

pub(crate) use armour::encode;
pub(crate) use block::{Block, Container};
pub(crate) use json::unescaped;
pub(crate) use read::decode;

/// Something about a key's text that differs from the canonical form, and was repaired on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Oddity {
    /// A UTF-8 byte order mark.
    ByteOrderMark,
    /// Lines that end in CR LF or CR.
    CarriageReturns,
    /// A backslash and an `n` where a line should end, or another escape of JSON or a shell.
    EscapedNewlines,
    /// Text before or after the block; quotes and JSON around it among that.
    SurroundingText,
    /// The base64 text is not in lines of 64: one line, or spaces where lines should end.
    LineLayout,
    /// SEC1 (`EC PRIVATE KEY`, RFC 5915) instead of PKCS#8, or the `EC PARAMETERS` block that
    /// OpenSSL writes before such a key.
    Sec1,
    /// A private key without the public key inside.
    NoPublicKeyInside,
    /// A public key as compressed point.
    CompressedPoint,
    /// The curve's parameters written out instead of its name.
    ExplicitParameters,
    /// Another difference in the DER encoding, such as attributes.
    OtherEncoding,
    /// The label names another container than the one that is there.
    WrongLabel,
    /// Blocks of another kind, such as certificates, come after the key.
    OtherBlocks,
    /// Such a block comes before the key.
    OtherBlockFirst,
    /// The whole text is base64 once more.
    Base64,
    /// Base64 without its `BEGIN` and `END` lines.
    NoArmour,
    /// A JSON Web Key.
    Jwk,
    /// A JSON document with the key in one of its strings.
    Json,
}

/// What a SpacetimeDB server does with a key file that has an [`Oddity`] (measured on 1.2.0 and
/// 2.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It reads the key all the same.
    Harmless,
    /// It starts, but the tokens that it issues are refused, or it cannot issue any.
    StartsBroken,
    /// It refuses to start: `InvalidKeyFormat`.
    RefusesToStart,
}

impl Oddity {
    /// A server's behaviour with such a file.
    pub const fn effect(self) -> Effect {
        match self {
            Self::ByteOrderMark
            | Self::CarriageReturns
            | Self::SurroundingText
            | Self::LineLayout
            | Self::OtherBlocks
            // Where such a document hurts, it is by its escapes, or by what the string is.
            | Self::Json => Effect::Harmless,
            // `ring`, which servers to 2.8 sign with, takes attributes but neither version 2
            // nor a short scalar: the worst of them stands for all.
            Self::NoPublicKeyInside
            | Self::CompressedPoint
            | Self::ExplicitParameters
            | Self::OtherEncoding => Effect::StartsBroken,
            // A server goes by the first block and its label. It takes a certificate for a public
            // key, and no private one.
            Self::EscapedNewlines
            | Self::Sec1
            | Self::WrongLabel
            | Self::OtherBlockFirst
            | Self::Base64
            | Self::NoArmour
            | Self::Jwk => Effect::RefusesToStart,
        }
    }

    /// The form of the whole text, if it is no PEM block.
    pub const fn form(self) -> Option<&'static str> {
        match self {
            Self::Base64 => Some("base64 of the key's text"),
            Self::NoArmour => Some("base64 without its BEGIN and END lines"),
            Self::Jwk => Some("a JSON Web Key"),
            Self::Json => Some("a string in a JSON document"),
            _ => None,
        }
    }

    /// Whether more than one key may stand in such a text, so that something is lost with the rest
    /// of it.
    pub const fn holds_more(self) -> bool {
        matches!(self, Self::OtherBlocks | Self::OtherBlockFirst | Self::Json)
    }
}

/// The worst that a server does with a file that has these oddities.
pub fn worst_effect(oddities: &[Oddity]) -> Effect {
    oddities.iter().map(|oddity| oddity.effect()).max().unwrap_or(Effect::Harmless)
}

/// The half of a pair that a PEM text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// `PRIVATE KEY` or `EC PRIVATE KEY`.
    Private,
    /// `PUBLIC KEY`.
    Public,
}

impl std::fmt::Display for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Public => "public",
        })
    }
}

/// A key's text in canonical form.
pub struct Normalized {
    /// The text: LF, 64 columns, one newline at the end.
    pub pem: Zeroizing<String>,
    /// The half of the pair that it is.
    pub half: Half,
    /// The oddities that were repaired; empty if the input was canonical.
    pub mended: Vec<Oddity>,
}

/// Brings a P-256 key's PEM text into canonical form: PKCS#8 with the public key inside
/// (`PRIVATE KEY`) or uncompressed, named-curve SPKI (`PUBLIC KEY`), as OpenSSL 3 writes them.
///
/// Repairs CRLF, CR, a byte order mark, literal `\n`, everything on one line, spaces for newlines,
/// quotes around it, blanks at line ends, indentation, text around the block; SEC1 (with an
/// `EC PARAMETERS` block too), a missing embedded public key, compressed points and written-out
/// parameters; a label that names another container, certificates beside the key; base64 of all of
/// it, a body without `BEGIN` and `END`, a JWK or a set of one, a JSON document with one key in its
/// strings. The result, normalized again, is the same.
///
/// # Errors
/// Whatever cannot be known is refused and named: no key, a cut-off one, two keys, an encrypted or
/// OpenSSH key, a certificate without one, another curve or algorithm, a binary file.
pub fn normalize(input: &[u8]) -> Result<Normalized> {
    let block = decode(input)?;
    let (half, (pem, mut mended)) = match block.container {
        Container::Spki => (Half::Public, {
            let (key, oddities) = PublicKey::from_block(&block)?;
            (Zeroizing::new(key.to_pem()), oddities)
        }),
        Container::Pkcs8 | Container::Sec1 => (Half::Private, {
            let (key, oddities) = PrivateKey::from_block(&block)?;
            (key.to_pem(), oddities)
        }),
        Container::RsaPublic | Container::RsaPrivate => {
            return Err(Error::KeyUnsupported(Found::Rsa));
        }
    };
    block.add_text_oddities(input, &pem, &mut mended);
    Ok(Normalized { pem, half, mended })
}
