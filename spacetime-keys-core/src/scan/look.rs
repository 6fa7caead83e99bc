//! One look at a text: each anchor in a range, and what stands there.

use std::ops::Range;

use super::anchor::{Anchors, Kind};
use super::token::Begun;
use super::{Form, Wanted, What, bare_key, base64, claims, key, token, uuid};

/// The deepest nesting of encoded texts.
const DEPTH: u8 = 3;

/// Up to where anchors of a kind need no further look: they stand in what one before them has led to.
/// Without it, a text made for that would be read again at each of its anchors.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    token: usize,
    key: usize,
    jwk: usize,
    base64: usize,
}

impl Passed {
    /// The text begins so many bytes later.
    pub(super) fn shift(&mut self, bytes: usize) {
        for passed in [&mut self.token, &mut self.key, &mut self.jwk, &mut self.base64] {
            *passed = passed.saturating_sub(bytes);
        }
    }
}

/// Looks at the anchors that begin in a range. `found` gets their places.
pub(super) fn look(
    text: &[u8],
    range: Range<usize>,
    wanted: Wanted,
    passed: &mut Passed,
    found: &mut dyn FnMut(usize, What),
) {
    Look { text, wanted, depth: DEPTH, passed, found }.look(range);
}

struct Look<'a> {
    text: &'a [u8],
    wanted: Wanted,
    depth: u8,
    passed: &'a mut Passed,
    found: &'a mut dyn FnMut(usize, What),
}

impl Look<'_> {
    fn look(&mut self, range: Range<usize>) {
        let Some(anchors) = Anchors::of(self.wanted) else { return };
        // An anchor that begins in the range may end behind it.
        let end = range.end.saturating_add(MAX_ANCHOR).min(self.text.len());
        let searched = self.text.get(..end).unwrap_or_default();
        let mut from = range.start;
        while let Some((at, kind)) = anchors.next(searched, from) {
            if at >= range.end {
                break;
            }
            self.anchor(at, kind);
            from = at + 1;
        }
        if self.wanted == Wanted::Subjects {
            let found = &mut *self.found;
            uuid::each(self.text, range, |at, uuid| {
                let subject = uuid.to_owned();
                found(at, What::Subject { issuer: None, subject, form: Form::Uuid });
            });
        }
    }

    fn anchor(&mut self, at: usize, kind: Kind) {
        match kind {
            Kind::Token if at >= self.passed.token => self.token(at),
            Kind::Subject => {
                if let Some((issuer, subject)) = claims::at(self.text, at) {
                    (self.found)(at, What::Subject { issuer, subject, form: Form::Claims });
                }
            }
            Kind::Pem if at >= self.passed.key => self.key(at, key::pem(self.text, at)),
            Kind::KeyInBase64 if at >= self.passed.key => {
                self.key(at, bare_key::base64(self.text, at));
            }
            Kind::KeyInDer if at >= self.passed.key => self.key(at, bare_key::der(self.text, at)),
            Kind::Jwk if at >= self.passed.jwk => {
                if let Some((range, key)) = key::jwk(self.text, at) {
                    self.passed.jwk = range.end;
                    if let Some(key) = key {
                        self.passed.key = range.end;
                        (self.found)(range.start, What::PrivateKey(key));
                    }
                }
            }
            Kind::TextInBase64 { before } if at >= self.passed.base64 => self.base64(at, before),
            _ => {}
        }
    }

    fn key(&mut self, at: usize, found: Option<key::Placed>) {
        if let Some((range, key)) = found {
            self.passed.key = range.end.max(at + 1);
            (self.found)(range.start, What::PrivateKey(key));
        }
    }

    fn token(&mut self, at: usize) {
        match self.wanted {
            Wanted::Secrets => match token::whole(self.text, at) {
                Begun::Token(end, token) => {
                    self.passed.token = end;
                    (self.found)(at, What::Token(token));
                }
                Begun::Nothing(end) => self.passed.token = end,
                Begun::Other => {}
            },
            // Of a token that was cut off, the claims may be left, or their beginning.
            Wanted::Subjects => {
                let (end, part) = base64::decoded(self.text, at);
                self.passed.token = end;
                self.inside(at, &part, Some(Form::Token));
            }
        }
    }

    fn base64(&mut self, at: usize, before: usize) {
        let Some(start) = base64::back(self.text, at, before) else { return };
        let (end, text) = base64::decoded(self.text, start);
        self.passed.base64 = end;
        self.inside(at, &text, None);
    }

    /// Looks at a text that stood in this one. `form`: where a subject in it stands.
    fn inside(&mut self, at: usize, text: &[u8], form: Option<Form>) {
        let Some(depth) = self.depth.checked_sub(1) else { return };
        let outer = &mut *self.found;
        let mut found = |_: usize, what: What| {
            outer(
                at,
                match (what, form) {
                    (What::Subject { issuer, subject, .. }, Some(form)) => {
                        What::Subject { issuer, subject, form }
                    }
                    (what, _) => what,
                },
            );
        };
        let mut passed = Passed::default();
        Look { text, wanted: self.wanted, depth, passed: &mut passed, found: &mut found }
            .look(0..text.len());
    }
}

/// No anchor is longer.
pub(super) const MAX_ANCHOR: usize = 32;
