//! What a server's crates say of a token, by any of the three sets of rules.

use serde::de::DeserializeOwned;
use spacetime_keys_core::server::Rules;

use crate::generation_eleven::Eleven;
use crate::generation_nine::Nine;

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub accepted: bool,
    /// 64 hex digits.
    pub identity: Option<String>,
    /// The server's words; empty if it accepts.
    pub reason: String,
    /// The reason is not to be compared: several keys were tried in no certain order and the last
    /// failure was told, or it depends on an HMAC, which we never compute.
    pub reason_is_open: bool,
}

/// Why a server is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotJudged {
    /// The servers' code is known to stop at this kind of token and set.
    Hazard,
    /// An HMAC that an older server takes. We never do, see docs/differences.md.
    Hmac,
}

impl Judgement {
    pub(crate) fn of(result: Result<String, String>) -> Self {
        match result {
            Ok(identity) => Self {
                accepted: true,
                identity: Some(identity),
                reason: String::new(),
                reason_is_open: false,
            },
            Err(reason) => Self { accepted: false, identity: None, reason, reason_is_open: false },
        }
    }
}

/// The two claims types of the servers, as one.
pub(crate) trait Claims: DeserializeOwned {
    fn issuer(&self) -> &str;
    /// The identity as 64 hex digits, or what is wrong with the claims.
    fn identity(self) -> Result<String, String>;
}

impl Claims for spacetimedb_auth_1::identity::IncomingClaims {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn identity(self) -> Result<String, String> {
        let checked: spacetimedb_auth_1::identity::SpacetimeIdentityClaims =
            self.try_into().map_err(|error| format!("{error}"))?;
        Ok(checked.identity.to_hex().to_string())
    }
}

impl Claims for spacetimedb_auth_2::identity::IncomingClaims {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn identity(self) -> Result<String, String> {
        let checked: spacetimedb_auth_2::identity::SpacetimeIdentityClaims =
            self.try_into().map_err(|error| format!("{error}"))?;
        Ok(checked.identity.to_hex().to_string())
    }
}

/// One server of each kind, with the same keys.
pub struct Judge {
    nine: Nine,
    eleven: Eleven,
}

impl Judge {
    /// `jwks`: what the issuer publishes. Without it nobody knows what would come of a token that
    /// the local key refuses; a server that fetches nothing says then what the local key said.
    pub fn new(local_key_pem: &str, jwks: Option<&[u8]>) -> Self {
        Self { nine: Nine::new(local_key_pem, jwks), eleven: Eleven::new(local_key_pem, jwks) }
    }

    pub fn judge(&self, rules: Rules, token: &str) -> Result<Judgement, NotJudged> {
        match rules {
            Rules::V1_2 => self.nine.judge::<spacetimedb_auth_1::identity::IncomingClaims>(token),
            Rules::V2_8 => self.nine.judge::<spacetimedb_auth_2::identity::IncomingClaims>(token),
            Rules::V2_14 => Ok(self.eleven.judge(token)),
            other => panic!("no server of rules {other} here"),
        }
    }
}
