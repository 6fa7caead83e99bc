//! What a membership and an identity come to on servers 1.x: rows of `viewer`, which the filter joins.

use spacetimedb::{Identity, ReducerContext, Table};

use crate::access::*;
use crate::rules::NO_ROLE;
use crate::tables::*;

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

/// To `NO_ROLE`, too. Each of the actor's identities sees the tenant as long as there is a role.
pub fn change_role(ctx: &ReducerContext, tenant_id: &str, actor_id: &str, role: &str) {
    let saw = membership(ctx, tenant_id, actor_id).is_some();
    match (saw, role != NO_ROLE) {
        (false, true) => show(ctx, tenant_id, actor_id),
        (true, false) => hide(ctx, tenant_id, actor_id),
        _ => {}
    }
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
