//! A call, on servers 2.x: what a gateway knows of it stands in the token, which nobody but the issuer can
//! write.

use serde_json::Value;
use spacetimedb::{Identity, JwtClaims, ReducerContext};

use crate::access::{refuse, Refusal};
use crate::rules::MALFORMED;

/// Of the token's claims.
pub struct CallContext {
    /// `membership_version`: the membership's, when the token was made.
    pub membership_version: Option<u32>,
    /// `api_key_ref`: which API key the calling robot stands for.
    pub api_key_ref: Option<String>,
    /// `act`: who acts for the caller.
    pub agent: Option<Identity>,
}

pub fn caller(ctx: &ReducerContext) -> Identity {
    ctx.sender()
}

/// What the token's claims say. One of a wrong type is refused, not passed over: else a token whose `act`
/// cannot be read would be its user's own.
pub fn of_token(ctx: &ReducerContext) -> Result<CallContext, Refusal> {
    let none = CallContext { membership_version: None, api_key_ref: None, agent: None };
    let Some(token) = ctx.sender_auth().jwt() else {
        return Ok(none);
    };
    read(token).ok_or_else(|| refuse(ctx, "claims", MALFORMED))
}

fn read(token: &JwtClaims) -> Option<CallContext> {
    let claims: Value = serde_json::from_str(token.raw_payload()).ok()?;
    let membership_version = match claims.get("membership_version") {
        None => None,
        Some(version) => Some(u32::try_from(version.as_u64()?).ok()?),
    };
    let api_key_ref = match claims.get("api_key_ref") {
        None => None,
        Some(key_ref) => Some(key_ref.as_str()?.to_owned()),
    };
    let agent = match claims.get("act") {
        None => None,
        // Of the same issuer, unless it says of which (RFC 8693, section 4.1).
        Some(act) => {
            let issuer = act.get("iss").map_or(Some(token.issuer()), Value::as_str)?;
            Some(Identity::from_claims(issuer, act.get("sub")?.as_str()?))
        }
    };
    Some(CallContext { membership_version, api_key_ref, agent })
}
