//! What is stored. No table is public: what clients see are the views.

use spacetimedb::{table, Identity, SpacetimeType, Timestamp};

/// A person or a program. One actor may have several identities: after a change of issuer, two.
#[table(accessor = actor_identity)]
pub struct ActorIdentity {
    #[primary_key]
    pub identity: Identity,
    #[index(btree)]
    pub actor_id: String,
    pub kind: ActorKind,
}

#[derive(SpacetimeType, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    User,
    Robot,
}

/// Who sets up tenants and actors: the app's own robot, and the publisher.
#[table(accessor = administrator)]
pub struct Administrator {
    #[primary_key]
    pub identity: Identity,
}

#[table(accessor = tenant)]
pub struct Tenant {
    #[primary_key]
    pub id: String,
    pub name: String,
}

#[table(accessor = membership)]
pub struct Membership {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub tenant_id: String,
    #[index(btree)]
    pub actor_id: String,
    pub role: String,
    /// Counts the changes of the role: a token or a form that was made before one is stale.
    pub version: u32,
}

#[table(accessor = role_permission)]
pub struct RolePermission {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub role: String,
    pub permission: String,
}

#[table(accessor = document)]
pub struct Document {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub tenant_id: String,
    pub title: String,
    pub body: String,
    pub version: u32,
    pub changed_by: Identity,
    pub changed_at: Timestamp,
}

/// An agent may act for a user, in one tenant, for a time.
#[table(accessor = impersonation_grant)]
pub struct ImpersonationGrant {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub agent: Identity,
    pub user: Identity,
    pub tenant_id: String,
    pub expires_at: Timestamp,
    pub reason: String,
}

/// An API key's robot may do one thing in one tenant. The key itself never comes here.
#[table(accessor = api_key_grant)]
pub struct ApiKeyGrant {
    #[primary_key]
    pub key_ref: String,
    pub tenant_id: String,
    pub identity: Identity,
    pub permission: String,
    pub revoked: bool,
}

#[table(accessor = audit_event)]
pub struct AuditEvent {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    pub at: Timestamp,
    #[index(btree)]
    pub tenant_id: String,
    pub actor_id: String,
    /// Who acted for the actor; empty: nobody.
    pub agent_id: String,
    pub action: String,
    pub subject: String,
}

/// An actor's identity under the issuer before, and under the one after.
#[table(accessor = identity_link)]
pub struct IdentityLink {
    #[primary_key]
    pub old_identity: Identity,
    #[unique]
    pub new_identity: Identity,
}
