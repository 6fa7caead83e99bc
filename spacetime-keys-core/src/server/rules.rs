use std::fmt;

use crate::jwks::shape::Generation;
use crate::{Error, Result};

/// A set of rules by which servers judge tokens, named after a version that has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rules {
    /// Servers 1.0 to 1.8: `spacetimedb-jsonwebtoken` 9.3, claims that they do not know are
    /// skipped unread.
    V1_2,
    /// Servers 1.9 to 2.11: the same library, claims that they do not know are kept. Measured up
    /// to 2.8.3.
    V2_8,
    /// Servers from 2.12: `jsonwebtoken` 11.
    #[default]
    V2_14,
}

impl Rules {
    /// All, from the oldest on.
    pub const ALL: [Self; 3] = [Self::V1_2, Self::V2_8, Self::V2_14];

    /// The rules of a server's version: `1.2`, `2.8.3`, `v2.14.0-rc1`. Versions later than those
    /// known have the newest rules.
    ///
    /// # Errors
    /// [`Error::ServerVersion`] if it is no version.
    pub fn of_version(version: &str) -> Result<Self> {
        let version = version.trim();
        let numbers = version.strip_prefix('v').unwrap_or(version);
        let mut parts = numbers.split(['.', '-', '+']).map(str::parse::<u32>);
        let major = parts.next().and_then(Result::ok).ok_or(Error::ServerVersion)?;
        let minor = match parts.next() {
            None => None,
            Some(minor) => Some(minor.map_err(|_| Error::ServerVersion)?),
        };
        Ok(match (major, minor) {
            (0, _) => return Err(Error::ServerVersion),
            (1, None | Some(0..=8)) => Self::V1_2,
            (1, _) | (2, Some(0..=11)) => Self::V2_8,
            // A bare `2` is whatever is newest of it.
            _ => Self::V2_14,
        })
    }

    /// `1.2`, `2.8` or `2.14`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V2_8 => "2.8",
            Self::V2_14 => "2.14",
        }
    }

    pub(crate) const fn generation(self) -> Generation {
        match self {
            Self::V1_2 | Self::V2_8 => Generation::Nine,
            Self::V2_14 => Generation::Eleven,
        }
    }

    pub(super) const fn keeps_unknown_claims(self) -> bool {
        !matches!(self, Self::V1_2)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Rules {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A server's wording of its refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wording {
    /// Servers 1.x print their errors as programmers do: `TokenError(Error(InvalidSignature))`.
    Debug,
    /// Servers from 2.0 on: `Invalid token: InvalidSignature`. (The first of them were still as 1.x.)
    #[default]
    Plain,
}

impl Wording {
    /// The words of a server's version, which [`Rules::of_version`] takes, too.
    ///
    /// # Errors
    /// [`Error::ServerVersion`] if it is no version.
    pub fn of_version(version: &str) -> Result<Self> {
        Rules::of_version(version)?;
        let version = version.trim();
        let major = version.strip_prefix('v').unwrap_or(version).split(['.', '-', '+']).next();
        Ok(if major == Some("1") { Self::Debug } else { Self::Plain })
    }
}

impl From<Rules> for Wording {
    /// The words of the version that the rules are named after.
    fn from(rules: Rules) -> Self {
        match rules {
            Rules::V1_2 => Self::Debug,
            Rules::V2_8 | Rules::V2_14 => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let table = [
            ("1.0", Rules::V1_2),
            ("1", Rules::V1_2),
            ("1.2", Rules::V1_2),
            ("1.2.0", Rules::V1_2),
            ("1.8.9", Rules::V1_2),
            ("1.9.0", Rules::V2_8),
            ("1.12", Rules::V2_8),
            ("2.0.0", Rules::V2_8),
            ("2.8.3", Rules::V2_8),
            ("2.11.9", Rules::V2_8),
            ("2.12", Rules::V2_14),
            ("v2.14.0", Rules::V2_14),
            ("2.14.0-rc1", Rules::V2_14),
            ("2", Rules::V2_14),
            ("3.0", Rules::V2_14),
        ];
        for (version, rules) in table {
            assert_eq!(Rules::of_version(version), Ok(rules), "{version}");
            assert_eq!(Rules::of_version(rules.name()), Ok(rules));
        }
        for (version, wording) in [
            ("1.2", Wording::Debug),
            ("v1.12.0", Wording::Debug),
            ("1", Wording::Debug),
            ("2.0.0", Wording::Plain),
            ("2.8.3", Wording::Plain),
            ("2.14.0-rc1", Wording::Plain),
            ("10.1", Wording::Plain),
        ] {
            assert_eq!(Wording::of_version(version), Ok(wording), "{version}");
        }
        for rules in Rules::ALL {
            assert_eq!(Wording::of_version(rules.name()), Ok(Wording::from(rules)));
        }
        for bad in ["", "v", "two", "2.x", "0.9", "2..1", "-1", "1,2", " "] {
            assert_eq!(Rules::of_version(bad), Err(Error::ServerVersion), "{bad}");
        }
    }
}
