//! API keys' robots, and agents who act for a user. Both end when their row says so, whatever a token says.

use std::time::Duration;

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::tables::*;

#[reducer]
pub fn grant_api_key(
    ctx: &ReducerContext,
    key_ref: String,
    tenant_id: String,
    identity: Identity,
    permission: String,
) -> Result<(), String> {
    let manager = manager(ctx, &tenant_id)?;
    let actor = ctx.db.actor_identity().identity().find(identity).ok_or(UNKNOWN_ACTOR)?;
    if actor.kind != ActorKind::Robot || key_ref.is_empty() || permission.is_empty() {
        return Err(MALFORMED.into());
    }
    if ctx.db.api_key_grant().key_ref().find(&key_ref).is_some() {
        return Err(CONFLICT.into());
    }
    let subject = key_ref.clone();
    let revoked = false;
    let grant = ApiKeyGrant { key_ref, tenant_id, identity, permission, revoked };
    let tenant_id = ctx.db.api_key_grant().insert(grant).tenant_id;
    audit(ctx, &tenant_id, by(manager), "grant_api_key", subject);
    Ok(())
}

/// Holds from the next call on, while the robot's tokens still live.
#[reducer]
pub fn revoke_api_key(ctx: &ReducerContext, key_ref: String) -> Result<(), String> {
    let grant = ctx.db.api_key_grant().key_ref().find(&key_ref).ok_or(NO_GRANT)?;
    let manager = manager(ctx, &grant.tenant_id)?;
    if grant.revoked {
        return Ok(());
    }
    let grant = ApiKeyGrant { revoked: true, ..grant };
    let tenant_id = ctx.db.api_key_grant().key_ref().update(grant).tenant_id;
    audit(ctx, &tenant_id, by(manager), "revoke_api_key", key_ref);
    Ok(())
}

#[reducer]
pub fn grant_impersonation(
    ctx: &ReducerContext,
    agent: Identity,
    user: Identity,
    tenant_id: String,
    seconds: u32,
    reason: String,
) -> Result<(), String> {
    let manager = manager(ctx, &tenant_id)?;
    let agent_id = actor_id(ctx, agent)?;
    let user_id = actor_id(ctx, user)?;
    if reason.is_empty() || seconds == 0 {
        return Err(MALFORMED.into());
    }
    let expires_at = ctx.timestamp + Duration::from_secs(seconds.into());
    let grant = ImpersonationGrant { id: 0, agent, user, tenant_id, expires_at, reason };
    let grant = ctx.db.impersonation_grant().insert(grant);
    let subject = format!("{} {agent_id} for {user_id}", grant.id);
    audit(ctx, &grant.tenant_id, by(manager), "grant_impersonation", subject);
    Ok(())
}

#[reducer]
pub fn end_impersonation(ctx: &ReducerContext, grant_id: u64) -> Result<(), String> {
    let grant = ctx.db.impersonation_grant().id().find(grant_id).ok_or(NO_GRANT)?;
    let manager = manager(ctx, &grant.tenant_id)?;
    ctx.db.impersonation_grant().id().delete(grant_id);
    audit(ctx, &grant.tenant_id, by(manager), "end_impersonation", grant_id.to_string());
    Ok(())
}
