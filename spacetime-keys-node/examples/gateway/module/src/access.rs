//! Who calls, and whether they may. Each reducer asks here first.

use spacetimedb::{Identity, ReducerContext, SpacetimeType, Table};

use crate::tables::*;

/// Why a call is refused: what the caller reads. The answer's text is the same for a tenant that does not
/// exist and for one of which the caller is no member.
pub type Refusal = &'static str;

pub const UNKNOWN_ACTOR: Refusal = "unknown actor";
pub const NOT_A_MEMBER: Refusal = "not a member";
pub const NOT_PERMITTED: Refusal = "not permitted";
pub const STALE_MEMBERSHIP: Refusal = "stale membership";
pub const NO_GRANT: Refusal = "no grant";
pub const KEY_REVOKED: Refusal = "key revoked";
pub const UNKNOWN_DOCUMENT: Refusal = "unknown document";
pub const CONFLICT: Refusal = "conflict";
pub const MALFORMED: Refusal = "malformed";

/// The role of a revoked membership. Its row stays, so that its version goes on when it is granted again.
pub const NO_ROLE: &str = "none";

/// What a gateway knows of a call beside its token. A 1.x module cannot read a token's claims.
#[derive(SpacetimeType)]
pub struct CallContext {
    /// The membership's version as the caller knows it.
    pub membership_version: Option<u32>,
    /// Which API key the calling robot stands for.
    pub api_key_ref: Option<String>,
    /// Who acts for the caller: the token's `act`.
    pub agent: Option<Identity>,
}

/// Somebody who may do what was asked.
pub struct Actor {
    pub id: String,
    /// Empty: nobody.
    pub agent_id: String,
}

/// An actor who acts for nobody else.
pub fn by(id: String) -> Actor {
    Actor { id, agent_id: String::new() }
}

/// The caller, if they may do this in this tenant.
pub fn permitted(
    ctx: &ReducerContext,
    tenant_id: &str,
    permission: &str,
    call: &CallContext,
) -> Result<Actor, Refusal> {
    let allowed = || {
        let id = actor_id(ctx, ctx.sender)?;
        match &call.api_key_ref {
            Some(key_ref) => allowed_by_key(ctx, key_ref, tenant_id, permission)?,
            None => allowed_by_role(ctx, &id, tenant_id, permission, call.membership_version)?,
        }
        let agent_id = match call.agent {
            Some(agent) => agent_of(ctx, agent, tenant_id)?,
            None => String::new(),
        };
        Ok(Actor { id, agent_id })
    };
    allowed().map_err(|refusal| refuse(ctx, permission, refusal))
}

pub fn administrator(ctx: &ReducerContext) -> Result<(), Refusal> {
    match ctx.db.administrator().identity().find(ctx.sender) {
        Some(_) => Ok(()),
        None => Err(refuse(ctx, "administrator", NOT_PERMITTED)),
    }
}

/// Administrators manage every tenant, and members with the permission their own.
pub fn manager(ctx: &ReducerContext, tenant_id: &str) -> Result<String, Refusal> {
    if ctx.db.administrator().identity().find(ctx.sender).is_some() {
        return Ok(actor_id(ctx, ctx.sender).unwrap_or_else(|_| "administrator".to_owned()));
    }
    let call = CallContext { membership_version: None, api_key_ref: None, agent: None };
    permitted(ctx, tenant_id, "members:write", &call).map(|actor| actor.id)
}

pub fn actor_id(ctx: &ReducerContext, identity: Identity) -> Result<String, Refusal> {
    let actor = ctx.db.actor_identity().identity().find(identity);
    actor.map(|actor| actor.actor_id).ok_or(UNKNOWN_ACTOR)
}

pub fn membership(ctx: &ReducerContext, tenant_id: &str, actor_id: &str) -> Option<Membership> {
    membership_of(ctx, tenant_id, actor_id).filter(|membership| membership.role != NO_ROLE)
}

/// A revoked one, too.
pub fn membership_of(ctx: &ReducerContext, tenant_id: &str, actor_id: &str) -> Option<Membership> {
    let mut memberships = ctx.db.membership().actor_id().filter(actor_id);
    memberships.find(|membership| membership.tenant_id == tenant_id)
}

pub fn audit(ctx: &ReducerContext, tenant_id: &str, actor: Actor, action: &str, subject: String) {
    ctx.db.audit_event().insert(AuditEvent {
        id: 0,
        at: ctx.timestamp,
        tenant_id: tenant_id.to_owned(),
        actor_id: actor.id,
        agent_id: actor.agent_id,
        action: action.to_owned(),
        subject,
    });
}

fn allowed_by_role(
    ctx: &ReducerContext,
    actor_id: &str,
    tenant_id: &str,
    permission: &str,
    version: Option<u32>,
) -> Result<(), Refusal> {
    let membership = membership(ctx, tenant_id, actor_id).ok_or(NOT_A_MEMBER)?;
    if version.is_some_and(|version| version != membership.version) {
        return Err(STALE_MEMBERSHIP);
    }
    let mut permissions = ctx.db.role_permission().role().filter(&membership.role);
    match permissions.any(|granted| granted.permission == permission) {
        true => Ok(()),
        false => Err(NOT_PERMITTED),
    }
}

fn allowed_by_key(
    ctx: &ReducerContext,
    key_ref: &String,
    tenant_id: &str,
    permission: &str,
) -> Result<(), Refusal> {
    let grant = ctx.db.api_key_grant().key_ref().find(key_ref).ok_or(NO_GRANT)?;
    let same = grant.identity == ctx.sender && grant.tenant_id == tenant_id;
    match (same && grant.permission == permission, grant.revoked) {
        (false, _) => Err(NO_GRANT),
        (true, true) => Err(KEY_REVOKED),
        (true, false) => Ok(()),
    }
}

fn agent_of(ctx: &ReducerContext, agent: Identity, tenant_id: &str) -> Result<String, Refusal> {
    let mut grants = ctx.db.impersonation_grant().agent().filter(agent);
    let granted = grants.any(|grant| {
        grant.user == ctx.sender && grant.tenant_id == tenant_id && grant.expires_at > ctx.timestamp
    });
    if !granted {
        return Err(NO_GRANT);
    }
    actor_id(ctx, agent)
}

/// An `Err` takes back every row that the call has written: the module's log is where a refusal stays.
fn refuse(ctx: &ReducerContext, permission: &str, refusal: Refusal) -> Refusal {
    log::warn!("refused: {refusal}; asked for: {permission}; by: {}", ctx.sender);
    refusal
}
