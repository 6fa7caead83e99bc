//! The fixed strings that a scanner searches for.

use std::sync::LazyLock;

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD_NO_PAD;
use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;

use super::Wanted;

/// The thing that begins, or is, at an anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of a JWT: `{"` in base64url, RFC 7515.
    Token,
    /// The name of a claim: `sub`, or `subject`.
    Subject,
    /// A PEM block.
    Pem,
    /// A JSON Web Key: its member `kty`.
    Jwk,
    /// The private number of a P-256 key in DER, in base64.
    KeyInBase64,
    /// The same as bytes.
    KeyInDer,
    /// Base64 of a text that has one of the others: where the group of four begins, before the anchor.
    TextInBase64 {
        /// Characters from there to the anchor.
        before: usize,
    },
}

/// Anchors, and a searcher for all of them at once.
pub(super) struct Anchors {
    kinds: Vec<Kind>,
    searcher: AhoCorasick,
}

/// `version 1, privateKey OCTET STRING` of 32 bytes (RFC 5915), which stands in PKCS#8, too.
const PRIVATE_NUMBER: [u8; 5] = [2, 1, 1, 4, 32];
const BEGIN: &str = "-----BEGIN";
/// What headers of JWTs, and the claims of a server's own, begin with; of each enough characters not to
/// be met by chance.
const TOKENS: [&str; 4] = ["eyJhbGciOi", "eyJ0eXAiOi", "eyJraWQiOi", "eyJoZXhfaWRl"];

static SECRETS: LazyLock<Option<Anchors>> = LazyLock::new(|| {
    let mut list = List::default();
    list.add("eyJ", Kind::Token);
    list.add(BEGIN, Kind::Pem);
    list.add("kty", Kind::Jwk);
    list.add(PRIVATE_NUMBER, Kind::KeyInDer);
    for (text, _) in in_base64(&PRIVATE_NUMBER) {
        list.add(text, Kind::KeyInBase64);
    }
    list.add_texts();
    for (text, before) in in_base64(BEGIN.as_bytes()) {
        // Secrets of Kubernetes are base64, whatever is in them.
        for (twice, before) in in_base64(text.as_bytes()) {
            list.add(twice, Kind::TextInBase64 { before });
        }
        list.add(text, Kind::TextInBase64 { before });
    }
    list.into_anchors()
});

static SUBJECTS: LazyLock<Option<Anchors>> = LazyLock::new(|| {
    let mut list = List::default();
    list.add("eyJ", Kind::Token);
    list.add("sub", Kind::Subject);
    list.add_texts();
    list.into_anchors()
});

impl Anchors {
    /// Those for what is wanted. `None` cannot be: the strings are fixed, and a test builds them.
    pub(super) fn of(wanted: Wanted) -> Option<&'static Self> {
        match wanted {
            Wanted::Secrets => SECRETS.as_ref(),
            Wanted::Subjects => SUBJECTS.as_ref(),
        }
    }

    /// The place and kind of the next anchor.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<(usize, Kind)> {
        let found = self.searcher.find(text.get(from..)?)?;
        let kind = self.kinds.get(found.pattern().as_usize())?;
        Some((from + found.start(), *kind))
    }
}

#[derive(Default)]
struct List(Vec<(Vec<u8>, Kind)>);

impl List {
    fn add(&mut self, pattern: impl Into<Vec<u8>>, kind: Kind) {
        self.0.push((pattern.into(), kind));
    }

    /// Base64 of the beginnings of tokens.
    fn add_texts(&mut self) {
        for token in TOKENS {
            for (text, before) in in_base64(token.as_bytes()) {
                self.add(text, Kind::TextInBase64 { before });
            }
        }
    }

    fn into_anchors(self) -> Option<Anchors> {
        let (patterns, kinds): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        let searcher =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(patterns).ok()?;
        Some(Anchors { kinds, searcher })
    }
}

/// What a text is in base64, wherever in a group of three bytes it begins: the characters that hang on
/// only that, and how many of its first group stand before them.
fn in_base64(text: &[u8]) -> impl Iterator<Item = (String, usize)> {
    [(0, 0), (1, 2), (2, 3)]
        .map(|(shift, before)| {
            let encoded = STANDARD_NO_PAD.encode([vec![0; shift], text.to_vec()].concat());
            let whole = (shift + text.len()) * 8 / 6;
            (encoded.get(before..whole).unwrap_or_default().to_owned(), before)
        })
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sets_are_built() {
        for wanted in [Wanted::Secrets, Wanted::Subjects] {
            let anchors = Anchors::of(wanted).unwrap();
            assert!(matches!(anchors.next(b"a eyJ", 0), Some((2, Kind::Token))));
            assert!(anchors.next(b"nothing", 0).is_none());
        }
    }

    #[test]
    fn base64_of_a_text_has_its_anchor_at_each_place() {
        for shift in 0..3 {
            let text = STANDARD_NO_PAD.encode(["x".repeat(shift).as_str(), BEGIN, "y"].concat());
            let found = in_base64(BEGIN.as_bytes()).filter(|(anchor, _)| text.contains(anchor));
            let found: Vec<_> = found.collect();
            assert_eq!(found.len(), 1);
            let (anchor, before) = &found[0];
            assert_eq!((text.find(anchor).unwrap() - before) % 4, 0);
        }
    }
}
