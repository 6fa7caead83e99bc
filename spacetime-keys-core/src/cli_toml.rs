//! `cli.toml`, the file of SpacetimeDB's own CLI: reading the publisher token, and replacing it
//! without touching another byte.
//!
//! The file belongs to another program and to its user, so nothing is parsed and printed again: the
//! new values are put into the old text at the places where the old values stood.

use std::ops::Range;

use toml_edit::{Document, Item, Value};
use zeroize::Zeroizing;

use crate::error::TomlFlaw;
use crate::es256::Signer;
use crate::jwt::{self, ResignOptions, Resigned};
use crate::{Error, PublicKey, Result};

const TOKEN: &str = "spacetimedb_token";
const SERVERS: &str = "server_configs";
const SERVER_KEY: &str = "ecdsa_public_key";
const SERVER_HOST: &str = "host";

/// A parsed `cli.toml`.
pub struct CliToml<'a> {
    text: &'a str,
    token: Option<(Range<usize>, Zeroizing<String>)>,
    server_keys: Vec<ServerKey>,
}

/// A server's public key, as far as it is one of P-256, and what the file calls its host.
struct ServerKey {
    span: Range<usize>,
    key: PublicKey,
    host: Option<String>,
}

impl<'a> CliToml<'a> {
    /// Reads the file's text.
    ///
    /// # Errors
    /// [`Error::TomlSyntax`]; [`Error::TomlType`] if the token, a server's key or the list of
    /// servers has another type than SpacetimeDB's CLI wants.
    pub fn parse(text: &'a str) -> Result<Self> {
        let document = Document::parse(text).map_err(|error| flaw(text, &error))?;
        let root = document.as_table();
        let token = match root.get(TOKEN) {
            None => None,
            Some(item) => Some(string_at(item)?),
        };
        let mut server_keys = Vec::new();
        for server in server_tables(root.get(SERVERS))? {
            if let Some(item) = server.get(SERVER_KEY) {
                let (span, pem) = string_at(item)?;
                // A key that cannot be read is not the one that is to be replaced.
                let host = server.get(SERVER_HOST).and_then(Item::as_str).map(str::to_owned);
                let key = PublicKey::from_pem(pem.as_str()).ok();
                server_keys.extend(key.map(|key| ServerKey { span, key, host }));
            }
        }
        Ok(Self { text, token, server_keys })
    }

    /// The publisher token. It is a secret.
    ///
    /// # Errors
    /// [`Error::TomlNoToken`] if there is none, or an empty one (as after `spacetime logout`).
    pub fn token(&self) -> Result<&str> {
        match &self.token {
            Some((_, token)) if !token.trim().is_empty() => Ok(token),
            _ => Err(Error::TomlNoToken),
        }
    }

    /// The token as the file has it, blanks and all; `None` if the file has none.
    pub(crate) fn raw_token(&self) -> Option<&str> {
        self.token.as_ref().map(|(_, token)| token.as_str())
    }

    /// The public keys that the CLI remembers of servers, as far as they are P-256 keys.
    pub fn server_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.server_keys.iter().map(|server| &server.key)
    }

    /// The same, each with the server's `host` (`127.0.0.1:3000`), if the file has it.
    pub fn servers(&self) -> impl Iterator<Item = (Option<&str>, &PublicKey)> {
        self.server_keys.iter().map(|server| (server.host.as_deref(), &server.key))
    }

    /// The text with another token, and with `new_key` in the place of every server's key that is
    /// one of `old_keys`. All else stays, byte for byte. Without a token in the file, one is added
    /// as its first line.
    pub fn with(
        &self,
        token: &str,
        old_keys: &[PublicKey],
        new_key: &PublicKey,
    ) -> Zeroizing<String> {
        let mut edits = Vec::new();
        // A JWS needs no escapes; whatever else is passed must not break out of its string.
        let quoted = Zeroizing::new(Value::from(token).to_string());
        match &self.token {
            Some((span, old)) if old.as_str() != token => {
                edits.push((span.clone(), quoted));
            }
            Some(_) => {}
            None => {
                // Before any table, and after a byte order mark.
                let start = self.text.len() - self.text.trim_start_matches('\u{feff}').len();
                let newline = newline_of(self.text);
                let line = format!("{TOKEN} = {}{newline}", quoted.as_str());
                edits.push((start..start, Zeroizing::new(line)));
            }
        }
        for ServerKey { span, key, .. } in &self.server_keys {
            if key != new_key && old_keys.contains(key) {
                let newline = newline_of(self.text.get(span.clone()).unwrap_or_default());
                let pem = new_key.to_pem().replace('\n', newline);
                // The form in which the CLI itself writes it.
                edits.push((span.clone(), Zeroizing::new(format!("\"\"\"{newline}{pem}\"\"\""))));
            }
        }
        edits.sort_by_key(|(span, _)| span.start);

        let capacity = self.text.len() + edits.iter().map(|(_, text)| text.len()).sum::<usize>();
        let mut result = Zeroizing::new(String::with_capacity(capacity));
        let mut position = 0;
        for (span, replacement) in &edits {
            result.push_str(self.text.get(position..span.start).unwrap_or_default());
            result.push_str(replacement);
            position = span.end;
        }
        result.push_str(self.text.get(position..).unwrap_or_default());
        result
    }
}

