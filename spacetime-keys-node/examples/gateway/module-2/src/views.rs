//! Who sees what. A view is computed for each caller, and for open subscriptions whenever a row changes
//! that it has read; so a grant and a revocation show at once.

use spacetimedb::{view, ViewContext};

use crate::rules::{NO_ROLE, ROLES, WRITE_MEMBERS};
use crate::tables::*;

#[view(accessor = my_memberships, public)]
pub fn my_memberships(ctx: &ViewContext) -> Vec<Membership> {
    let Some(actor) = ctx.db.actor_identity().identity().find(ctx.sender()) else {
        return Vec::new();
    };
    let memberships = ctx.db.membership().actor_id().filter(&actor.actor_id);
    memberships.filter(|membership| membership.role != NO_ROLE).collect()
}

#[view(accessor = visible_documents, public)]
pub fn visible_documents(ctx: &ViewContext) -> Vec<Document> {
    let mine = my_memberships(ctx);
    mine.iter().flat_map(|member| ctx.db.document().tenant_id().filter(&member.tenant_id)).collect()
}

/// Of the tenants that the caller manages.
#[view(accessor = visible_audit_events, public)]
pub fn visible_audit_events(ctx: &ViewContext) -> Vec<AuditEvent> {
    let mine = my_memberships(ctx);
    let managed = mine.iter().filter(|member| manages(&member.role));
    managed.flat_map(|member| ctx.db.audit_event().tenant_id().filter(&member.tenant_id)).collect()
}

fn manages(role: &str) -> bool {
    ROLES.iter().any(|(name, granted)| *name == role && granted.contains(&WRITE_MEMBERS))
}
