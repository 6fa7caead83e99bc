//! After a change of issuer, each user has another identity: `spacetime-keys identity map` lists the pairs,
//! and these take them, a chunk a call.

use std::collections::HashMap;

use spacetimedb::{reducer, Identity, ReducerContext, SpacetimeType, Table};

use crate::access::*;
use crate::memberships::{add_identity, remove_identity};
use crate::rules::*;
use crate::tables::*;

#[derive(SpacetimeType)]
pub struct Link {
    pub old_identity: Identity,
    pub new_identity: Identity,
}

/// Both identities are one actor's from now on. The same chunk again changes nothing; a link that says
/// otherwise than one before it is a conflict, and then none of its chunk is taken. Users who were never
/// here are left out.
#[reducer]
pub fn link_identities(ctx: &ReducerContext, links: Vec<Link>) -> Answer {
    let administrator = administrator(ctx, "link_identities")?;
    let mut taken = 0;
    for link in links {
        taken += take(ctx, link).map_err(|reason| refuse(ctx, "link_identities", reason))?;
    }
    if taken > 0 {
        audit(ctx, "", administrator, "link_identities", taken.to_string());
    }
    Ok(())
}

/// How many links it made: one or none.
fn take(ctx: &ReducerContext, Link { old_identity, new_identity }: Link) -> Result<u32, Reason> {
    let links = ctx.db.identity_link();
    match (links.old_identity().find(old_identity), links.new_identity().find(new_identity)) {
        (Some(link), Some(_)) if link.new_identity == new_identity => return Ok(0),
        (None, None) => {}
        _ => return Err(CONFLICT),
    }
    let Some(actor) = ctx.db.actor_identity().identity().find(old_identity) else {
        return Ok(0);
    };
    // Or a circle could come of it.
    if old_identity == new_identity || links.old_identity().find(new_identity).is_some() {
        return Err(CONFLICT);
    }
    match ctx.db.actor_identity().identity().find(new_identity) {
        None => add_identity(ctx, ActorIdentity { identity: new_identity, ..actor }),
        // Registered when they came with their new token.
        Some(known) if known.actor_id == actor.actor_id => {}
        Some(_) => return Err(CONFLICT),
    }
    links.insert(IdentityLink { old_identity, new_identity });
    Ok(1)
}

/// The end of a change of issuer. A person who gets hold of an old issuer's domain or key can sign for its users,
/// for ever: after this, to nobody's use. What named an old identity names the one it is linked to.
/// Identities without a link are left alone.
#[reducer]
pub fn retire_identities(ctx: &ReducerContext, identities: Vec<Identity>) -> Answer {
    let administrator = administrator(ctx, "retire_identities")?;
    let mut successors = HashMap::new();
    for identity in identities {
        if let Some(successor) = successor(ctx, identity) {
            successors.insert(identity, successor);
            remove_identity(ctx, identity);
        }
    }
    if !successors.is_empty() {
        hand_over(ctx, &successors);
        audit(ctx, "", administrator, "retire_identities", successors.len().to_string());
    }
    Ok(())
}

/// Of a registered identity: the first linked one that is registered, too.
fn successor(ctx: &ReducerContext, identity: Identity) -> Option<Identity> {
    let is_registered = |identity| ctx.db.actor_identity().identity().find(identity).is_some();
    let mut next = identity;
    while is_registered(identity) {
        next = ctx.db.identity_link().old_identity().find(next)?.new_identity;
        if is_registered(next) {
            return Some(next);
        }
    }
    None
}

fn hand_over(ctx: &ReducerContext, successors: &HashMap<Identity, Identity>) {
    // A successor may have been retired with it.
    let now = |mut identity: Identity| {
        while let Some(successor) = successors.get(&identity) {
            identity = *successor;
        }
        identity
    };
    for grant in ctx.db.api_key_grant().iter() {
        let identity = now(grant.identity);
        if identity != grant.identity {
            ctx.db.api_key_grant().key_ref().update(ApiKeyGrant { identity, ..grant });
        }
    }
    for grant in ctx.db.impersonation_grant().iter() {
        let (agent, user) = (now(grant.agent), now(grant.user));
        if (agent, user) != (grant.agent, grant.user) {
            let grant = ImpersonationGrant { agent, user, ..grant };
            ctx.db.impersonation_grant().id().update(grant);
        }
    }
    for Administrator { identity } in ctx.db.administrator().iter() {
        if now(identity) != identity {
            ctx.db.administrator().identity().delete(identity);
            ctx.db.administrator().identity().delete(now(identity));
            ctx.db.administrator().insert(Administrator { identity: now(identity) });
        }
    }
}