/// Where the text is no TOML. The parser's own words quote it.
fn flaw(text: &str, error: &toml_edit::TomlError) -> Error {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.and_then(|before| u32::try_from(before.matches('\n').count()).ok());
    let is_twice = error.message().contains("duplicate key");
    Error::TomlSyntax(TomlFlaw { line: line.map_or(0, |line| line.saturating_add(1)), is_twice })
}

/// Re-signs the publisher token in a `cli.toml`'s text. Servers' keys that are among the options'
/// `known_keys` become the new one, and every other byte stays.
///
/// # Errors
/// Those of [`CliToml::parse`], [`CliToml::token`] and [`jwt::resign`].
pub fn resign(
    text: &str,
    signer: &Signer,
    options: &ResignOptions<'_>,
) -> Result<(Zeroizing<String>, Resigned)> {
    let cli_toml = CliToml::parse(text)?;
    let resigned = jwt::resign(cli_toml.token()?, signer, options)?;
    let text = cli_toml.with(&resigned.token, options.known_keys, signer.public_key());
    Ok((text, resigned))
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Whether SpacetimeDB's CLI can read the file: it refuses all of it where a name that it knows
/// has another type, or a server lacks its host or protocol (seen on 1.3.0).
///
/// # Errors
/// [`Error::TomlSyntax`], [`Error::TomlType`].
pub(crate) fn check_types(text: &str) -> Result<()> {
    let document = Document::parse(text).map_err(|error| flaw(text, &error))?;
    let root = document.as_table();
    let is_text = |item: Option<&Item>| item.is_none_or(|item| item.as_str().is_some());
    let texts = [TOKEN, "default_server", "web_session_token"];
    let mut good = texts.into_iter().all(|name| is_text(root.get(name)));
    for server in server_tables(root.get(SERVERS))? {
        let texts = ["nickname", SERVER_HOST, "protocol", SERVER_KEY];
        good &= texts.into_iter().all(|name| is_text(server.get(name)));
        good &= server.get(SERVER_HOST).is_some() && server.get("protocol").is_some();
    }
    if good { Ok(()) } else { Err(Error::TomlType) }
}

fn string_at(item: &Item) -> Result<(Range<usize>, Zeroizing<String>)> {
    let value = item.as_str().ok_or(Error::TomlType)?;
    let span = item.span().ok_or(Error::TomlType)?;
    Ok((span, Zeroizing::new(value.to_owned())))
}

/// The servers, written as `[[server_configs]]` or as an array of inline tables.
pub(crate) fn server_tables(item: Option<&Item>) -> Result<Vec<&dyn toml_edit::TableLike>> {
    let tables = match item {
        None => Some(Vec::new()),
        Some(Item::ArrayOfTables(array)) => {
            Some(array.iter().map(|table| table as &dyn toml_edit::TableLike).collect())
        }
        Some(Item::Value(Value::Array(array))) => array
            .iter()
            .map(|value| value.as_inline_table().map(|table| table as &dyn toml_edit::TableLike))
            .collect(),
        Some(_) => None,
    };
    tables.ok_or(Error::TomlType)
}
