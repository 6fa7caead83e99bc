//! The known words of a log line, with the meaning of each.

use crate::server::Reason;

/// The event that a line reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogEvent {
    /// The self-hosting guide's publisher is done, and well.
    PublishSuccess,
    /// The SpacetimeDB CLI updated a database.
    Updated,
    /// The SpacetimeDB CLI created a database.
    Created,
    /// The self-hosting guide's publisher has failed.
    PublishFailed,
    /// The server refuses the token.
    Refused(Reason),
    /// The token is taken, and its identity may not update the database: 403, from 1.8 on.
    NotAuthorized,
    /// The same from servers before that: 500.
    NotOwner,
    /// The name is registered to another identity: 401.
    NameOfAnother,
    /// Only accounts of spacetimedb.com may create databases on this server: 401.
    AccountNeeded,
    /// The database is locked against deletion, and the publish would delete its data: 403.
    Locked,
    /// The module needs values of its environment that nobody gave: 400.
    EnvironmentMissing,
    /// Somebody else has published meanwhile: 409.
    ModuleChanged,
    /// The server's private key signs nothing: it creates no database.
    CannotIssue,
    /// The server has not started, for its key files.
    KeyFiles(KeyFilesFault),
    /// The server was not reached.
    NoConnection,
    /// A publish was answered with this HTTP status, in words that are none of these.
    Status(u16),
    /// A program, which may be the server at its start, could not read or write a file.
    NoAccess,
    /// Something failed, and nobody said what.
    Error,
}

/// Why a server does not start with its key files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyFilesFault {
    /// A file is there, and holds no key in a form that the server reads. It names no file.
    Form,
    /// The private key is missing or unreadable, and the public one is there.
    Private,
    /// The other way round.
    Public,
    /// Neither could be read.
    Unreadable,
    /// The server was not told where they are.
    NotNamed,
}

impl LogEvent {
    /// Whether a publish succeeded.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::PublishSuccess | Self::Updated | Self::Created)
    }

    /// Whether it tells something of a token: that it is refused, or is not the owner's.
    pub const fn is_about_token(self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::NotAuthorized | Self::NotOwner | Self::NameOfAnother
        )
    }

    /// Whether the token is somebody else's than the database's owner's.
    pub const fn is_not_owner(self) -> bool {
        matches!(self, Self::NotAuthorized | Self::NotOwner | Self::NameOfAnother)
    }

    /// An event that says less than any other in the same attempt.
    pub(super) const fn is_vague(self) -> bool {
        matches!(self, Self::NoConnection | Self::Status(_) | Self::NoAccess | Self::Error)
    }
}

/// How a publish ended. Of several in one line, the first of these is taken for the last word.
const ENDS: [(&str, LogEvent); 4] = [
    ("PUBLISH_FAILED", LogEvent::PublishFailed),
    ("PUBLISH_SUCCESS", LogEvent::PublishSuccess),
    ("Updated database with ", LogEvent::Updated),
    ("Created new database with ", LogEvent::Created),
];

/// Why it failed, or why the server did not start. The first of these that a line has counts.
const CAUSES: [(&str, LogEvent); 18] = [
    ("To create a database, you must be logged in", LogEvent::AccountNeeded),
    ("Database is locked and cannot be", LogEvent::Locked),
    ("VersionConflict", LogEvent::ModuleChanged),
    ("409 Conflict", LogEvent::ModuleChanged),
    ("MissingRequiredEnvironment", LogEvent::EnvironmentMissing),
    ("Missing required environment", LogEvent::EnvironmentMissing),
    ("not authorized to perform action", LogEvent::NotAuthorized),
    ("is not registered to the identity", LogEvent::NameOfAnother),
    ("does not own database", LogEvent::NotOwner),
    ("Unable to read private key", LogEvent::KeyFiles(KeyFilesFault::Private)),
    ("Unable to read public key", LogEvent::KeyFiles(KeyFilesFault::Public)),
    ("couldn't read key from", LogEvent::KeyFiles(KeyFilesFault::Unreadable)),
    ("cannot omit --jwt-", LogEvent::KeyFiles(KeyFilesFault::NotNamed)),
    // The entrypoint of `init --with deploy`, which does not let the server start without them.
    ("reason=keys_missing", LogEvent::KeyFiles(KeyFilesFault::Unreadable)),
    // CLI 1.x, which then advises a login.
    ("is not valid for server", LogEvent::Status(401)),
    ("error sending request for url", LogEvent::NoConnection),
    ("tcp connect error", LogEvent::NoConnection),
    ("error trying to connect", LogEvent::NoConnection),
];

/// A database that is asked for its logs by a stranger says so in nearly the same words (1.2).
const NOT_OF_A_PUBLISH: &str = "does not own database, expected:";

/// The CLI's first words.
const BEGINNINGS: [&str; 4] = [
    "Uploading to ",
    "Publishing module...",
    "Checking for breaking changes",
    "Pre-publish check ",
];

/// A server's words when it has its keys.
const STARTED: &str = "Starting SpacetimeDB listening on";

/// Some words of a line, and what they mean.
pub(super) type Words = (&'static str, LogEvent);

/// The known part of a line, or of its pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) end: Option<Words>,
    pub(super) cause: Option<Words>,
    pub(super) begins: bool,
    pub(super) started: bool,
}

