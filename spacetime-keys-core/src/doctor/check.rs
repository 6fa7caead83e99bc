use std::fmt;

use serde::ser::SerializeStruct;

use crate::advice::Advice;

/// What a check looks at. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CheckName {
    /// Whether a SpacetimeDB server answers.
    Server,
    /// Whether its version is known.
    Version,
    /// Whether the key that the server uses is the mounted one.
    ServedKey,
    /// Whether the mounted files hold a pair.
    MountedKeys,
    /// Whether the server can work with their form.
    KeyForm,
    /// Whether only the right users can read the mounted files.
    KeyMode,
    /// Whether the key store can be read.
    Store,
    /// Whether a run was cut short.
    Run,
    /// The project's files: whether they let publishes have a token.
    Project,
    /// Whether the SpacetimeDB CLI's file can be read.
    CliToml,
    /// Whether there is a token, of a kind that a server reads.
    Token,
    /// Whose key signed it.
    TokenSignature,
    /// Whether it has expired.
    TokenExpiry,
    /// The server's own answer to the token.
    TokenAccepted,
    /// Whether the token is another server's.
    SharedCliToml,
    /// The server's public key in `cli.toml`.
    ServerKey,
    /// Whether the database that should be its parent is there.
    Parent,
    /// Whether the database is there.
    Database,
    /// Whether the token's identity owns the database.
    Owner,
    /// Whether the owner's claims are kept.
    Escrow,
    /// The content of the log.
    Log,
}

impl CheckName {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Version => "version",
            Self::ServedKey => "served_key",
            Self::MountedKeys => "mounted_keys",
            Self::KeyForm => "key_form",
            Self::KeyMode => "key_mode",
            Self::Store => "store",
            Self::Run => "run",
            Self::Project => "project",
            Self::CliToml => "cli_toml",
            Self::Token => "token",
            Self::TokenSignature => "token_signature",
            Self::TokenExpiry => "token_expiry",
            Self::TokenAccepted => "token_accepted",
            Self::SharedCliToml => "shared_cli_toml",
            Self::ServerKey => "server_key",
            Self::Parent => "parent",
            Self::Database => "database",
            Self::Owner => "owner",
            Self::Escrow => "escrow",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// All is well.
    Good,
    /// Worth knowing; a publish does not suffer.
    Warning,
    /// Broken, now or at the server's next start.
    Broken,
    /// It could not be seen.
    Unseen,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The check's name.
    pub name: CheckName,
    /// The check's result.
    pub state: State,
    /// The finding. If something was not looked at, also the flag that names it.
    pub detail: Advice,
    /// What it means and what to do; `None` if nothing is to be done. In JSON it stands in the
    /// program's commands.
    pub hint: Option<Advice>,
}

impl Check {
    pub(super) fn good(name: CheckName, detail: impl Into<Advice>) -> Self {
        Self { name, state: State::Good, detail: detail.into(), hint: None }
    }

    pub(super) fn unseen(name: CheckName, detail: impl Into<Advice>) -> Self {
        Self { name, state: State::Unseen, detail: detail.into(), hint: None }
    }

    pub(super) fn broken(
        name: CheckName,
        detail: impl Into<Advice>,
        hint: impl Into<Advice>,
    ) -> Self {
        Self { name, state: State::Broken, detail: detail.into(), hint: Some(hint.into()) }
    }

    pub(super) fn warning(
        name: CheckName,
        detail: impl Into<Advice>,
        hint: impl Into<Advice>,
    ) -> Self {
        Self { state: State::Warning, ..Self::broken(name, detail, hint) }
    }

    pub(super) fn with_hint(self, hint: impl Into<Advice>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// `true`, `false`, or `None` where it could not be seen.
    pub const fn ok(&self) -> Option<bool> {
        match self.state {
            State::Good => Some(true),
            State::Warning | State::Broken => Some(false),
            State::Unseen => None,
        }
    }

    /// `warning` or `error`, where it is not as it should be.
    pub const fn severity(&self) -> Option<&'static str> {
        match self.state {
            State::Good | State::Unseen => None,
            State::Warning => Some("warning"),
            State::Broken => Some("error"),
        }
    }
}

impl serde::Serialize for Check {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Check", 5)?;
        fields.serialize_field("name", self.name.as_str())?;
        fields.serialize_field("ok", &self.ok())?;
        fields.serialize_field("severity", &self.severity())?;
        fields.serialize_field("detail", &self.detail)?;
        fields.serialize_field("hint", &self.hint)?;
        fields.end()
    }
}
