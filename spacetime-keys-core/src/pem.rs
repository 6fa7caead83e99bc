//! PEM (RFC 7468): reading what vaults, portals, YAML and environment variables leave of it, and
//! writing it in one form.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Encoding, Found};
use crate::{Error, PrivateKey, PublicKey, Result};

/// Something about a key's text that differs from the canonical form, and was mended on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Oddity {
    /// A UTF-8 byte order mark.
    ByteOrderMark,
    /// Lines that end in CR LF or CR.
    CarriageReturns,
    /// A backslash and an `n` where a line should end.
    EscapedNewlines,
    /// Text before or after the block; quotes around it among that.
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
    /// What a server does with such a file.
    pub const fn effect(self) -> Effect {
        match self {
            Self::ByteOrderMark
            | Self::CarriageReturns
            | Self::SurroundingText
            | Self::LineLayout => Effect::Harmless,
            // `ring`, which servers to 2.8 sign with, takes attributes but neither version 2
            // nor a short scalar: the worst of them stands for all.
            Self::NoPublicKeyInside
            | Self::CompressedPoint
            | Self::ExplicitParameters
            | Self::OtherEncoding => Effect::StartsBroken,
            Self::EscapedNewlines | Self::Sec1 => Effect::RefusesToStart,
        }
    }
}

/// The worst that a server does with a file that has these oddities.
pub fn worst_effect(oddities: &[Oddity]) -> Effect {
    oddities.iter().map(|oddity| oddity.effect()).max().unwrap_or(Effect::Harmless)
}

/// Which half of a pair a PEM text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// `PRIVATE KEY` or `EC PRIVATE KEY`.
    Private,
    /// `PUBLIC KEY`.
    Public,
}

/// A key's text in canonical form.
pub struct Normalized {
    /// The text: LF, 64 columns, one newline at the end.
    pub pem: Zeroizing<String>,
    /// Which half of the pair it is.
    pub half: Half,
    /// What was mended; empty if the input was canonical.
    pub mended: Vec<Oddity>,
}

/// Brings a P-256 key's PEM text into canonical form: PKCS#8 with the public key inside
/// (`PRIVATE KEY`) or uncompressed, named-curve SPKI (`PUBLIC KEY`), as OpenSSL 3 writes them.
///
/// Mends CRLF, CR, a byte order mark, literal `\n`, everything on one line, spaces for newlines,
/// quotes around it, blanks at line ends, indentation, text around the block; SEC1 (with an
/// `EC PARAMETERS` block too), a missing embedded public key, compressed points and written-out
/// parameters. The result, normalized again, is the same.
///
/// # Errors
/// Whatever cannot be known is refused and named: no block, a cut-off one, two keys, an encrypted
/// or OpenSSH key, a certificate, another curve or algorithm.
pub fn normalize(input: &[u8]) -> Result<Normalized> {
    let block = decode(input)?;
    let (half, (pem, mut mended)) = match block.label {
        Label::Public => (Half::Public, {
            let (key, oddities) = PublicKey::from_block(&block)?;
            (Zeroizing::new(key.to_pem()), oddities)
        }),
        Label::Private | Label::Sec1 => (Half::Private, {
            let (key, oddities) = PrivateKey::from_block(&block)?;
            (key.to_pem(), oddities)
        }),
        Label::RsaPublic | Label::RsaPrivate => return Err(Error::KeyUnsupported(Found::Rsa)),
    };
    block.add_text_oddities(input, &pem, &mut mended);
    Ok(Normalized { pem, half, mended })
}

/// A label that can hold a key of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// `PRIVATE KEY`: PKCS#8.
    Private,
    /// `EC PRIVATE KEY`: SEC1.
    Sec1,
    /// `PUBLIC KEY`: SPKI.
    Public,
    /// `RSA PRIVATE KEY`: PKCS#1.
    RsaPrivate,
    /// `RSA PUBLIC KEY`: PKCS#1.
    RsaPublic,
}

