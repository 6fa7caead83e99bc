//! The findings of a promotion's errors.

use std::fmt;

use super::kinds::display;

/// The flaw in a passport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PassportFlaw {
    /// It is larger than any passport.
    Size,
    /// It is no JSON document of a passport's members: one is missing, unknown, twice or of another type.
    Members,
    /// It says that it is of another version.
    Version,
    /// Its environment has no name of one.
    Environment,
    /// Its `server_version` is no version.
    ServerVersion,
    /// Its `public_key` is no key, or has another fingerprint.
    Key,
    /// Its publisher's identity does not follow from `iss` and `sub`.
    Publisher,
    /// It has no database, too many, one twice, or one whose name or identity is none.
    Databases,
    /// A count has no name of a table, or a table is counted twice.
    Counts,
}

display!(PassportFlaw {
    Size => "it is too large",
    Members => "it is no JSON document with a passport's members",
    Version => "it is of a version that this program does not know",
    Environment => "its environment has no name that can be one",
    ServerVersion => "its `server_version` is no version",
    Key => "its `public_key` is no key, or has another fingerprint",
    Publisher => "its publisher's identity does not follow from issuer and subject",
    Databases => "it has no database, too many, one twice, or one that cannot be",
    Counts => "it counts a table twice, or one that has no name of a table",
});
