//! From one issuer to another: every user's old and new identity.
//!
//! An app that leaves its identity provider keeps its users and changes their `iss`, and with it
//! all their identities. Here is what a tool needs to relink them: the identities, row by row and
//! in bulk, what is wrong with a row or with the two issuers, and which users would become one.
//! Where rows come from, and how they are sorted, is the caller's.

mod clashes;
mod damage;
mod issuers;

pub use clashes::{Clash, ClashKind, Clashes, Sighting};
pub use damage::{Damage, damage};
pub use issuers::{Migration, Side, Trap};

use crate::jwt::MAX_CLAIM_BYTES;
use crate::{Identity, parallel};

/// A user's two identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Under the issuer that is left.
    pub old: Identity,
    /// Under the issuer that follows.
    pub new: Identity,
}

/// Why a subject cannot be mapped. Which one it is stays unsaid: it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectProblem {
    /// No server accepts an empty `sub`.
    #[error("a subject is empty")]
    Empty,
    /// No server accepts a longer `sub`.
    #[error("a subject has more than {MAX_CLAIM_BYTES} bytes")]
    TooLong,
    /// A server would take it, but it is damage: text in UTF-16, or padding. No database keeps it
    /// as text.
    #[error("a subject has a NUL character in it")]
    Nul,
}

impl SubjectProblem {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "ERR_SUBJECT_EMPTY",
            Self::TooLong => "ERR_SUBJECT_TOO_LONG",
            Self::Nul => "ERR_SUBJECT_NUL",
        }
    }
}

/// Whether a server accepts this `sub`, and a database can keep it.
///
/// # Errors
/// The first [`SubjectProblem`] that it has.
pub fn check_subject(subject: &str) -> Result<(), SubjectProblem> {
    if subject.is_empty() {
        Err(SubjectProblem::Empty)
    } else if subject.len() > MAX_CLAIM_BYTES {
        Err(SubjectProblem::TooLong)
    } else if subject.as_bytes().contains(&0) {
        Err(SubjectProblem::Nul)
    } else {
        Ok(())
    }
}

/// Whether a subject has what seldom belongs to it: blanks at an end, control characters, a byte
/// order mark. It is a subject like any other, and gives an identity that nobody may have.
pub fn is_odd(subject: &str) -> bool {
    // Nearly all have only `!` to `~`. Told without a way out of the loop, so that the compiler
    // takes many bytes at a time.
    subject.bytes().fold(0, |most, byte| most.max(byte.wrapping_sub(b'!'))) > b'~' - b'!'
        && (subject.trim().len() != subject.len()
            || subject.chars().any(|c| c.is_control() || c == '\u{feff}'))
}

/// The identities of many subjects of one issuer, in their order, on all processors.
///
/// Any strings are taken, as by [`Identity::from_claims`].
pub fn derive_many<S: AsRef<str> + Sync>(issuer: &str, subjects: &[S]) -> Vec<Identity> {
    /// Subjects that one thread takes at a time.
    const PART: usize = 1024;
    /// Fewer parts are done before another thread has started.
    const WORTH_A_THREAD: usize = 8;

    let parts: Vec<&[S]> = subjects.chunks(PART).collect();
    let derived = parallel::map(&parts, WORTH_A_THREAD, |part| {
        let subjects: Vec<&str> = part.iter().map(AsRef::as_ref).collect();
        Identity::from_subjects(issuer, &subjects)
    });
    derived.concat()
}
