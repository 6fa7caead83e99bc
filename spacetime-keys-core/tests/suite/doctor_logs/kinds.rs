//! Lines as they stand in real logs, of every kind, and what each comes to.

use super::BY_CLI;
use spacetime_keys_core::doctor::{KeyFilesFault, LogEvent, Outcome};
use spacetime_keys_core::server::Reason;

const WHO: &str = "c200824422f76c45df85cdd48fba24af4e8e0a034dd0dc1523c7eec7dd066948";

pub(super) type Kind = (String, LogEvent, Option<Outcome>, Option<u16>);

/// Each with outcome and status.
pub(super) fn kinds() -> Vec<Kind> {
    [refusals(), failures(), starts(), reasons()].concat()
}

/// By an owner's rules, and about neither token nor owner.
fn refusals() -> Vec<Kind> {
    let on =
        format!("{WHO} is not authorized to perform action on database {WHO}: update database");
    let account = "To create a database, you must be logged in with a SpacetimeDB account.";
    let locked =
        "Database is locked and cannot be reset with --delete-data. Run `spacetime unlock`";
    let missing = r#"{"EnvironmentError":{"MissingRequiredEnvironment":{"keys":["API_KEY"]}}}"#;
    let conflict = r#"{"EnvironmentError":{"VersionConflict":"x"}}"#;
    [
        (format!("{BY_CLI} 403 Forbidden: {on}"), LogEvent::NotAuthorized, Outcome::NotOwner, 403),
        (
            format!("Permission denied: `{WHO}` does not own database `c200311808393e10`"),
            LogEvent::NotOwner,
            Outcome::NotOwner,
            500,
        ),
        (
            "Error: The database name app is not registered to the identity you provided.".into(),
            LogEvent::NameOfAnother,
            Outcome::NotOwner,
            401,
        ),
        (
            format!("{BY_CLI} 401 Unauthorized: {account}"),
            LogEvent::AccountNeeded,
            Outcome::Unauthorized,
            401,
        ),
        (format!("Error: {locked}"), LogEvent::Locked, Outcome::BadRequest, 403),
        (format!("Error: {missing}"), LogEvent::EnvironmentMissing, Outcome::BadRequest, 400),
        (
            "Error: Missing required environment variable(s) [\"API_KEY\"]".into(),
            LogEvent::EnvironmentMissing,
            Outcome::BadRequest,
            400,
        ),
        (
            "Error: HTTP status client error (409 Conflict) for url".into(),
            LogEvent::ModuleChanged,
            Outcome::BadRequest,
            409,
        ),
        (conflict.into(), LogEvent::ModuleChanged, Outcome::BadRequest, 409),
    ]
    .map(|(line, event, outcome, status)| (line, event, Some(outcome), Some(status)))
    .into()
}

/// Without words of a server's, or by the server's own fault.
fn failures() -> Vec<Kind> {
    let status = |words: &str| format!("{BY_CLI} {words}");
    let malformed = status("400 Bad Request: Authorization is invalid: malformed token");
    let unreached = "Error: error sending request for url (http://127.0.0.1:3000/v1/database/app)";
    vec![
        (
            status("500 Internal Server Error: InvalidEcdsaKey"),
            LogEvent::CannotIssue,
            Some(Outcome::Unauthorized),
            Some(500),
        ),
        (
            format!("Error: Identity {WHO} is not valid for server mine."),
            LogEvent::Status(401),
            Some(Outcome::Unauthorized),
            Some(401),
        ),
        (
            status("401 Unauthorized: something new"),
            LogEvent::Status(401),
            Some(Outcome::Unauthorized),
            Some(401),
        ),
        (status("403 Forbidden: <html>"), LogEvent::Status(403), Some(Outcome::Proxy), Some(403)),
        (
            "Error: HTTP status server error (502 Bad Gateway) for url".into(),
            LogEvent::Status(502),
            Some(Outcome::Proxy),
            Some(502),
        ),
        (malformed, LogEvent::Refused(Reason::Missing), Some(Outcome::BadRequest), Some(400)),
        (status("404 Not Found: x"), LogEvent::Status(404), None, None),
        (unreached.into(), LogEvent::NoConnection, Some(Outcome::Unreachable), None),
        ("Error: Permission denied (os error 13)".into(), LogEvent::NoAccess, None, None),
        ("error: could not compile `module` (lib)".into(), LogEvent::Error, None, None),
    ]
}

/// A server that does not start, for its key files.
fn starts() -> Vec<Kind> {
    let omitted = "cannot omit --jwt-{pub,priv}-key-path when those options are not specified";
    [
        ("InvalidKeyFormat", KeyFilesFault::Form),
        ("Unable to read private key for JWT token signing", KeyFilesFault::Private),
        ("Unable to read public key for JWT token verification", KeyFilesFault::Public),
        ("couldn't read key from \"/etc/spacetimedb/id_ecdsa\"", KeyFilesFault::Unreadable),
        (omitted, KeyFilesFault::NotNamed),
        // The kit's entrypoint says so in the place of a server, behind its `PUBLISH_FAILED`.
        ("reason=keys_missing", KeyFilesFault::Unreadable),
    ]
    .map(|(words, fault)| {
        (format!("Error: {words}"), LogEvent::KeyFiles(fault), Some(Outcome::Unreachable), None)
    })
    .into()
}

/// Each reason in the words of both generations, as it is and as the CLI passes it on.
fn reasons() -> Vec<Kind> {
    let refused = |words: String, reason: Reason| {
        (words, LogEvent::Refused(reason), Some(Outcome::Unauthorized), Some(401))
    };
    let mut kinds = Vec::new();
    for (debug, plain, reason) in [
        ("InvalidSignature", "InvalidSignature", Reason::InvalidSignature),
        ("ExpiredSignature", "ExpiredSignature", Reason::ExpiredSignature),
        ("InvalidToken", "InvalidToken", Reason::InvalidToken),
        ("InvalidAlgorithm", "InvalidAlgorithm", Reason::InvalidAlgorithm),
        (
            "Base64(InvalidByte(0, 34))",
            "Base64 error: Invalid symbol 34, offset 0.",
            Reason::Base64,
        ),
        (
            "Json(Error(\"missing field `iat`\", line: 1, column: 9))",
            "JSON error: missing field `iat` at line 1 column 9",
            Reason::Json,
        ),
        (
            "MissingRequiredClaim(\"sub\")",
            "Missing required claim: sub",
            Reason::MissingRequiredClaim,
        ),
    ] {
        kinds.push(refused(format!("TokenError(Error({debug}))"), reason));
        kinds.push(refused(format!("Invalid token: {plain}"), reason));
        kinds.push(refused(format!("{BY_CLI} 401 Unauthorized: Invalid token: {plain}"), reason));
    }
    for words in ["KeyIDNotFound", "Specified key ID not found in JWKs"] {
        kinds.push(refused(words.to_owned(), Reason::KeyIdNotFound));
    }
    for words in [
        "Error fetching public key for issuer https://a.example",
        "Identity mismatch: token identity Identity(c2) does not match",
        "Issuer too long: \"",
        "Subject too long: \"",
        "Issuer empty",
        "Subject empty",
        "No kid found",
    ] {
        let reason = Reason::in_text(words).unwrap();
        kinds.push(refused(format!("Other({words})"), reason));
        kinds.push(refused(format!("{BY_CLI} 401 Unauthorized: {words}"), reason));
    }
    kinds
}
