//! How servers are called: by a URL, or by what the SpacetimeDB CLI's file knows of them.

use toml_edit::{Document, Item, TableLike};

use crate::cli_toml::server_tables;
use crate::error::ServerFlaw;
use crate::{Error, Result};

/// The servers that a `cli.toml` knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    default: Option<String>,
    saved: Vec<Saved>,
}

/// One of `server_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Saved {
    nickname: Option<String>,
    host: String,
    protocol: String,
}

impl Servers {
    /// From the content of a `cli.toml`. Where there is none (`None`): those two that the SpacetimeDB
    /// CLI then knows, and no default. A file that cannot be read as a whole knows none.
    pub fn of(content: Option<&[u8]>) -> Self {
        let Some(content) = content else { return Self::built_in() };
        let text = str::from_utf8(content).unwrap_or_default();
        let Ok(document) = Document::parse(text) else {
            return Self { default: None, saved: Vec::new() };
        };
        let root = document.as_table();
        let tables = server_tables(root.get("server_configs")).unwrap_or_default();
        Self {
            default: root.get("default_server").and_then(Item::as_str).map(str::to_owned),
            saved: tables.into_iter().filter_map(Saved::of).collect(),
        }
    }

    fn built_in() -> Self {
        let saved = |nickname: &str, host: &str, protocol: &str| Saved {
            nickname: Some(nickname.to_owned()),
            host: host.to_owned(),
            protocol: protocol.to_owned(),
        };
        Self {
            default: None,
            saved: vec![
                saved("local", "127.0.0.1:3000", "http"),
                saved("maincloud", "maincloud.spacetimedb.com", "https"),
            ],
        }
    }

    /// The value of `default_server`: the name of a server.
    pub fn default_server(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The nickname of each server that has one, else its host. Those that could not be printed, or
    /// that may hold a password, are left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.saved.iter().map(|saved| saved.nickname.as_deref().unwrap_or(&saved.host));
        names.filter(|name| !name.contains(|c: char| c == '@' || c.is_control()))
    }

    /// The URL of a server, without a slash at its end. `name` is a URL; or a nickname or a host that
    /// is saved; or a host of this machine (`localhost:3000`), which is asked by http.
    ///
    /// # Errors
    /// [`Error::ServerName`]
    pub fn url(&self, name: &str) -> Result<String> {
        if name.contains("://") {
            return checked(name);
        }
        let is_it = |saved: &&Saved| saved.nickname.as_deref() == Some(name) || saved.host == name;
        if let Some(saved) = self.saved.iter().find(is_it) {
            return checked(&saved.url());
        }
        if is_loopback(name) {
            return checked(&format!("http://{name}"));
        }
        Err(Error::ServerName(ServerFlaw::Unknown))
    }

    /// Whether a URL leads to a server that is saved, or to this machine.
    pub fn knows(&self, url: &str) -> bool {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        is_loopback(authority)
            || self.saved.iter().any(|saved| {
                saved.host.eq_ignore_ascii_case(authority)
                    && saved.protocol.eq_ignore_ascii_case(scheme)
            })
    }
}

impl Saved {
    fn of(table: &dyn TableLike) -> Option<Self> {
        let text = |name| table.get(name).and_then(Item::as_str).map(str::to_owned);
        Some(Self { nickname: text("nickname"), host: text("host")?, protocol: text("protocol")? })
    }

    fn url(&self) -> String {
        format!("{}://{}", self.protocol, self.host)
    }
}

/// A URL whose paths begin with `/v1/`.
fn checked(url: &str) -> Result<String> {
    let flaw = |flaw| Err(Error::ServerName(flaw));
    let url = url.trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or((url.trim_end_matches(':'), ""));
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return flaw(ServerFlaw::Scheme);
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') || rest.contains(['?', '#']) {
        return flaw(ServerFlaw::Parts);
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let (name, port) = split(authority);
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if name.is_empty() || !is_port || !rest.bytes().all(is_plain) {
        return flaw(ServerFlaw::Host);
    }
    Ok(format!("{scheme}://{rest}"))
}

/// Name and port. An IPv6 address stands in brackets, and has colons of its own.
fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (authority, None),
    }
}

/// Whether a host, with or without a port, is this machine.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let (name, _) = split(authority);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = br#"
default_server = "db.example.com:3000"
spacetimedb_token = "x"
[[server_configs]]
nickname = "local"
host = "127.0.0.1:3000"
protocol = "http"
[[server_configs]]
host = "db.example.com:3000"
protocol = "https"
[[server_configs]]
nickname = "odd"
host = "a b"
protocol = "ftp"
"#;

    const fn flaw<T>(flaw: ServerFlaw) -> Result<T> {
        Err(Error::ServerName(flaw))
    }

    #[test]
    fn names_of_servers() {
        let servers = Servers::of(Some(FILE));
        for (name, url) in [
            ("local", "http://127.0.0.1:3000"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("db.example.com:3000", "https://db.example.com:3000"),
            ("localhost:3103", "http://localhost:3103"),
            ("127.3.2.1", "http://127.3.2.1"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("http://db.example.com:3000/", "http://db.example.com:3000"),
            ("HTTPS://db.example.com/base", "https://db.example.com/base"),
        ] {
            assert_eq!(servers.url(name).as_deref(), Ok(url), "{name}");
        }
        for (name, wrong) in [
            ("", ServerFlaw::Unknown),
            ("maincloud", ServerFlaw::Unknown),
            ("db.example.com", ServerFlaw::Unknown),
            ("10.0.0.1:3000", ServerFlaw::Unknown),
            ("odd", ServerFlaw::Scheme),
            ("ws://a", ServerFlaw::Scheme),
            ("http://", ServerFlaw::Host),
            ("http://:3000", ServerFlaw::Host),
            ("http://a:b", ServerFlaw::Host),
            ("http://a:70000", ServerFlaw::Host),
            ("http://a b", ServerFlaw::Host),
            ("http://me:pass@a", ServerFlaw::Parts),
            ("http://a/?x", ServerFlaw::Parts),
            ("http://a/#x", ServerFlaw::Parts),
        ] {
            assert_eq!(servers.url(name), flaw(wrong), "{name}");
        }
        assert_eq!(servers.default_server(), Some("db.example.com:3000"));
        assert_eq!(servers.names().collect::<Vec<_>>(), ["local", "db.example.com:3000", "odd"]);
        let odd = Servers::of(Some(
            b"[[server_configs]]\nhost = 'me:pass@a'\nprotocol = 'http'\n\
              [[server_configs]]\nnickname = \"\\u001b[31m\"\nhost = 'b'\nprotocol = 'http'\n",
        ));
        assert_eq!(odd.names().count(), 0);
    }

    #[test]
    fn files_that_are_not_there_or_damaged() {
        let none = Servers::of(None);
        assert_eq!(none.url("maincloud").as_deref(), Ok("https://maincloud.spacetimedb.com"));
        assert_eq!(none.default_server(), None);
        for damaged in [&b"\xff"[..], b"default_server = ", b"server_configs = 3"] {
            let servers = Servers::of(Some(damaged));
            assert_eq!(servers.url("local"), flaw(ServerFlaw::Unknown));
            assert_eq!(servers.default_server(), None);
        }
    }

    #[test]
    fn whose_servers_are_known() {
        let servers = Servers::of(Some(FILE));
        for url in ["http://localhost:1", "https://DB.example.com:3000/base", "http://[::1]:3000"] {
            assert!(servers.knows(url), "{url}");
        }
        for url in ["http://db.example.com:3000", "https://db.example.com", "https://other"] {
            assert!(!servers.knows(url), "{url}");
        }
    }
}
