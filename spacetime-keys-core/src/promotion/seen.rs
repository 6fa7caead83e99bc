use super::{DatabaseFacts, Gate, GateName, Table};
use crate::doctor::{Outcome, Reply, TokenAnswer};
use crate::es256::Verifier;
use crate::jwt::{Publisher, Token};
use crate::{Fingerprint, Identity, PublicKey, Result};

/// What was seen of a destination. [`Default`]: nothing at all.
#[derive(Debug, Default)]
pub struct Seen {
    /// The server's version, if one answered.
    pub version: Option<String>,
    /// Why none did, in words.
    pub unreached: Option<String>,
    /// The key that it shows.
    pub served: Option<Fingerprint>,
    /// The mounted pair, if it is one.
    pub mounted: Option<Fingerprint>,
    /// The token in `cli.toml`, if there is one that can be read.
    pub token: Option<Signed>,
    /// The server's answer about it.
    pub accepted: Reply<TokenAnswer>,
    /// The databases that were asked about.
    pub databases: Vec<DatabaseSeen>,
    /// The finds in files.
    pub tree: TreeSeen,
    /// Key files and `cli.toml` that others can read or write as they should not.
    pub exposed: Vec<String>,
}

/// A token, and who has signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whose it is; `None`: nobody's that a server takes.
    pub identity: Option<Identity>,
    /// Whether the mounted key has signed it.
    pub by_ours: bool,
    /// Whether the source's has.
    pub by_theirs: bool,
}

impl Signed {
    /// Judges a token by the mounted key, if there is one, and by the source's.
    ///
    /// # Errors
    /// What is no token; a key that cannot verify.
    pub fn of(token: &str, ours: Option<&PublicKey>, theirs: &PublicKey) -> Result<Self> {
        let token = Token::parse(token)?;
        let is_by = |key: &PublicKey| Ok(token.is_signed_by(&Verifier::new(key)?));
        Ok(Self {
            identity: Publisher::from_token(&token).ok().map(|publisher| publisher.identity),
            by_ours: ours.map(is_by).transpose()?.unwrap_or_default(),
            by_theirs: is_by(theirs)?,
        })
    }
}

/// A database at the destination.
#[derive(Debug)]
pub struct DatabaseSeen {
    /// Its name.
    pub name: String,
    /// The server's answer about it.
    pub facts: Reply<DatabaseFacts>,
    /// The outcome of a publish to it, as a word and as a sentence.
    pub publish: (Option<Outcome>, String),
    /// The tables whose rows were counted.
    pub rows: Vec<Rows>,
}

/// A table at the destination.
#[derive(Debug)]
pub struct Rows {
    /// Its name.
    pub table: Table,
    /// How many rows it has.
    pub rows: Reply<u64>,
}

/// The result of a search of the data and the files beside it.
#[derive(Clone, Debug, Default)]
pub struct TreeSeen {
    /// Whether there was a search.
    pub searched: bool,
    /// Private keys and tokens of the source: file, place and kind.
    pub secrets: Vec<String>,
    /// Why something could not be read.
    pub unread: Option<String>,
    /// Tokens of the source's users in the databases' own files: refused here, and part of the data.
    pub in_data: u64,
}

impl TreeSeen {
    /// The find as a gate.
    pub fn as_gate(&self) -> Gate {
        let (ok, detail) = match (self.secrets.first(), &self.unread) {
            (Some(first), _) => (false, format!("of the source: {first}")),
            (None, Some(why)) => (false, why.clone()),
            (None, None) if !self.searched => (false, "nothing was searched".to_owned()),
            (None, None) if self.in_data > 0 => (
                true,
                format!(
                    "none; in the data are {} tokens of its users, which this server refuses",
                    self.in_data
                ),
            ),
            (None, None) => (true, "no private key and no token of the source".to_owned()),
        };
        Gate::new(GateName::Secrets, ok, detail)
    }
}
