//! Tenants, actors, and who is a member of what.

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::call::caller;
use crate::memberships::{add_identity, change_role};
use crate::rules::*;
use crate::tables::*;

#[reducer(init)]
pub fn init(ctx: &ReducerContext) {
    ctx.db.administrator().insert(Administrator { identity: caller(ctx) });
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
    audit(ctx, &tenant_id, administrator, "create_tenant", String::new());
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
    audit(ctx, "", administrator, "register_actor", format!("{actor_id} {identity}"));
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
    if membership(ctx, &tenant_id, &actor).is_some_and(|was| was.role == role) {
        return Ok(());
    }
    change_role(ctx, &tenant_id, &actor, &role);
    audit(ctx, &tenant_id, manager, "set_membership", format!("{actor} {role}"));
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
    change_role(ctx, &tenant_id, &actor, NO_ROLE);
    audit(ctx, &tenant_id, manager, "revoke_membership", actor);
    Ok(())
}