/// One decoded block. Wiped when dropped, for it may be a private key.
pub(crate) struct Block {
    pub(crate) label: Label,
    pub(crate) der: Zeroizing<Vec<u8>>,
    text_oddities: Vec<Oddity>,
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
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const BOM: char = '\u{feff}';

/// Finds the one key in a PEM text.
pub(crate) fn decode(input: &[u8]) -> Result<Block> {
    let text = as_text(input)?;
    let mut text_oddities = Vec::new();
    if text.starts_with(BOM) {
        text_oddities.push(Oddity::ByteOrderMark);
    }
    if text.contains('\r') {
        text_oddities.push(Oddity::CarriageReturns);
    }
    // A vault's or a shell's `\n`, and `\\n` where it was escaped twice. Base64 has no backslash;
    // a comment beside the block may (`C:\new`), and does no harm there.
    let block = text.find(BEGIN).zip(text.rfind(END)).and_then(|(begin, end)| text.get(begin..end));
    let text = if block.is_some_and(|block| block.contains("\\n") || block.contains("\\r")) {
        text_oddities.push(Oddity::EscapedNewlines);
        let mut unescaped = text.replace("\\\\", "\\");
        for escape in ["\\r\\n", "\\n", "\\r"] {
            let next = unescaped.replace(escape, "\n");
            unescaped.zeroize();
            unescaped = next;
        }
        Zeroizing::new(unescaped)
    } else {
        Zeroizing::new(text.to_owned())
    };

    let mut found = None;
    let mut rest = text.as_str();
    let mut around = false;
    let mut parameters = false;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        around |= has_text(before);
        let (label, after) = after.split_once(DASHES).ok_or(Error::PemCutOff)?;
        let (body, after) = after.split_once(END).ok_or(Error::PemCutOff)?;
        let (end_label, after) = after.split_once(DASHES).ok_or(Error::PemCutOff)?;
        if label.trim() != end_label.trim() || body.contains(DASHES) {
            return Err(Error::PemCutOff);
        }
        rest = after;
        if label.trim() == "EC PARAMETERS" {
            // OpenSSL writes the curve before a SEC1 key; the key names the curve, too.
            parameters = true;
            continue;
        }
        let block = (known_label(label.trim(), body)?, body);
        if found.replace(block).is_some() {
            return Err(Error::PemSeveral);
        }
    }
    around |= has_text(rest);
    if around {
        text_oddities.push(Oddity::SurroundingText);
    }
    if parameters {
        text_oddities.push(Oddity::Sec1); // a server takes the first block for the key
    }
    let (label, body) = found.ok_or(if parameters {
        Error::KeyUnsupported(Found::ParametersOnly)
    } else {
        Error::PemMissing
    })?;
    if body.trim_matches(is_blank).contains([' ', '\t']) || !body.contains(['\n', '\r']) {
        text_oddities.push(Oddity::LineLayout);
    }

    let mut packed = Zeroizing::new(String::with_capacity(body.len()));
    packed.extend(body.chars().filter(|&c| !is_blank(c)));
    let der = Zeroizing::new(STANDARD.decode(packed.as_bytes()).map_err(|_| {
        let strange = packed.chars().any(|c| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
        if strange { Error::PemBase64 } else { Error::PemCutOff }
    })?);
    Ok(Block { label, der, text_oddities })
}

const fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == BOM
}

fn has_text(outside: &str) -> bool {
    outside.chars().any(|c| !is_blank(c))
}

/// The input as text, or what it is instead.
fn as_text(input: &[u8]) -> Result<&str> {
    if input.starts_with(&[0xff, 0xfe]) || input.starts_with(&[0xfe, 0xff]) {
        return Err(Error::PemEncoding(Encoding::Utf16));
    }
    // Without a byte order mark: every other byte is zero. All of them are so in a file that was
    // never written to the disk, and runs of them occur in DER.
    let zeros = |from: usize| input.iter().take(64).skip(from).step_by(2).all(|&byte| byte == 0);
    if input.len() > 1 && zeros(0) != zeros(1) {
        return Err(Error::PemEncoding(Encoding::Utf16));
    }
    // DER: a SEQUENCE with a length in the long form, or one that fits exactly.
    if let [0x30, length, rest @ ..] = input
        && (matches!(length, 0x81 | 0x82) || usize::from(*length) == rest.len())
    {
        return Err(Error::PemEncoding(Encoding::Der));
    }
    let text = str::from_utf8(input).map_err(|_| Error::PemEncoding(Encoding::Binary))?;
    let bare = text.trim_matches(is_blank);
    if bare.is_empty() {
        return Err(Error::PemEmpty);
    }
    if !text.contains(BEGIN) {
        if bare.starts_with('{') {
            return Err(Error::PemEncoding(Encoding::Jwk));
        }
        if bare.starts_with("ssh-") || bare.starts_with("ecdsa-sha2-") {
            return Err(Error::PemEncoding(Encoding::OpenSshPublic));
        }
        if bare.contains('\0') {
            return Err(Error::PemEncoding(Encoding::Binary));
        }
    }
    Ok(text)
}

/// Labels by RFC 7468 and by OpenSSL's custom.
fn known_label(label: &str, body: &str) -> Result<Label> {
    // RFC 1421 headers: `Proc-Type: 4,ENCRYPTED`. A colon is no base64.
    if body.contains("ENCRYPTED") && body.contains(':') {
        return Err(Error::KeyUnsupported(Found::Encrypted));
    }
    Err(Error::KeyUnsupported(match label {
        "PRIVATE KEY" => return Ok(Label::Private),
        "EC PRIVATE KEY" => return Ok(Label::Sec1),
        "PUBLIC KEY" => return Ok(Label::Public),
        "ENCRYPTED PRIVATE KEY" => Found::Encrypted,
        "OPENSSH PRIVATE KEY" => Found::OpenSsh,
        "RSA PRIVATE KEY" => return Ok(Label::RsaPrivate),
        "RSA PUBLIC KEY" => return Ok(Label::RsaPublic),
        "DSA PRIVATE KEY" => Found::Dsa,
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Found::Certificate,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Found::CertificateRequest,
        _ => Found::OtherLabel,
    }))
}

/// Writes a block: lines of 64, LF, one newline at the end.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    // Room for all at once, so that no half-filled buffer with key material is left behind.
    let mut pem = Zeroizing::new(String::with_capacity(2 * der.len() + 2 * label.len() + 64));
    let body = Zeroizing::new(STANDARD.encode(der));
    for part in [BEGIN, label, DASHES, "\n"] {
        pem.push_str(part);
    }
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    for part in [END, label, DASHES, "\n"] {
        pem.push_str(part);
    }
    pem
}
