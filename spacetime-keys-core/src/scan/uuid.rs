//! UUIDs (RFC 9562, section 4).

use std::ops::Range;

use memchr::memchr_iter;

/// `8-4-4-4-12` hexadecimal digits.
const LENGTH: usize = 36;
/// The places of the hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Each UUID that begins in a range, of either case.
pub(super) fn each(text: &[u8], range: Range<usize>, mut found: impl FnMut(usize, &str)) {
    let [first, ..] = HYPHENS;
    let end = range.end.saturating_add(first).min(text.len());
    let from = range.start.saturating_add(first);
    for hyphen in memchr_iter(b'-', text.get(from..end).unwrap_or_default()) {
        let at = range.start + hyphen;
        let candidate = text.get(at..).and_then(|text| text.get(..LENGTH));
        if let Some(uuid) = candidate.filter(|text| is_uuid(text))
            && let Ok(uuid) = str::from_utf8(uuid)
        {
            found(at, uuid);
        }
    }
}

fn is_uuid(text: &[u8]) -> bool {
    let [_, rest @ ..] = HYPHENS;
    // Hyphens first: they are what other text with one lacks.
    rest.iter().all(|&at| text.get(at) == Some(&b'-'))
        && text
            .iter()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_hexdigit() || HYPHENS.contains(&at))
}
