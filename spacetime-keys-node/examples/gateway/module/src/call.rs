//! A call, on servers 1.x.

use spacetimedb::{Identity, ReducerContext, SpacetimeType};

use crate::access::Refusal;

/// What a gateway knows of a call beside its token: a 1.x module cannot read a token's claims.
#[derive(SpacetimeType)]
pub struct CallContext {
    /// The membership's version as the caller knows it.
    pub membership_version: Option<u32>,
    /// Which API key the calling robot stands for.
    pub api_key_ref: Option<String>,
    /// Who acts for the caller: the token's `act`.
    pub agent: Option<Identity>,
}

pub fn caller(ctx: &ReducerContext) -> Identity {
    ctx.sender
}

/// What the token says of a call that has no context: nothing that could be read here. So on 1.x nobody who
/// acts for a user should manage members.
pub fn of_token(_: &ReducerContext) -> Result<CallContext, Refusal> {
    Ok(CallContext { membership_version: None, api_key_ref: None, agent: None })
}
