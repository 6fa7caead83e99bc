//! What goes wrong on a host whose owner could publish a moment ago.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::jwt::Token;

use crate::host::{Host, NICKNAME};
use crate::server::Server;

use super::keys::{Oddity, odd_files};
use super::token::sign;
use super::world::now;

/// What happened to the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    None,
    /// Rotated, and nobody has restarted the server.
    RestartPending,
    /// Somebody made new keys by hand, and restarted.
    MadeByHand,
    /// The mount was empty at a restart: the server made a pair of its own.
    MountWasEmpty,
    /// The files were damaged; the server still runs with what it has read.
    Damaged(Oddity),
    /// The same, and the server was restarted with them: it is broken.
    Served(Oddity),
    NoPrivate,
    NoPublic,
    NoFiles,
    WorldReadable,
}

impl KeyFault {
    pub(crate) const ALL: [Self; 20] = [
        Self::None,
        Self::None,
        Self::RestartPending,
        Self::RestartPending,
        Self::MadeByHand,
        Self::MountWasEmpty,
        Self::Damaged(Oddity::Mismatched),
        Self::Damaged(Oddity::CutOff),
        Self::Damaged(Oddity::BothEmpty),
        Self::Damaged(Oddity::CompressedPoint),
        Self::Damaged(Oddity::Sec1),
        Self::Damaged(Oddity::P384Pair),
        Self::Served(Oddity::Mismatched),
        Self::Served(Oddity::CompressedPoint),
        Self::Served(Oddity::NoPublicKeyInside),
        Self::Served(Oddity::P384Pair),
        Self::NoPrivate,
        Self::NoPublic,
        Self::NoFiles,
        Self::WorldReadable,
    ];

    pub(crate) fn happen(self, host: &Host, server: &mut Server) {
        let (private_key, public_key) = (host.private_key(), host.public_key());
        let write = |oddity: Oddity| {
            let key = PrivateKey::from_pem(fs::read(&private_key).unwrap()).unwrap();
            let files = odd_files(host, &key, oddity);
            fs::write(&private_key, files.private_key).unwrap();
            fs::write(&public_key, files.public_key).unwrap();
        };
        match self {
            Self::None => {}
            Self::RestartPending => {
                host.spacetime_keys(&["rotate", "--env", "local", "--yes"]);
            }
            Self::MadeByHand => {
                host.make_keys_by_openssl();
                server.restart();
            }
            Self::MountWasEmpty => {
                fs::remove_file(&private_key).unwrap();
                fs::remove_file(&public_key).unwrap();
                server.restart();
            }
            Self::Damaged(oddity) => write(oddity),
            Self::Served(oddity) => {
                write(oddity);
                server.restart();
            }
            Self::NoPrivate => fs::remove_file(&private_key).unwrap(),
            Self::NoPublic => fs::remove_file(&public_key).unwrap(),
            Self::NoFiles => {
                fs::remove_file(&private_key).unwrap();
                fs::remove_file(&public_key).unwrap();
            }
            Self::WorldReadable => {
                fs::set_permissions(&private_key, Permissions::from_mode(0o644)).unwrap();
            }
        }
    }
}

/// What happened to the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    None,
    /// "Please log back in": somebody else now, who owns nothing.
    LoggedInAgain,
    /// An old copy of `cli.toml` was put back.
    Older,
    Expired,
    WrongHexIdentity,
    Opaque,
    CutOff,
    Empty,
    Missing,
    NoFile,
    /// The CLI's note of the server's key is an older one.
    StaleServerKey,
}

impl TokenFault {
    pub(crate) const ALL: [Self; 12] = [
        Self::None,
        Self::None,
        Self::LoggedInAgain,
        Self::Older,
        Self::Expired,
        Self::WrongHexIdentity,
        Self::Opaque,
        Self::CutOff,
        Self::Empty,
        Self::Missing,
        Self::NoFile,
        Self::StaleServerKey,
    ];

    /// `older` is the content of a `cli.toml` from before the last rotation.
    pub(crate) fn happen(self, host: &Host, server: &Server, older: &str) {
        let path = host.cli_toml();
        let content = fs::read_to_string(&path).unwrap();
        let token = token_in(&content).to_owned();
        let replace = |by: &str| fs::write(&path, content.replace(&token, by)).unwrap();
        // Signed with the key that is mounted, or one in its place: what it says is what counts.
        let signed = |change: &dyn Fn(&mut Value)| {
            let claims = Token::parse(&token).unwrap();
            let claim = |name: &str| claims.claims().get_str(name).unwrap();
            let mut claims = json!({
                "hex_identity": claim("hex_identity"),
                "iss": claim("iss"),
                "sub": claim("sub"),
                "iat": now() - 7200,
            });
            change(&mut claims);
            let key =
                fs::read(host.private_key()).ok().and_then(|pem| PrivateKey::from_pem(pem).ok());
            sign(&key.unwrap_or_else(|| PrivateKey::generate().unwrap()), &claims)
        };
        let set = |claims: &mut Value, name: &str, value: Value| {
            claims.as_object_mut().unwrap().insert(name.to_owned(), value);
        };
        match self {
            Self::None => {}
            Self::LoggedInAgain => {
                host.log_out();
                // A server with a broken key cannot log anybody in: then he stays logged out.
                host.spacetime(&["login", "--server-issued-login", server.url()]);
            }
            Self::Older => fs::write(&path, older).unwrap(),
            Self::Expired => {
                replace(&signed(&|claims| set(claims, "exp", (now() - 3600).into())));
            }
            Self::WrongHexIdentity => {
                let other = "c200e88a146b9b7d6af0197da75677fa7cb054226572632330abf8f9cdd5271a";
                replace(&signed(&|claims| set(claims, "hex_identity", other.into())));
            }
            Self::Opaque => replace("gho_throwaway0123456789abcdefghijkl"),
            Self::CutOff => replace(token.get(..token.len() - 20).unwrap()),
            Self::Empty => replace(""),
            Self::Missing => {
                let kept = content.lines().filter(|line| !line.starts_with("spacetimedb_token"));
                fs::write(&path, kept.collect::<Vec<_>>().join("\n")).unwrap();
            }
            Self::NoFile => fs::remove_file(&path).unwrap(),
            Self::StaleServerKey => {
                let table = older.find("[[server_configs]]").unwrap();
                let here = content.find("[[server_configs]]").unwrap();
                assert!(older.contains(&format!("nickname = \"{NICKNAME}\"")));
                let token = content.get(..here).unwrap();
                fs::write(&path, format!("{token}{}", older.get(table..).unwrap())).unwrap();
            }
        }
    }
}

fn token_in(cli_toml: &str) -> &str {
    let (_, rest) = cli_toml.split_once("spacetimedb_token = \"").unwrap();
    rest.split_once('"').unwrap().0
}
