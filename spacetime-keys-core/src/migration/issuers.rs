//! The two issuers, and the traps in them.

use super::{Mapped, Sighting, SubjectProblem, check_subject};
use crate::error::Claim;
use crate::jwt::MAX_CLAIM_BYTES;
use crate::{Error, Identity, Result};

/// One of the two issuers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The issuer that is left.
    From,
    /// The issuer that follows.
    To,
}

/// A way from one issuer to another.
#[derive(Clone, Debug)]
pub struct Migration {
    from: String,
    to: String,
    mingles: bool,
}

/// What is allowed, and seldom meant. None of them stops anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trap {
    /// An issuer with a `|`: the separator is not escaped, so that another issuer and subject give
    /// the same identity.
    Separator(Side),
    /// An issuer with blanks or control characters.
    Blank(Side),
    /// An issuer that ends in `/`: without it, the identities are others.
    TrailingSlash(Side),
    /// The two differ by slashes at their ends only.
    SlashesOnly,
    /// Both are the same: users keep their identities, unless their subjects change.
    SameIssuer,
}

impl Trap {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Separator(_) => "ISSUER_SEPARATOR",
            Self::Blank(_) => "ISSUER_BLANK",
            Self::TrailingSlash(_) => "ISSUER_TRAILING_SLASH",
            Self::SlashesOnly => "ISSUERS_DIFFER_BY_SLASHES",
            Self::SameIssuer => "ISSUERS_SAME",
        }
    }

    /// The trap in a sentence.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Separator(Side::From) => {
                "the old issuer has a `|` in it, so another issuer and subject give the same identities. Anyone who controls that issuer can be any of these users"
            }
            Self::Separator(Side::To) => {
                "the new issuer has a `|` in it, so another issuer and subject give the same identities. Anyone who controls that issuer can be any of these users"
            }
            Self::Blank(Side::From) => "the old issuer has blanks or control characters in it",
            Self::Blank(Side::To) => "the new issuer has blanks or control characters in it",
            Self::TrailingSlash(Side::From) => {
                "the old issuer ends in a slash; without it the identities are others: take what the tokens' `iss` says"
            }
            Self::TrailingSlash(Side::To) => {
                "the new issuer ends in a slash; without it the identities are others: take what the tokens' `iss` will say"
            }
            Self::SlashesOnly => {
                "the issuers differ by slashes at their ends only; that is enough for other identities, and servers fetch the same keys for both"
            }
            Self::SameIssuer => {
                "both issuers are the same: only users whose subject changes get another identity"
            }
        }
    }
}

impl Migration {
    /// From and to an issuer (`iss`, as the tokens have it), each 1 to 128 bytes.
    ///
    /// # Errors
    /// [`Error::ClaimInvalid`] if one is empty or over 128 bytes: no server accepts that.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Result<Self> {
        let (from, to) = (from.into(), to.into());
        for issuer in [&from, &to] {
            if issuer.is_empty() || issuer.len() > MAX_CLAIM_BYTES {
                return Err(Error::ClaimInvalid(Claim::Issuer));
            }
        }
        let goes_on = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
        };
        let mingles = goes_on(&from, &to) || goes_on(&to, &from);
        Ok(Self { from, to, mingles })
    }

    /// The traps of the two issuers.
    pub fn traps(&self) -> Vec<Trap> {
        let same = self.from == self.to;
        let bare = |issuer: &str| issuer.trim_end_matches('/').len();
        let slashes_only =
            !same && self.from.get(..bare(&self.from)) == self.to.get(..bare(&self.to));
        let mut traps = Vec::new();
        if same {
            traps.push(Trap::SameIssuer);
        }
        if slashes_only {
            traps.push(Trap::SlashesOnly);
        }
        for (side, issuer) in [(Side::From, &self.from), (Side::To, &self.to)] {
            if same && side == Side::To {
                break;
            }
            if issuer.contains('|') {
                traps.push(Trap::Separator(side));
            }
            if issuer.chars().any(|c| c.is_whitespace() || c.is_control()) {
                traps.push(Trap::Blank(side));
            }
            if issuer.ends_with('/') && !slashes_only {
                traps.push(Trap::TrailingSlash(side));
            }
        }
        traps
    }

    /// Whether an old identity can be a new one, too: with the same issuer on both sides, or with
    /// one that is the other and goes on with a `|`.
    pub const fn mingles(&self) -> bool {
        self.mingles
    }

    /// The identities of a user, of whom both subjects (`sub`) are known. They are the same unless
    /// the new issuer gives out its own.
    ///
    /// # Errors
    /// What is wrong with one of the subjects.
    pub fn map(&self, old: &str, new: &str) -> Result<Mapped, SubjectProblem> {
        check_subject(old)?;
        if old != new {
            check_subject(new)?;
        }
        Ok(Mapped {
            old: Identity::from_claims(&self.from, old),
            new: Identity::from_claims(&self.to, new),
        })
    }

    /// As [`Self::map`], of many users (the old subject and the new one of each), in their order: several
    /// at a time, and so several times as fast.
    pub fn map_many(&self, users: &[(&str, &str)]) -> Vec<Result<Mapped, SubjectProblem>> {
        let (old, new): (Vec<&str>, Vec<&str>) = users.iter().copied().unzip();
        let old = Identity::from_subjects(&self.from, &old);
        let new = Identity::from_subjects(&self.to, &new);
        let checked = users.iter().map(|(old, new)| {
            check_subject(old)?;
            if old == new { Ok(()) } else { check_subject(new) }
        });
        let mapped = old.into_iter().zip(new).map(|(old, new)| Mapped { old, new });
        checked.zip(mapped).map(|(checked, mapped)| checked.map(|()| mapped)).collect()
    }

    /// What [`Clashes`](super::Clashes) needs to know of a row: one sighting, or two if the user's
    /// subject changes. `line` says where the row is; `new` is its new subject.
    pub fn sight(
        &self,
        line: u64,
        mapped: &Mapped,
        subject_changes: bool,
        new: &str,
    ) -> (Sighting, Option<Sighting>) {
        // Where no old identity can be a new one, new subjects are looked up as if they were old
        // ones: a user whose subject stays is then seen once, not twice.
        let taken = if self.mingles {
            mapped.new
        } else if subject_changes {
            Identity::from_claims(&self.from, new)
        } else {
            mapped.old
        };
        Sighting::of(line, mapped.old, taken)
    }
}
