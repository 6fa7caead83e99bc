//! Naming what is no text.

use super::block::Content;
use crate::error::Encoding;
use crate::{Error, Result};

/// Refuses what is surely no text in UTF-8, and names it.
pub(super) fn refuse(input: &[u8]) -> Result<()> {
    Err(Error::PemEncoding(match input {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Encoding::Utf16,
        // JKS, and the older JCEKS.
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Encoding::JavaKeyStore,
        [0, b'G', b'I', b'T', b'C', b'R', b'Y', b'P', b'T', 0, ..] => Encoding::GitCrypt,
        _ if is_utf16(input) => Encoding::Utf16,
        _ if is_pkcs12(input) => Encoding::Pkcs12,
        // A SEQUENCE with a length in the long form, or one that fits exactly.
        [0x30, length, rest @ ..]
            if matches!(length, 0x81 | 0x82) || usize::from(*length) == rest.len() =>
        {
            match Content::of(input) {
                // Unlike a certificate, OpenSSL reads it in this form only if it is told so.
                Some(Content::Request) => Encoding::DerRequest,
                Some(content) if content.is_public() => Encoding::DerPublic,
                Some(content) => {
                    content.key()?;
                    Encoding::Der
                }
                None => Encoding::Der,
            }
        }
        _ => return Ok(()),
    }))
}

/// Without a byte order mark: every other byte is zero. All of them are so in a file that was never
/// written to the disk, and runs of them occur in DER.
fn is_utf16(input: &[u8]) -> bool {
    let zeros = |from: usize| input.iter().take(64).skip(from).step_by(2).all(|&byte| byte == 0);
    input.len() > 1 && zeros(0) != zeros(1)
}

/// `PFX ::= SEQUENCE { version 3, authSafe SEQUENCE …`; some tools leave the lengths open.
pub(super) fn is_pkcs12(bytes: &[u8]) -> bool {
    let head = bytes.get(..10).unwrap_or_default();
    head.first() == Some(&0x30) && head.windows(4).any(|four| four == [2, 1, 3, 0x30])
}
