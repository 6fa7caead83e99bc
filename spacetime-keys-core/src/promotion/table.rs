use std::fmt;

use crate::{Error, Result};

/// More than any server takes.
const LONGEST: usize = 128;

/// The name of a table, as it stands in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table(String);

impl Table {
    /// Checks the name: letters, digits and `_`, no digit first. Nothing of it has to be quoted.
    ///
    /// # Errors
    /// [`Error::TableName`]
    pub fn new(name: &str) -> Result<Self> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let fits = (1..=LONGEST).contains(&name.len())
            && name.bytes().all(is_word)
            && !name.starts_with(|first: char| first.is_ascii_digit());
        if fits { Ok(Self(name.to_owned())) } else { Err(Error::TableName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The query that counts its rows.
    pub fn query(&self) -> String {
        format!("SELECT COUNT(*) AS n FROM {}", self.0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Table {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A table whose rows are counted: in one database, or in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The database; `None`: each of those that are asked about.
    pub database: Option<String>,
    /// The table.
    pub table: Table,
}

impl Counted {
    /// Reads `TABLE` or `DATABASE.TABLE`.
    ///
    /// # Errors
    /// [`Error::TableName`]
    pub fn parse(text: &str) -> Result<Self> {
        match text.rsplit_once('.') {
            Some((database, table)) if !database.is_empty() => {
                Ok(Self { database: Some(database.to_owned()), table: Table::new(table)? })
            }
            _ => Ok(Self { database: None, table: Table::new(text)? }),
        }
    }

    /// Whether it is about this database.
    pub fn is_of(&self, database: &str) -> bool {
        self.database.as_deref().is_none_or(|named| named == database)
    }
}
