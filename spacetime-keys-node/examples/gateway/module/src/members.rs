//! Tenants, actors, and who is a member of what.

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::tables::*;

const ROLES: [(&str, &[&str]); 3] = [
    ("viewer", &["documents:read"]),
    ("editor", &["documents:read", "documents:write"]),
    ("manager", &["documents:read", "documents:write", "members:write"]),
];

#[reducer(init)]
pub fn init(ctx: &ReducerContext) {
    ctx.db.administrator().insert(Administrator { identity: ctx.sender });
    for (role, permissions) in ROLES {
        for permission in permissions {
            ctx.db.role_permission().insert(RolePermission {
                id: 0,
                role: role.to_owned(),
                permission: (*permission).to_owned(),
            });
        }
    }
}

#[reducer]
pub fn add_administrator(ctx: &ReducerContext, identity: Identity) -> Result<(), String> {
    administrator(ctx)?;
    if ctx.db.administrator().identity().find(identity).is_none() {
        ctx.db.administrator().insert(Administrator { identity });
    }
    Ok(())
}

#[reducer]
pub fn create_tenant(ctx: &ReducerContext, tenant_id: String, name: String) -> Result<(), String> {
    administrator(ctx)?;
    if tenant_id.is_empty() {
        return Err(MALFORMED.into());
    }
    if ctx.db.tenant().id().find(&tenant_id).is_some() {
        return Err(CONFLICT.into());
    }
    ctx.db.tenant().insert(Tenant { id: tenant_id, name });
    Ok(())
}

/// An identity of an actor. The same call again changes nothing; another actor's identity is a conflict.
#[reducer]
pub fn register_actor(
    ctx: &ReducerContext,
    identity: Identity,
    actor_id: String,
    kind: ActorKind,
) -> Result<(), String> {
    administrator(ctx)?;
    if actor_id.is_empty() {
        return Err(MALFORMED.into());
    }
    match ctx.db.actor_identity().identity().find(identity) {
        Some(actor) if actor.actor_id == actor_id && actor.kind == kind => Ok(()),
        Some(_) => Err(CONFLICT.into()),
        None => {
            add_identity(ctx, ActorIdentity { identity, actor_id, kind });
            Ok(())
        }
    }
}

#[reducer]
pub fn set_membership(
    ctx: &ReducerContext,
    tenant_id: String,
    identity: Identity,
    role: String,
) -> Result<(), String> {
    let manager = manager(ctx, &tenant_id)?;
    if ctx.db.tenant().id().find(&tenant_id).is_none()
        || !ROLES.iter().any(|(name, _)| *name == role)
    {
        return Err(MALFORMED.into());
    }
    let actor = actor_id(ctx, identity)?;
    let was = membership(ctx, &tenant_id, &actor);
    if was.as_ref().is_some_and(|was| was.role == role) {
        return Ok(());
    }
    change(ctx, &tenant_id, &actor, &role);
    if was.is_none() {
        show(ctx, &tenant_id, &actor);
    }
    audit(ctx, &tenant_id, by(manager), "set_membership", format!("{actor} {role}"));
    Ok(())
}

#[reducer]
pub fn revoke_membership(
    ctx: &ReducerContext,
    tenant_id: String,
    identity: Identity,
) -> Result<(), String> {
    let manager = manager(ctx, &tenant_id)?;
    let actor = actor_id(ctx, identity)?;
    if membership(ctx, &tenant_id, &actor).is_none() {
        return Ok(());
    }
    change(ctx, &tenant_id, &actor, NO_ROLE);
    hide(ctx, &tenant_id, &actor);
    audit(ctx, &tenant_id, by(manager), "revoke_membership", actor);
    Ok(())
}

/// An identity of an actor, who sees with it what the actor's others see.
pub fn add_identity(ctx: &ReducerContext, added: ActorIdentity) {
    let (identity, actor_id) = (added.identity, added.actor_id.clone());
    ctx.db.actor_identity().insert(added);
    for membership in ctx.db.membership().actor_id().filter(&actor_id) {
        if membership.role != NO_ROLE {
            ctx.db.viewer().insert(Viewer { id: 0, tenant_id: membership.tenant_id, identity });
        }
    }
}

fn change(ctx: &ReducerContext, tenant_id: &str, actor_id: &str, role: &str) {
    let role = role.to_owned();
    match membership_of(ctx, tenant_id, actor_id) {
        Some(before) => {
            let version = before.version + 1;
            ctx.db.membership().id().update(Membership { role, version, ..before });
        }
        None => {
            let (tenant_id, actor_id) = (tenant_id.to_owned(), actor_id.to_owned());
            ctx.db.membership().insert(Membership { id: 0, tenant_id, actor_id, role, version: 1 });
        }
    }
}

fn show(ctx: &ReducerContext, tenant_id: &str, actor_id: &str) {
    for actor in ctx.db.actor_identity().actor_id().filter(actor_id) {
        let tenant_id = tenant_id.to_owned();
        ctx.db.viewer().insert(Viewer { id: 0, tenant_id, identity: actor.identity });
    }
}

fn hide(ctx: &ReducerContext, tenant_id: &str, actor_id: &str) {
    for viewer in ctx.db.viewer().tenant_id().filter(tenant_id) {
        if self::actor_id(ctx, viewer.identity).as_deref() == Ok(actor_id) {
            ctx.db.viewer().id().delete(viewer.id);
        }
    }
}
