//! A stand-in for a server of any version: it answers questions with what a real one was seen to
//! answer.

use std::net::Ipv4Addr;

use serde_json::json;
use spacetime_keys_stand_ins::plain::{Plain, Request, reply};

use crate::common::{Host, IDENTITY, PUBLIC};

/// A server with one database.
#[derive(Clone)]
pub(crate) struct Standin {
    /// What `/v1/health` says, or nothing where it is not found.
    pub(crate) health: Option<String>,
    pub(crate) public_key: String,
    /// How a request with a token is refused: status and body; `None` if the token is good.
    pub(crate) refusal: Option<(u16, String)>,
    /// Whose a good token is, as 64 hex digits.
    pub(crate) bearer: String,
    pub(crate) database: String,
    pub(crate) owner: String,
    /// Whether its private key signs nothing: then nobody is answered without a token.
    pub(crate) cannot_issue: bool,
    /// Whether `owner_identity` is a text, as some builds have it.
    pub(crate) plain_owner: bool,
    /// How many rows each table has, for a request with a good token.
    pub(crate) rows: u64,
}

/// What a made-up bearer is, and the database itself.
const SOMEBODY: &str = "c20038f8ee4225907aa93647132aac50593f685e0824e2902cc4b81ed2ff9efd";
pub(crate) const DATABASE_IDENTITY: &str =
    "c200b82f4e9d3e265a4480f924dd3977bc7ec148707251c4d4c1434d4f27afeb";

impl Standin {
    /// A server of 2.8.3 with this public key, on which this identity owns the database `app`, and is
    /// each request with a token.
    pub(crate) fn new(public_key: String, owner: &impl ToString) -> Self {
        Self {
            health: Some("{\"version\":\"2.8.3\"}".to_owned()),
            public_key,
            refusal: None,
            bearer: owner.to_string(),
            database: "app".to_owned(),
            owner: owner.to_string(),
            cannot_issue: false,
            plain_owner: false,
            rows: 0,
        }
    }

    /// The same of a host's mounted key and its publisher.
    pub(crate) fn of(host: &Host) -> Self {
        Self::new(host.read(PUBLIC), &IDENTITY)
    }

    /// Serves until the test process ends.
    pub(crate) fn serve(self) -> Plain {
        self.serve_at(Ipv4Addr::LOCALHOST)
    }

    /// The same at another address of this machine.
    pub(crate) fn serve_at(self, address: Ipv4Addr) -> Plain {
        Plain::serve_at(address, move |request, stream| {
            let (head, body) = self.answer(request);
            reply(stream, &head, if request.method == "HEAD" { String::new() } else { body });
        })
    }

    pub(crate) fn answer(&self, request: &Request) -> (String, String) {
        const TEXT: &str = "Content-Type: text/plain; charset=utf-8";
        const JSON: &str = "Content-Type: application/json";
        if request.method == "POST" && request.path.ends_with("/sql") {
            return match (request.header("authorization"), &self.refusal) {
                (Some(_), None) => {
                    let body = json!([{ "schema": { "elements": [] }, "rows": [[self.rows]] }]);
                    (format!("200 OK\r\n{JSON}"), body.to_string())
                }
                _ => ("401 Unauthorized".to_owned(), String::new()),
            };
        }
        if !["GET", "HEAD"].contains(&&*request.method) {
            return ("405 Method Not Allowed".to_owned(), String::new());
        }
        match &*request.path {
            // Neither looks at the token.
            "/v1/health" => {
                return match &self.health {
                    Some(body) => (format!("200 OK\r\n{JSON}"), body.clone()),
                    None => ("404 Not Found".to_owned(), String::new()),
                };
            }
            path if path.ends_with("/databases") => {
                let identity = path.split('/').nth(3).unwrap_or_default();
                let owned: &[&str] =
                    if identity == self.owner { &[DATABASE_IDENTITY] } else { &[] };
                return (format!("200 OK\r\n{JSON}"), json!({ "identities": owned }).to_string());
            }
            "/v1/identity/public-key" => {
                let kind = "Content-Type: application/pem-certificate-chain";
                return (format!("200 OK\r\n{kind}"), self.public_key.clone());
            }
            _ => {}
        }
        let authorization = request.header("authorization");
        if let (Some(_), Some((status, body))) = (authorization, &self.refusal) {
            return (format!("{status} No\r\n{TEXT}"), body.clone());
        }
        let somebody = || SOMEBODY.to_owned();
        let bearer = authorization.map_or_else(somebody, |_| self.bearer.clone());
        match request.path.strip_prefix("/v1/database/") {
            Some(_) if self.cannot_issue && authorization.is_none() => {
                (format!("500 Internal Server Error\r\n{TEXT}"), "InvalidEcdsaKey".to_owned())
            }
            Some(name) => {
                // The token comes back, which nobody may show.
                let token = authorization.unwrap_or("Bearer made-up-token");
                let token = token.trim_start_matches("Bearer ");
                let head = format!(
                    "spacetime-identity: {bearer}\r\nspacetime-identity-token: {token}\r\n"
                );
                self.database(name, &head)
            }
            None if request.path == "/v1/ping" => ("200 OK".to_owned(), String::new()),
            None if request.path.ends_with("/verify") => {
                match (request.path.split('/').nth(3), authorization) {
                    (_, None) => (format!("401 No\r\n{TEXT}"), "Authorization required".to_owned()),
                    (Some(identity), _) if identity == bearer => {
                        ("204 No Content".to_owned(), String::new())
                    }
                    _ => ("400 Bad Request".to_owned(), String::new()),
                }
            }
            None => ("404 Not Found".to_owned(), String::new()),
        }
    }

    fn database(&self, name: &str, head: &str) -> (String, String) {
        let plain = |status: &str, body: &str| {
            (format!("{status}\r\n{head}Content-Type: text/plain; charset=utf-8"), body.to_owned())
        };
        if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return plain("400 Bad Request", "Invalid URL: invalid characters in database name");
        }
        if name != self.database && name != DATABASE_IDENTITY {
            return plain("404 Not Found", &format!("`{name}` not found"));
        }
        let identity = |hex: &str| json!({ "__identity__": format!("0x{hex}") });
        let owner = if self.plain_owner { json!(self.owner) } else { identity(&self.owner) };
        let body = json!({
            "database_identity": identity(DATABASE_IDENTITY),
            "owner_identity": owner,
            "host_type": { "Wasm": [] },
            "initial_program": "00",
        });
        (format!("200 OK\r\n{head}Content-Type: application/json"), body.to_string())
    }
}
