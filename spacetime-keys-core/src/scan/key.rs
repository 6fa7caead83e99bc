//! Private keys in PEM and as JSON Web Keys.

use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

use super::reading::{percent_decoded, readings, utf8};
use crate::pem;
use crate::{PrivateKey, RsaPublicKey, VerificationKey};

/// The member that says which kind of key a JWK is (RFC 7517, section 4.1).
const KTY: &str = "kty";

/// A key, and where its text stands.
pub(super) type Placed = (Range<usize>, VerificationKey);

/// Larger than any key: RSA of 8192 bits, with headers and escapes.
const BLOCK: usize = 16 << 10;
/// A label and the dashes around it, escaped.
const LABEL: usize = 80;
/// On either side of a member of a JWK; RSA's are the largest.
const JWK: usize = 8 << 10;

/// The public half of the private key that a text holds, if it holds one and nothing else.
pub(super) fn private(text: &str) -> Option<VerificationKey> {
    let block = pem::decode(text.as_bytes()).ok()?;
    if !block.container.is_private() {
        None
    } else if RsaPublicKey::is_in(&block) {
        VerificationKey::of_either_pem(text).ok()
    } else {
        let (key, _) = PrivateKey::from_block(&block).ok()?;
        Some(key.public_key().clone().into())
    }
}

/// The key of the PEM block that begins there.
pub(super) fn pem(text: &[u8], at: usize) -> Option<Placed> {
    let block = text.get(at..text.len().min(at.saturating_add(BLOCK)))?;
    let label = block.get(..LABEL.min(block.len()))?;
    memmem::find(label, b"PRIVATE")?;
    let end = memmem::find(block, b"-----END")?;
    let again = memmem::find(block.get(1..)?, b"-----BEGIN");
    if again.is_some_and(|again| again < end) {
        return None;
    }
    let label = block.get(end + 5..block.len().min(end + LABEL))?;
    let end = end + 5 + memmem::find(label, b"-----")? + 5;
    let block = utf8(block.get(..end)?)?;
    let found = prefix(text, at)
        .and_then(|prefix| without_prefix(block, prefix))
        .and_then(|block| private(&block))
        .or_else(|| readings(block).iter().find_map(|block| private(block)))
        .or_else(|| private(&percent_decoded(&form(block)?)))?;
    Some((at..at + end, found))
}

/// A block in a form of HTML (`application/x-www-form-urlencoded`), where `+` stands for a blank.
fn form(block: &str) -> Option<Zeroizing<String>> {
    block.starts_with("-----BEGIN+").then(|| Zeroizing::new(block.replace('+', " ")))
}

/// What stands before a block on its line, such as a comment's sign, a quotation's, or a diff's.
fn prefix(text: &[u8], at: usize) -> Option<&str> {
    const LONGEST: usize = 64;
    let start = at.saturating_sub(LONGEST);
    let before = text.get(start..at)?;
    let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    utf8(before.get(line..)?).filter(|prefix| !prefix.trim().is_empty())
}

/// A block without what each of its lines begins with.
fn without_prefix(block: &str, prefix: &str) -> Option<Zeroizing<String>> {
    let mut lines = block.lines();
    let mut text = Zeroizing::new(String::with_capacity(block.len()));
    text.push_str(lines.next()?);
    for line in lines {
        text.push('\n');
        text.push_str(line.strip_prefix(prefix)?);
    }
    text.contains('\n').then_some(text)
}

/// The object around the member `kty` there, and its private key, if it has one.
pub(super) fn jwk(text: &[u8], at: usize) -> Option<(Range<usize>, Option<VerificationKey>)> {
    let before = text.get(at.saturating_sub(JWK)..at)?;
    let after = text.get(at..text.len().min(at.saturating_add(JWK)))?;
    // A member's name has a quote behind it, which tells how braces are written.
    let (opening, closing): (&[&[u8]], &[&[u8]]) = match text.get(at + KTY.len())? {
        b'"' | b'\\' | b'&' => (&[b"{"], &[b"}"]),
        b'%' => (&[b"%7B", b"%7b"], &[b"%7D", b"%7d"]),
        _ => return None,
    };
    let open = opening.iter().filter_map(|sign| memmem::rfind(before, sign)).max()?;
    let open = before.len() - open;
    let close =
        closing.iter().filter_map(|sign| Some(memmem::find(after, sign)? + sign.len())).min()?;
    let range = at - open..at + close;
    let object = utf8(text.get(range.clone())?)?;
    let key = readings(object).iter().find_map(|text| private(text));
    Some((range, key))
}
