//! After a change of issuer, each user has another identity: `spacetime-keys identity map` lists the pairs,
//! and this takes them, a chunk a call.

use spacetimedb::{reducer, ReducerContext, SpacetimeType, Table};

use crate::access::*;
use crate::members::add_identity;
use crate::tables::*;

#[derive(SpacetimeType)]
pub struct Link {
    pub old_identity: spacetimedb::Identity,
    pub new_identity: spacetimedb::Identity,
}

/// Both identities are one actor's from now on. The same chunk again changes nothing; a link that says
/// otherwise than one before it is a conflict, and then none of its chunk is taken. Users who were never
/// here are left out.
#[reducer]
pub fn link_identities(ctx: &ReducerContext, links: Vec<Link>) -> Result<(), String> {
    administrator(ctx)?;
    for Link { old_identity, new_identity } in links {
        let by_old = ctx.db.identity_link().old_identity().find(old_identity);
        let by_new = ctx.db.identity_link().new_identity().find(new_identity);
        match (by_old, by_new) {
            (None, None) => {}
            (Some(link), Some(_)) if link.new_identity == new_identity => continue,
            _ => return Err(CONFLICT.into()),
        }
        let Some(actor) = ctx.db.actor_identity().identity().find(old_identity) else {
            continue;
        };
        if ctx.db.actor_identity().identity().find(new_identity).is_some() {
            return Err(CONFLICT.into());
        }
        ctx.db.identity_link().insert(IdentityLink { old_identity, new_identity });
        add_identity(ctx, ActorIdentity { identity: new_identity, ..actor });
    }
    Ok(())
}
