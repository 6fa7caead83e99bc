use std::fmt;

use serde_json::json;
use zeroize::Zeroizing;

use super::Route;
use crate::exchange::Exchanged;
use crate::{Error, Identity, Result};

/// The answer to a request, for a face to send.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields: names in small letters, and their values.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// Whether the request's own fields `Authorization` are to be copied into the answer, byte by
    /// byte, in their order.
    pub keeps_authorization: bool,
    /// The body; empty: none.
    pub body: Zeroizing<String>,
    /// `exchanged`, `not_needed`, or the code of what stood against it: what `/metrics` counts.
    pub outcome: &'static str,
}

/// The token's fate.
pub(super) enum Put<'a> {
    New(Exchanged),
    Same {
        token: &'a str,
        identity: Identity,
        expires_at: Option<i64>,
    },
    Refused(Error),
    /// Nothing is known against the token: it is the exchange that cannot be made.
    NotNow(Error),
}

impl Put<'_> {
    const fn outcome(&self) -> &'static str {
        match self {
            Self::New(_) => "exchanged",
            Self::Same { .. } => "not_needed",
            Self::Refused(error) | Self::NotNow(error) => error.code(),
        }
    }
}

impl Answer {
    pub(super) fn new(route: Route, put: Put<'_>) -> Self {
        if route == Route::ForwardAuth { Self::to_proxy(&put) } else { Self::to_client(put) }
    }

    fn to_proxy(put: &Put<'_>) -> Self {
        let mut answer = Self::plain(200, put.outcome(), "");
        match put {
            Put::New(new) => {
                let bearer = Zeroizing::new(format!("Bearer {}", *new.token));
                answer.headers.push(("authorization", bearer));
            }
            Put::Same { .. } | Put::Refused(_) | Put::NotNow(_) => {
                answer.keeps_authorization = true;
            }
        }
        answer
    }

    fn to_client(put: Put<'_>) -> Self {
        let outcome = put.outcome();
        let (token, identity, expires_at) = match put {
            Put::New(Exchanged { token, identity, expires_at, .. }) => {
                (token, identity, expires_at)
            }
            Put::Same { token, identity, expires_at } => {
                (Zeroizing::new(token.to_owned()), identity, expires_at)
            }
            Put::Refused(error) => return Self::refusal(401, error),
            Put::NotNow(error) => return Self::refusal(503, error),
        };
        // Written by hand: the token in a JSON value would not be wiped. A JWT, an identity and a
        // number need no escape (RFC 7515, section 2: base64url and dots).
        let expires_at = expires_at.map_or_else(|| "null".to_owned(), |end| end.to_string());
        let body = Zeroizing::new(format!(
            "{{\"token\":\"{}\",\"identity\":\"{identity}\",\"expires_at\":{expires_at}}}\n",
            *token
        ));
        Self { body, ..Self::of_json(200, outcome) }
    }

    fn refusal(status: u16, error: Error) -> Self {
        let mut answer = Self::of_json(status, error.code());
        let body = json!({
            "error": { "code": error.code(), "message": error.to_string(), "hint": error.advice() }
        });
        answer.body = Zeroizing::new(format!("{body}\n"));
        if status == 401 {
            // RFC 9110, section 15.5.2: a 401 names a scheme.
            answer.headers.push(("www-authenticate", "Bearer".to_owned().into()));
        }
        answer
    }

    pub(super) fn of_health(ready: Result<()>) -> Self {
        match ready {
            Ok(()) => Self::plain(200, "ready", "ok\n"),
            Err(error) => Self::plain(503, error.code(), &format!("{error}: {}\n", error.advice())),
        }
    }

    pub(super) fn of_metrics(text: &str) -> Self {
        Self::of_type("text/plain; version=0.0.4; charset=utf-8", 200, "ready", text)
    }

    pub(super) fn not_found() -> Self {
        Self::plain(404, "not_found", "/forward-auth, /exchange, /healthz and /metrics are here\n")
    }

    pub(super) fn not_allowed(methods: &'static str) -> Self {
        let mut answer = Self::plain(405, "not_allowed", &format!("by {methods} only\n"));
        answer.headers.push(("allow", methods.to_owned().into()));
        answer
    }

    fn of_json(status: u16, outcome: &'static str) -> Self {
        Self::of_type("application/json", status, outcome, "")
    }

    fn plain(status: u16, outcome: &'static str, body: &str) -> Self {
        Self::of_type("text/plain; charset=utf-8", status, outcome, body)
    }

    fn of_type(of: &str, status: u16, outcome: &'static str, body: &str) -> Self {
        let headers = vec![
            ("content-type", of.to_owned().into()),
            // RFC 6749, section 5.1: nobody on the way keeps it.
            ("cache-control", "no-store".to_owned().into()),
        ];
        let body = Zeroizing::new(body.to_owned());
        Self { status, headers, keeps_authorization: false, body, outcome }
    }
}

/// Neither header fields nor the body.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {})", self.status, self.outcome)
    }
}
