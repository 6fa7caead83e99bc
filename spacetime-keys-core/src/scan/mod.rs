//! Finding keys, tokens and claims in bytes of any kind: logs, histories, backups, databases.
//!
//! A [`Scanner`] is fed with bytes as they come and keeps a small window of them. It searches for a few
//! fixed strings ("anchors"), and takes what stands around one only if it proves to be something: a key
//! that parses, a token that parses. A subject proves nothing by itself; [`Owner`] compares the identity
//! that it gives, [`Ring`] asks whether a key of the fleet signed a token.

mod anchor;
mod bare_key;
mod base64;
mod claims;
mod key;
mod look;
mod owner;
mod reading;
mod ring;
mod token;
mod uuid;
mod window;

use zeroize::Zeroizing;

use crate::VerificationKey;

pub use owner::{Claimed, Owner, claims_of};
pub use ring::{Judged, Ring, Secret, SecretKind};

/// A token, a key or a set of claims that is longer is not found.
pub const MAX_LENGTH: usize = 64 << 10;

/// The kind of thing that a scanner searches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Private keys, and whole tokens.
    Secrets,
    /// Subjects (`sub`): in tokens, whole or cut off, in claims as JSON or other text, and UUIDs.
    Subjects,
}

/// Something in the bytes, and where it begins.
pub struct Found {
    /// Bytes from the beginning of the input; of what is encoded, the place of the encoded text.
    pub offset: u64,
    /// The thing itself.
    pub what: What,
}

/// A thing that a scanner finds. It may be a secret: there is no `Debug`.
pub enum What {
    /// A private key, P-256 or RSA: its public half.
    PrivateKey(VerificationKey),
    /// A compact JWS that can be taken apart. Nothing has been verified.
    Token(Zeroizing<String>),
    /// A text that may be a token's `sub`.
    Subject {
        /// The `iss` beside it, if there is one.
        issuer: Option<String>,
        /// The subject, 1 to 128 bytes.
        subject: String,
        /// The form that it stood in.
        form: Form,
    },
}

/// The form that a subject stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// In a token, or what is left of one.
    Token,
    /// Behind its name (`sub`, `subject`), in JSON or other text.
    Claims,
    /// A UUID by itself: what a server uses for `sub`.
    Uuid,
}

/// Searches bytes that come in pieces. Its memory is bounded, and wiped when dropped.
pub struct Scanner {
    window: window::Window,
}

impl Scanner {
    /// A scanner at the beginning of an input.
    pub fn new(wanted: Wanted) -> Self {
        Self { window: window::Window::new(wanted, window::Size::default()) }
    }

    /// Takes the next bytes. What is found is handed over in the order of its place, but for what is
    /// near the end of these bytes: that comes with the next ones.
    pub fn feed(&mut self, bytes: &[u8], found: &mut dyn FnMut(Found)) {
        self.window.feed(bytes, found);
    }

    /// Bytes that need no look, such as a hole in a sparse file: nothing goes on across them.
    pub fn skip(&mut self, bytes: u64, found: &mut dyn FnMut(Found)) {
        self.window.finish(found);
        self.window.advance(bytes);
    }

    /// The input has ended. The scanner is at the beginning of another one then.
    pub fn finish(&mut self, found: &mut dyn FnMut(Found)) {
        self.window.finish(found);
        self.window.rewind();
    }
}
