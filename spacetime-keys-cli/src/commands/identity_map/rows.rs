//! The rows that are written.

use spacetime_keys_core::migration::Mapped;

use super::row::Row;
use crate::args::OutputFormat;
use crate::failure::Failure;

/// The format of the rows.
pub(super) enum Writer {
    Csv,
    Ndjson,
    Sql { table: String },
}

/// The table without --table.
const TABLE: &str = "identity_links";

const FIELDS: [&str; 4] = ["old_subject", "new_subject", "old_identity", "new_identity"];

impl Writer {
    pub(super) fn new(format: OutputFormat, table: Option<&str>) -> Result<Self, Failure> {
        match format {
            OutputFormat::Sql => {
                let table = table.unwrap_or(TABLE);
                if !is_table(table) {
                    return Err(Failure::usage(
                        "--table is not the name of a table",
                        "letters, digits and `_`, 63 at most, not beginning with a digit; a schema and a dot may stand before it",
                    ));
                }
                Ok(Self::Sql { table: table.to_owned() })
            }
            _ if table.is_some() => {
                Err(Failure::usage("--table goes with --format sql only", "leave it away"))
            }
            OutputFormat::Csv => Ok(Self::Csv),
            OutputFormat::Ndjson => Ok(Self::Ndjson),
        }
    }

    /// The text before the first row.
    pub(super) fn head(&self) -> String {
        match self {
            Self::Csv => format!("{}\n", FIELDS.join(",")),
            Self::Ndjson => String::new(),
            // A backslash in a string is itself, in standard SQL. MySQL and MariaDB need to be
            // told; all others take the line for a comment.
            Self::Sql { table } => format!(
                "-- Users, with their identities under the old issuer and under the new one.\n\
                 -- CREATE TABLE {table} (\n\
                 --   old_subject  VARCHAR(128) NOT NULL,\n\
                 --   new_subject  VARCHAR(128) NOT NULL,\n\
                 --   old_identity CHAR(64) NOT NULL PRIMARY KEY,\n\
                 --   new_identity CHAR(64) NOT NULL UNIQUE\n\
                 -- );\n\
                 /*!40101 SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES') */;\n\
                 BEGIN;\n"
            ),
        }
    }

    /// The text behind the last row.
    pub(super) const fn tail(&self) -> &'static str {
        match self {
            Self::Csv | Self::Ndjson => "",
            Self::Sql { .. } => "COMMIT;\n",
        }
    }

    pub(super) fn row(&self, row: &Row<'_>, mapped: &Mapped, out: &mut Vec<u8>) {
        let identities = [mapped.old.to_hex(), mapped.new.to_hex()];
        match self {
            Self::Csv => {
                let start = out.len();
                csv_value(row.old, out);
                out.push(b',');
                if row.changes {
                    csv_value(row.new, out);
                    out.push(b',');
                } else {
                    out.extend_from_within(start..);
                }
                let [old, new] = &identities;
                out.extend_from_slice(old);
                out.push(b',');
                out.extend_from_slice(new);
                out.push(b'\n');
            }
            Self::Ndjson => {
                let mut before = b'{';
                let mut name = |name: &str, out: &mut Vec<u8>| {
                    out.extend_from_slice(&[before, b'"']);
                    out.extend_from_slice(name.as_bytes());
                    out.extend_from_slice(b"\":");
                    before = b',';
                };
                let [old_subject, new_subject, old_identity, new_identity] = FIELDS;
                for (field, subject) in [(old_subject, row.old), (new_subject, row.new)] {
                    name(field, out);
                    // Into memory, a string can always be written.
                    let _ = serde_json::to_writer(&mut *out, subject);
                }
                for (field, identity) in [old_identity, new_identity].into_iter().zip(&identities) {
                    name(field, out);
                    out.push(b'"');
                    out.extend_from_slice(identity);
                    out.push(b'"');
                }
                out.extend_from_slice(b"}\n");
            }
            Self::Sql { table } => {
                for part in ["INSERT INTO ", table, SQL_COLUMNS] {
                    out.extend_from_slice(part.as_bytes());
                }
                for subject in [row.old, row.new] {
                    sql_value(subject, out);
                    out.extend_from_slice(b", ");
                }
                let [old, new] = &identities;
                for part in [&b"'"[..], old, b"', '", new, b"');\n"] {
                    out.extend_from_slice(part);
                }
            }
        }
    }
}

const SQL_COLUMNS: &str = " (old_subject, new_subject, old_identity, new_identity) VALUES (";

/// A name that needs no quotes in any database: those differ in which quotes they take.
fn is_table(name: &str) -> bool {
    let is_plain = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.split('.').count() <= 2 && name.split('.').all(is_plain)
}

fn csv_value(value: &str, out: &mut Vec<u8>) {
    // Without a way out of the loop, the compiler takes many bytes at a time.
    let special = |byte| u8::from(matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    if value.bytes().fold(0, |any, byte| any | special(byte)) != 0 {
        quoted(value, b'"', out);
    } else {
        out.extend_from_slice(value.as_bytes());
    }
}

fn sql_value(value: &str, out: &mut Vec<u8>) {
    quoted(value, b'\'', out);
}

/// Between quotes, with those inside doubled.
fn quoted(value: &str, quote: u8, out: &mut Vec<u8>) {
    out.push(quote);
    for byte in value.bytes() {
        if byte == quote {
            out.push(quote);
        }
        out.push(byte);
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_plain_names() {
        for good in ["identity_links", "auth.links", "_x", "T1", &"a".repeat(63)] {
            assert!(is_table(good), "{good}");
        }
        for bad in ["", ".", "a.", "a.b.c", "1a", "a b", "a;b", "a\"b", "é", &"a".repeat(64)] {
            assert!(!is_table(bad), "{bad}");
        }
    }
}
