use std::fmt;

/// What a gate looks at. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GateName {
    /// Whether data may go from the one environment to the other.
    Order,
    /// Whether the passport's databases are its publisher's.
    Owner,
    /// Whether the destination has a key of its own.
    Key,
    /// Whether no server runs on the data.
    Stopped,
    /// Whether no private key and no token of the source lies in the data or beside it.
    Secrets,
    /// Whether a server answers.
    Server,
    /// Whether it is no older than the source.
    Version,
    /// Whether its key is the mounted one.
    ServedKey,
    /// Whether that is another one than the source's.
    ForeignKey,
    /// Whether the mounted key has signed the token.
    Token,
    /// Whether the source's key has not: there the token is refused.
    ForeignToken,
    /// Whether the token is the publisher's.
    Publisher,
    /// Whether the server takes it for the publisher's.
    Accepted,
    /// Whether a database has the same identity and the same owner.
    Database,
    /// Whether a publish would update it.
    Publish,
    /// Whether a table has as many rows.
    Count,
    /// Whether nobody else gets at key and token.
    Modes,
}

impl GateName {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Owner => "owner",
            Self::Key => "key",
            Self::Stopped => "stopped",
            Self::Secrets => "secrets",
            Self::Server => "server",
            Self::Version => "version",
            Self::ServedKey => "served_key",
            Self::ForeignKey => "foreign_key",
            Self::Token => "token",
            Self::ForeignToken => "foreign_token",
            Self::Publisher => "publisher",
            Self::Accepted => "accepted",
            Self::Database => "database",
            Self::Publish => "publish",
            Self::Count => "count",
            Self::Modes => "modes",
        }
    }
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for GateName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing that must be so for a promotion to stand.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Gate {
    /// The gate's name.
    pub name: GateName,
    /// The database that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Whether it is so. What could not be seen is not.
    pub ok: bool,
    /// The finding.
    pub detail: String,
}

impl Gate {
    /// A gate that is about no database.
    pub fn new(name: GateName, ok: bool, detail: impl Into<String>) -> Self {
        Self { name, database: None, ok, detail: detail.into() }
    }

    /// The same of a database.
    #[must_use]
    pub fn of(self, database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..self }
    }
}