impl Found {
    pub(super) fn in_text(text: &str) -> Self {
        let has = |words: &str| text.contains(words);
        let of = |table: &[Words]| table.iter().find(|(words, _)| has(words)).copied();
        let known =
            of(&CAUSES).filter(|(_, event)| *event != LogEvent::NotOwner || !has(NOT_OF_A_PUBLISH));
        Self {
            end: of(&ENDS),
            cause: known
                .filter(|(_, event)| !event.is_vague())
                .or_else(|| of_key(text))
                .or(known)
                .or_else(|| of_status(text))
                .or_else(|| begins_with_error(text).then(|| of_error(text))),
            begins: BEGINNINGS.iter().any(|words| has(words)),
            started: has(STARTED),
        }
    }

    /// The same line goes on.
    pub(super) fn and(self, more: Self) -> Self {
        let clear = |cause: &Words| !cause.1.is_vague();
        Self {
            end: self.end.or(more.end),
            cause: self
                .cause
                .filter(clear)
                .or(more.cause.filter(clear))
                .or(self.cause)
                .or(more.cause),
            begins: self.begins || more.begins,
            started: self.started || more.started,
        }
    }
}

/// What the JWT library says of keys and tokens. The same words mean a key file where no token is
/// spoken of.
fn of_key(text: &str) -> Option<Words> {
    let of_token =
        ["Invalid token: ", "TokenError(", "Other(", "with status 4", "Authorization is"];
    let of_token = of_token.iter().any(|words| text.contains(words));
    if !of_token {
        for (words, event) in [
            ("InvalidKeyFormat", LogEvent::KeyFiles(KeyFilesFault::Form)),
            ("InvalidEcdsaKey", LogEvent::CannotIssue),
        ] {
            if text.contains(words) {
                return Some((words, event));
            }
        }
    }
    let (words, reason) = Reason::words_in(text)?;
    // Anybody's log may speak of JSON.
    let is_plain = matches!(
        reason,
        Reason::IssuerKeys
            | Reason::InvalidSignature
            | Reason::ExpiredSignature
            | Reason::KeyIdNotFound
            | Reason::IdentityMismatch
    );
    (of_token || is_plain).then_some((words, LogEvent::Refused(reason)))
}

/// `with status 404 Not Found`, `HTTP status server error (502 Bad Gateway)`: as the CLI tells it.
fn of_status(text: &str) -> Option<Words> {
    const BEFORE: [&str; 3] =
        ["with status ", "HTTP status client error (", "HTTP status server error ("];
    let at = |words: &&str| Some(text.find(*words)? + words.len());
    let rest = text.get(BEFORE.iter().find_map(at)?..)?;
    let digits = rest.get(..3).filter(|_| !rest[3..].starts_with(|c: char| c.is_ascii_digit()))?;
    let status = digits.parse().ok().filter(|status| (400..600).contains(status))?;
    Some(("an HTTP status", LogEvent::Status(status)))
}

/// The operating system's words about files (errno 13, 21 and 30).
fn of_error(text: &str) -> Words {
    let of_files = ["(os error 13)", "(os error 21)", "(os error 30)"];
    let found = of_files.iter().find(|words| text.contains(**words));
    found.map_or(("Error:", LogEvent::Error), |words| (*words, LogEvent::NoAccess))
}

/// Whether a program ends with an error here: `Error: …`, after nothing but what a log puts before
/// lines: a container's name, a time.
fn begins_with_error(text: &str) -> bool {
    ["Error: ", "error: "].iter().any(|words| {
        text.find(words).is_some_and(|at| {
            let before = text.get(..at).unwrap_or_default().trim_end();
            let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
            let is_time = last.starts_with(|c: char| c.is_ascii_digit()) && last.contains(':');
            last.is_empty()
                || is_time
                || matches!(last, "|" | "F")
                || last.trim_end_matches(':').ends_with(']')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_as_the_cli_tells_them() {
        for (text, status) in [
            ("Pre-publish check failed with status 401 Unauthorized: x", Some(401)),
            ("HTTP status server error (502 Bad Gateway) for url", Some(502)),
            ("failed with status 4040", None),
            ("failed with status 200", None),
            ("failed with status 40", None),
            ("failed with status 40\u{e9}", None),
        ] {
            let status = status.map(|status| ("an HTTP status", LogEvent::Status(status)));
            assert_eq!(of_status(text), status, "{text}");
        }
    }

    #[test]
    fn a_programs_last_word() {
        for (text, is_end) in [
            ("Error: InvalidKeyFormat", true),
            ("spacetimedb-1  | Error: x", true),
            ("spacetimedb-1  | 2026-11-22T21:53:06.776362Z Error: x", true),
            ("[pod/spacetimedb-0/server] Error: x", true),
            ("Nov 22 04:16:00 host spacetime[123]: Error: x", true),
            ("2026-11-22T21:53:06Z stderr F Error: x", true),
            ("error: could not compile `module`", true),
            ("2026-11-22T21:53:06Z  INFO my_module: Error: x", false),
            ("ERROR x", false),
        ] {
            assert_eq!(begins_with_error(text), is_end, "{text}");
        }
    }
}
