//! What a membership and an identity come to on servers 2.x: their rows, and nothing else. Views follow.

use spacetimedb::{Identity, ReducerContext, Table};

use crate::access::membership_of;
use crate::tables::*;

/// An identity of an actor.
pub fn add_identity(ctx: &ReducerContext, added: ActorIdentity) {
    ctx.db.actor_identity().insert(added);
}

/// Nobody's from now on.
pub fn remove_identity(ctx: &ReducerContext, identity: Identity) {
    ctx.db.actor_identity().identity().delete(identity);
}

/// To `NO_ROLE`, too.
pub fn change_role(ctx: &ReducerContext, tenant_id: &str, actor_id: &str, role: &str) {
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
