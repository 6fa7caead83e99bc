//! Tenants, actors, and who is a member of what.

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::rules::*;
use crate::tables::*;

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
pub fn create_tenant(ctx: &ReducerContext, tenant_id: String, name: String) -> Answer {
    let administrator = administrator(ctx, "create_tenant")?;
    if !is_id(&tenant_id) || !is_line(&name) {
        return Err(refuse(ctx, "create_tenant", MALFORMED));
    }
    if ctx.db.tenant().id().find(&tenant_id).is_some() {
        return Err(refuse(ctx, "create_tenant", CONFLICT));
    }
    audit(ctx, &tenant_id, by(administrator), "create_tenant", String::new());
    ctx.db.tenant().insert(Tenant { id: tenant_id, name });
    Ok(())
}

/// An identity of an actor. The same call again changes nothing; another actor's identity is a conflict, and
/// so is an actor who is a user with one identity and a robot with another.
#[reducer]
pub fn register_actor(
    ctx: &ReducerContext,
    identity: Identity,
    actor_id: String,
    kind: ActorKind,
) -> Answer {
    let administrator = administrator(ctx, "register_actor")?;
    if !is_id(&actor_id) {
        return Err(refuse(ctx, "register_actor", MALFORMED));
    }
    if let Some(known) = ctx.db.actor_identity().identity().find(identity) {
        return match known.actor_id == actor_id && known.kind == kind {
            true => Ok(()),
            false => Err(refuse(ctx, "register_actor", CONFLICT)),
        };
    }
    let is_other = |known: ActorIdentity| known.kind != kind;
    if ctx.db.actor_identity().actor_id().filter(&actor_id).any(is_other) {
        return Err(refuse(ctx, "register_actor", CONFLICT));
    }
    audit(ctx, "", by(administrator), "register_actor", format!("{actor_id} {identity}"));
    add_identity(ctx, ActorIdentity { identity, actor_id, kind });
    Ok(())
}

#[reducer]
pub fn set_membership(
    ctx: &ReducerContext,
    tenant_id: String,
    identity: Identity,
    role: String,
) -> Answer {
    let manager = manager(ctx, &tenant_id)?;
    let refused = |reason| refuse(ctx, "set_membership", reason);
    if ctx.db.tenant().id().find(&tenant_id).is_none() || !is_role(&role) {
        return Err(refused(MALFORMED));
    }
    let actor = actor_id(ctx, identity).map_err(refused)?;
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
pub fn revoke_membership(ctx: &ReducerContext, tenant_id: String, identity: Identity) -> Answer {
    let manager = manager(ctx, &tenant_id)?;
    let actor =
        actor_id(ctx, identity).map_err(|reason| refuse(ctx, "revoke_membership", reason))?;
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

/// Nobody's from now on.
pub fn remove_identity(ctx: &ReducerContext, identity: Identity) {
    ctx.db.actor_identity().identity().delete(identity);
    ctx.db.viewer().identity().delete(identity);
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
    for actor in ctx.db.actor_identity().actor_id().filter(actor_id) {
        for viewer in ctx.db.viewer().identity().filter(actor.identity) {
            if viewer.tenant_id == tenant_id {
                ctx.db.viewer().id().delete(viewer.id);
            }
        }
    }
}
