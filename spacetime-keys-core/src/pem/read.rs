//! From bytes to the one key in them: through JSON and base64, as often as they are wrapped around it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::block::{Block, Content};
use super::{Oddity, armour, binary, elsewhere, json};
use crate::error::Encoding;
use crate::key::container::names_p256;
use crate::{Error, Result};

/// The deepest nesting of texts.
const DEPTH: u8 = 4;

const BOM: char = '\u{feff}';

/// With padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Finds the one key in what a file or a vault holds.
pub(crate) fn decode(input: &[u8]) -> Result<Block> {
    binary::refuse(input)?;
    let text = str::from_utf8(input).map_err(|_| Error::PemEncoding(Encoding::Binary))?;
    read(text, DEPTH)
}

/// Finds the one key in a text. `depth`: how often it may be wrapped.
pub(super) fn read(text: &str, depth: u8) -> Result<Block> {
    let bare = text.trim_matches(is_blank);
    if bare.is_empty() {
        return Err(Error::PemEmpty);
    }
    let mut block = read_bare(bare, depth)?;
    if text.starts_with(BOM) {
        block = block.and(Oddity::ByteOrderMark);
    }
    if text.contains('\r') {
        block = block.and(Oddity::CarriageReturns);
    }
    Ok(block)
}

fn read_bare(bare: &str, depth: u8) -> Result<Block> {
    let deeper = depth.checked_sub(1);
    if bare.starts_with(['{', '[', '"'])
        && let Some(depth) = deeper
        && let Some(read) = json::read(bare, depth)
    {
        return read;
    }
    if let Some(what) = elsewhere::name(bare) {
        return Err(Error::PemEncoding(what));
    }
    if bare.contains(armour::BEGIN) {
        return armour::read(bare);
    }
    let encoding = if bare.contains("ENC[AES256_GCM,") {
        Encoding::Sops
    } else if bare.starts_with('{') {
        Encoding::Json
    } else if bare.contains('\0') {
        Encoding::Binary
    } else {
        let depth = deeper.ok_or(Error::PemMissing)?;
        return match read_base64(bare, depth) {
            Err(Error::PemMissing) => {
                read_assigned(bare, depth).map(|block| block.and(Oddity::SurroundingText))
            }
            read => read,
        };
    };
    Err(Error::PemEncoding(encoding))
}

/// Base64 that is assigned to a name: all of a text, or what one of its lines has.
fn read_assigned(bare: &str, depth: u8) -> Result<Block> {
    let all = value(bare).map(|value| read_base64(value, depth));
    if let Some(read) = all.filter(|read| !matches!(read, Err(Error::PemMissing))) {
        return read;
    }
    let mut found = Err(Error::PemMissing);
    for value in bare.lines().filter_map(value) {
        match (read_base64(value, depth), &found) {
            (Err(Error::PemMissing), _) => {}
            (read, Err(Error::PemMissing)) => found = read,
            _ => return Err(Error::PemSeveral),
        }
    }
    found
}

/// The value that is assigned to a name, as in a file of environment variables or in YAML.
fn value(bare: &str) -> Option<&str> {
    let (name, value) = bare.split_once(['=', ':'])?;
    let name = name.trim().trim_start_matches("export ");
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let value = value.trim_matches(|c| is_blank(c) || c == '"' || c == '\'');
    (!name.is_empty() && name.chars().all(is_name) && !value.is_empty()).then_some(value)
}

/// Base64 of a container, or of a text that holds a key.
fn read_base64(text: &str, depth: u8) -> Result<Block> {
    if text.contains(armour::DASHES) {
        return Err(Error::PemMissing); // half of the armour is there
    }
    let mut packed = Zeroizing::new(String::with_capacity(text.len()));
    // Both alphabets.
    packed.extend(text.chars().filter(|&c| !is_blank(c)).map(|c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    }));
    let Some(bytes) = decoded(&packed) else {
        // What is there of a text whose end is missing may be known all the same.
        let whole = packed.len() - packed.len() % 4;
        let begin = packed.get(..whole).and_then(decoded).unwrap_or_default();
        return Err(if is_key(&begin) { Error::PemCutOff } else { Error::PemMissing });
    };
    if binary::is_pkcs12(&bytes) {
        return Err(Error::PemEncoding(Encoding::Pkcs12InBase64));
    }
    if let Some(content) = Content::of(&bytes) {
        let container = content.key()?;
        return Ok(Block { container, der: bytes, text_oddities: vec![Oddity::NoArmour] });
    }
    match str::from_utf8(&bytes) {
        Ok(text) => match read(text, depth) {
            Ok(block) => Ok(block.and(Oddity::Base64)),
            Err(Error::PemEmpty) => Err(Error::PemMissing),
            Err(error) => Err(error),
        },
        Err(_) if is_key(&bytes) => Err(Error::PemCutOff),
        Err(_) => Err(Error::PemMissing),
    }
}

fn decoded(packed: &str) -> Option<Zeroizing<Vec<u8>>> {
    LENIENT.decode(packed).ok().map(Zeroizing::new)
}

/// Whether these bytes are a PEM text's first ones, or those of a P-256 key's container.
fn is_key(bytes: &[u8]) -> bool {
    bytes.starts_with(armour::BEGIN.as_bytes()) || names_p256(bytes)
}

pub(super) const fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == BOM
}

pub(super) fn has_text(outside: &str) -> bool {
    outside.chars().any(|c| !is_blank(c))
}
