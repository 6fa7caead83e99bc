//! API keys' robots, and agents who act for a user. Both end when their row says so, whatever a token says.

use std::time::Duration;

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::rules::*;
use crate::tables::*;

#[reducer]
pub fn grant_api_key(
    ctx: &ReducerContext,
    key_ref: String,
    tenant_id: String,
    identity: Identity,
    permission: String,
) -> Answer {
    let manager = manager(ctx, &tenant_id)?;
    let refused = |reason| refuse(ctx, "grant_api_key", reason);
    let actor = ctx.db.actor_identity().identity().find(identity);
    let actor = actor.ok_or_else(|| refused(UNKNOWN_ACTOR))?;
    let is_robot = actor.kind == ActorKind::Robot;
    let is_tenant = ctx.db.tenant().id().find(&tenant_id).is_some();
    if !is_robot || !is_tenant || !is_id(&key_ref) || !is_for_keys(&permission) {
        return Err(refused(MALFORMED));
    }
    if ctx.db.api_key_grant().key_ref().find(&key_ref).is_some() {
        return Err(refused(CONFLICT));
    }
    let subject = key_ref.clone();
    let revoked = false;
    let grant = ApiKeyGrant { key_ref, tenant_id, identity, permission, revoked };
    let tenant_id = ctx.db.api_key_grant().insert(grant).tenant_id;
    audit(ctx, &tenant_id, manager, "grant_api_key", subject);
    Ok(())
}

/// Holds from the next call on, while the robot's tokens still live.
#[reducer]
pub fn revoke_api_key(ctx: &ReducerContext, key_ref: String) -> Answer {
    let grant = ctx.db.api_key_grant().key_ref().find(&key_ref);
    let grant = grant.ok_or_else(|| refuse(ctx, "revoke_api_key", NO_GRANT))?;
    let manager =
        manager(ctx, &grant.tenant_id).map_err(|refusal| refusal.unless_member(NO_GRANT))?;
    if grant.revoked {
        return Ok(());
    }
    let grant = ApiKeyGrant { revoked: true, ..grant };
    let tenant_id = ctx.db.api_key_grant().key_ref().update(grant).tenant_id;
    audit(ctx, &tenant_id, manager, "revoke_api_key", key_ref);
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
) -> Answer {
    let manager = manager(ctx, &tenant_id)?;
    let refused = |reason| refuse(ctx, "grant_impersonation", reason);
    let agent_id = actor_id(ctx, agent).map_err(refused)?;
    let user_id = actor_id(ctx, user).map_err(refused)?;
    let is_tenant = ctx.db.tenant().id().find(&tenant_id).is_some();
    if agent_id == user_id || !is_tenant || seconds == 0 || !is_line(&reason) {
        return Err(refused(MALFORMED));
    }
    let expires_at = ctx.timestamp + Duration::from_secs(seconds.into());
    let grant = ImpersonationGrant { id: 0, agent, user, tenant_id, expires_at, reason };
    let grant = ctx.db.impersonation_grant().insert(grant);
    let subject = format!("{} {agent_id} for {user_id}", grant.id);
    audit(ctx, &grant.tenant_id, manager, "grant_impersonation", subject);
    Ok(())
}

#[reducer]
pub fn end_impersonation(ctx: &ReducerContext, grant_id: u64) -> Answer {
    let grant = ctx.db.impersonation_grant().id().find(grant_id);
    let grant = grant.ok_or_else(|| refuse(ctx, "end_impersonation", NO_GRANT))?;
    let manager =
        manager(ctx, &grant.tenant_id).map_err(|refusal| refusal.unless_member(NO_GRANT))?;
    ctx.db.impersonation_grant().id().delete(grant_id);
    audit(ctx, &grant.tenant_id, manager, "end_impersonation", grant_id.to_string());
    Ok(())
}
