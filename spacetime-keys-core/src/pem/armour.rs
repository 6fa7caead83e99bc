//! Blocks between `BEGIN` and `END` lines.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, Zeroizing};

use super::Oddity;
use super::block::{Block, Container, Content};
use super::read::{has_text, is_blank};
use crate::error::Found;
use crate::{Error, Result};

pub(super) const BEGIN: &str = "-----BEGIN ";
pub(super) const END: &str = "-----END ";
pub(super) const DASHES: &str = "-----";

/// The kind of block that a label names.
enum Label {
    /// A key in this container.
    Key(Container),
    /// A key, in a way that is no standard.
    OtherKey,
    /// A block that is refused in a key's place.
    Refused(Found),
    /// A block that may stand beside a key.
    Beside(Found),
    /// The curve, which OpenSSL writes before a SEC1 key; the key names it, too.
    Parameters,
}

/// Finds the one key in a text with blocks.
pub(super) fn read(text: &str) -> Result<Block> {
    let mut oddities = Vec::new();
    let unescaped = unescaped(text);
    if unescaped.is_some() {
        oddities.push(Oddity::EscapedNewlines);
    }
    let text = unescaped.as_ref().map_or(text, |text| text.as_str());
    let mut found = None;
    let mut beside = None;
    let mut rest = text;
    let mut around = false;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        around |= has_text(before);
        let (label, after) = after.split_once(DASHES).ok_or(Error::PemCutOff)?;
        let (body, after) = after.split_once(END).ok_or(Error::PemCutOff)?;
        let (end_label, after) = after.split_once(DASHES).ok_or(Error::PemCutOff)?;
        if label.trim() != end_label.trim() || body.contains(DASHES) {
            return Err(Error::PemCutOff);
        }
        rest = after;
        match Label::of(label.trim(), body) {
            // A server takes the first block for the key.
            Label::Parameters => oddities.push(Oddity::Sec1),
            Label::Beside(what) => {
                beside = beside.or(Some(what));
                let is_first = found.is_none();
                oddities.push(if is_first { Oddity::OtherBlockFirst } else { Oddity::OtherBlocks });
            }
            label => {
                let block = (label, body);
                if found.replace(block).is_some() {
                    return Err(Error::PemSeveral);
                }
            }
        }
    }
    around |= has_text(rest);
    if around {
        oddities.push(Oddity::SurroundingText);
    }
    let Some((label, body)) = found else {
        let parameters = oddities.contains(&Oddity::Sec1).then_some(Found::ParametersOnly);
        let what = beside.or(parameters);
        return Err(what.map_or(Error::PemMissing, Error::KeyUnsupported));
    };
    if let Label::Refused(what @ (Found::Encrypted | Found::OpenSsh)) = label {
        return Err(Error::KeyUnsupported(what));
    }
    let headless = without_headers(body);
    if headless.is_some() {
        oddities.push(Oddity::SurroundingText);
    }
    let body = headless.unwrap_or(body);
    if body.trim_matches(is_blank).contains([' ', '\t']) || !body.contains(['\n', '\r']) {
        oddities.push(Oddity::LineLayout);
    }
    let der = bytes_of(body)?;
    let content = Content::of(&der);
    let container = match (label, content) {
        (Label::Key(named), Some(Content::Key(container))) => {
            if named != container {
                oddities.push(Oddity::WrongLabel);
            }
            container
        }
        (Label::Key(named), None) => named,
        // A key of EC in any case, for PKCS#1 and what DSA has are nearly the same.
        (
            _,
            Some(Content::Key(container @ (Container::Pkcs8 | Container::Sec1 | Container::Spki))),
        ) => {
            oddities.push(Oddity::WrongLabel);
            container
        }
        (Label::Refused(what), _) => return Err(Error::KeyUnsupported(what)),
        (_, Some(content @ (Content::Encrypted | Content::Certificate | Content::Request))) => {
            content.key()?
        }
        _ => return Err(Error::KeyUnsupported(Found::OtherLabel)),
    };
    Ok(Block { container, der, text_oddities: oddities })
}

/// A vault's or a shell's `\n`, and `\\n` where it was escaped twice, as line ends. Base64 has no
/// backslash; a comment beside the block may (`C:\new`), and does no harm there.
fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    let block = text.find(BEGIN).zip(text.rfind(END)).and_then(|(begin, end)| text.get(begin..end));
    if !block.is_some_and(|block| block.contains("\\n") || block.contains("\\r")) {
        return None;
    }
    let mut unescaped = text.replace("\\\\", "\\");
    for escape in ["\\r\\n", "\\n", "\\r"] {
        let next = unescaped.replace(escape, "\n");
        unescaped.zeroize();
        unescaped = next;
    }
    Some(Zeroizing::new(unescaped))
}

/// What follows the headers (RFC 1421, section 4.4) and the empty line after them, if there are any.
fn without_headers(body: &str) -> Option<&str> {
    let (headers, rest) = body.split_once("\n\n").or_else(|| body.split_once("\r\n\r\n"))?;
    let is_header = |line: &str| line.starts_with([' ', '\t']) || line.contains(": ");
    let mut lines = headers.lines().filter(|line| has_text(line)).peekable();
    (lines.peek().is_some() && lines.all(is_header)).then_some(rest)
}

/// The bytes of a block's base64 text.
fn bytes_of(body: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut packed = Zeroizing::new(String::with_capacity(body.len()));
    packed.extend(body.chars().filter(|&c| !is_blank(c)));
    let bytes = STANDARD.decode(packed.as_bytes()).map_err(|_| {
        let strange = packed.chars().any(|c| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
        if strange { Error::PemBase64 } else { Error::PemCutOff }
    })?;
    Ok(Zeroizing::new(bytes))
}

impl Label {
    /// Labels by RFC 7468 and by OpenSSL's custom.
    fn of(label: &str, body: &str) -> Self {
        // RFC 1421 headers: `Proc-Type: 4,ENCRYPTED`. A colon is no base64.
        if body.contains("ENCRYPTED") && body.contains(':') {
            return Self::Refused(Found::Encrypted);
        }
        match label {
            "PRIVATE KEY" => Self::Key(Container::Pkcs8),
            "EC PRIVATE KEY" => Self::Key(Container::Sec1),
            "PUBLIC KEY" => Self::Key(Container::Spki),
            "RSA PRIVATE KEY" => Self::Key(Container::RsaPrivate),
            "RSA PUBLIC KEY" => Self::Key(Container::RsaPublic),
            "EC PARAMETERS" => Self::Parameters,
            "ENCRYPTED PRIVATE KEY" => Self::Refused(Found::Encrypted),
            "OPENSSH PRIVATE KEY" => Self::Refused(Found::OpenSsh),
            "DSA PRIVATE KEY" => Self::Refused(Found::Dsa),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                Self::Beside(Found::Certificate)
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                Self::Beside(Found::CertificateRequest)
            }
            label if label.ends_with("PRIVATE KEY") || label.ends_with("PUBLIC KEY") => {
                Self::OtherKey
            }
            _ => Self::Beside(Found::OtherLabel),
        }
    }
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
