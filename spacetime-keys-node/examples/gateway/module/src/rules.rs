//! What does not depend on the server's version; the module for servers 2.x has this file, too.

/// Why a call is refused, as the caller reads it. The answer is the same for a tenant that does not exist
/// and for one of which the caller is no member.
pub type Reason = &'static str;

pub const UNKNOWN_ACTOR: Reason = "unknown actor";
pub const NOT_A_MEMBER: Reason = "not a member";
pub const NOT_PERMITTED: Reason = "not permitted";
pub const STALE_MEMBERSHIP: Reason = "stale membership";
pub const NO_GRANT: Reason = "no grant";
pub const KEY_REVOKED: Reason = "key revoked";
pub const UNKNOWN_DOCUMENT: Reason = "unknown document";
pub const CONFLICT: Reason = "conflict";
pub const MALFORMED: Reason = "malformed";

/// Each role, and what it permits.
pub const ROLES: [(&str, &[&str]); 3] = [
    ("viewer", &["documents:read"]),
    ("editor", &["documents:read", "documents:write"]),
    ("manager", &["documents:read", "documents:write", "members:write"]),
];

pub const WRITE_DOCUMENTS: &str = "documents:write";
pub const WRITE_MEMBERS: &str = "members:write";

/// The role of a revoked membership. Its row stays, so that its version goes on when it is granted again.
pub const NO_ROLE: &str = "none";

pub fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == name)
}

/// A permission that an API key can have. Members are managed by people.
pub fn is_for_keys(permission: &str) -> bool {
    permission != WRITE_MEMBERS && ROLES.iter().any(|(_, granted)| granted.contains(&permission))
}

/// Bytes: as many as servers allow a token's `sub`.
const LONGEST_ID: usize = 128;
const LONGEST_LINE: usize = 512;
const LONGEST_BODY: usize = 1 << 20;

/// Ids come from callers, and go into audit events and everybody's subscriptions.
pub fn is_id(text: &str) -> bool {
    is_line(text) && text.len() <= LONGEST_ID && text.trim() == text
}

/// A name, a title, a reason.
pub fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_LINE && !text.chars().any(char::is_control)
}

pub fn is_body(text: &str) -> bool {
    text.len() <= LONGEST_BODY
}
