//! Who calls, and whether they may. Each reducer asks here first. The module for servers 2.x has this file,
//! too: what differs is in `call.rs`.

use std::fmt;

use spacetimedb::{Identity, ReducerContext, Table};

use crate::call::{caller, of_token, CallContext};
use crate::rules::*;
use crate::tables::*;

/// Somebody who may do what was asked.
pub struct Actor {
    pub id: String,
    /// Empty: nobody.
    pub agent_id: String,
}

/// A reducer's `Err`. None is made without a line in the log.
pub struct Refusal(Reason);

pub type Answer = Result<(), Refusal>;

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Refusal {
    /// To somebody outside of its tenant, a thing is as unknown as one that never was.
    pub fn unless_member(self, reason: Reason) -> Self {
        match self.0 {
            UNKNOWN_ACTOR | NOT_A_MEMBER => Self(reason),
            _ => self,
        }
    }
}

/// An `Err` takes back every row that the call has written: the module's log is where a refusal stays.
pub fn refuse(ctx: &ReducerContext, asked: &str, reason: Reason) -> Refusal {
    log::warn!("refused: {reason}; asked for: {asked}; by: {}", caller(ctx));
    Refusal(reason)
}

/// The caller, if they may do this in this tenant.
pub fn permitted(
    ctx: &ReducerContext,
    tenant_id: &str,
    permission: &str,
    call: &CallContext,
) -> Result<Actor, Refusal> {
    let allowed = || {
        let id = actor_id(ctx, caller(ctx))?;
        match &call.api_key_ref {
            Some(key_ref) => allowed_by_key(ctx, key_ref, &id, tenant_id, permission)?,
            None => allowed_by_role(ctx, &id, tenant_id, permission, call.membership_version)?,
        }
        let agent_id = match call.agent {
            Some(agent) => agent_of(ctx, agent, &id, tenant_id)?,
            None => String::new(),
        };
        Ok(Actor { id, agent_id })
    };
    allowed().map_err(|reason| refuse(ctx, permission, reason))
}

/// The calling administrator, for whom nobody else can act.
pub fn administrator(ctx: &ReducerContext, asked: &str) -> Result<Actor, Refusal> {
    if !is_administrator(ctx) {
        return Err(refuse(ctx, asked, NOT_PERMITTED));
    }
    if of_token(ctx)?.agent.is_some() {
        return Err(refuse(ctx, asked, NO_GRANT));
    }
    // The publisher need not be an actor.
    let id = actor_id(ctx, caller(ctx)).unwrap_or_else(|_| caller(ctx).to_string());
    Ok(Actor { id, agent_id: String::new() })
}

/// Administrators manage every tenant, and members with the permission their own.
pub fn manager(ctx: &ReducerContext, tenant_id: &str) -> Result<Actor, Refusal> {
    if is_administrator(ctx) {
        return administrator(ctx, WRITE_MEMBERS);
    }
    permitted(ctx, tenant_id, WRITE_MEMBERS, &of_token(ctx)?)
}

fn is_administrator(ctx: &ReducerContext) -> bool {
    ctx.db.administrator().identity().find(caller(ctx)).is_some()
}

/// The actor whose identity this is. Grants name an identity and mean its actor, who may have several.
pub fn actor_id(ctx: &ReducerContext, identity: Identity) -> Result<String, Reason> {
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

/// `tenant_id` is empty where an administrator's act is about no tenant.
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
) -> Result<(), Reason> {
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
    robot_id: &str,
    tenant_id: &str,
    permission: &str,
) -> Result<(), Reason> {
    let grant = ctx.db.api_key_grant().key_ref().find(key_ref).ok_or(NO_GRANT)?;
    let robot = actor_id(ctx, grant.identity);
    let own = grant.tenant_id == tenant_id && robot.as_deref() == Ok(robot_id);
    match (own && grant.permission == permission, grant.revoked) {
        (false, _) => Err(NO_GRANT),
        (true, true) => Err(KEY_REVOKED),
        (true, false) => Ok(()),
    }
}

fn agent_of(
    ctx: &ReducerContext,
    agent: Identity,
    user_id: &str,
    tenant_id: &str,
) -> Result<String, Reason> {
    let agent_id = actor_id(ctx, agent).map_err(|_| NO_GRANT)?;
    let granted = ctx.db.actor_identity().actor_id().filter(&agent_id).any(|agent| {
        ctx.db.impersonation_grant().agent().filter(agent.identity).any(|grant| {
            grant.tenant_id == tenant_id
                && grant.expires_at > ctx.timestamp
                && actor_id(ctx, grant.user).as_deref() == Ok(user_id)
        })
    });
    match granted {
        true => Ok(agent_id),
        false => Err(NO_GRANT),
    }
}
