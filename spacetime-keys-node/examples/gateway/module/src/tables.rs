//! What is stored. Tables are private but for two: the documents, which a filter guards, and the list
//! that this filter joins.

use spacetimedb::{table, Identity, SpacetimeType, Timestamp};

/// A person or a program. One actor may have several identities: after a change of issuer, two.
#[table(name = actor_identity)]
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
#[table(name = administrator)]
pub struct Administrator {
    #[primary_key]
    pub identity: Identity,
}

#[table(name = tenant)]
pub struct Tenant {
    #[primary_key]
    pub id: String,
    pub name: String,
}

#[table(name = membership)]
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

#[table(name = role_permission)]
pub struct RolePermission {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub role: String,
    pub permission: String,
}

/// Which identity sees which tenant. Every client can read it: it says nothing else.
#[table(name = viewer, public)]
pub struct Viewer {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub tenant_id: String,
    #[index(btree)]
    pub identity: Identity,
}

#[table(name = document, public)]
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
#[table(name = impersonation_grant)]
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
#[table(name = api_key_grant)]
pub struct ApiKeyGrant {
    #[primary_key]
    pub key_ref: String,
    pub tenant_id: String,
    pub identity: Identity,
    pub permission: String,
    pub revoked: bool,
}

#[table(name = audit_event)]
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
#[table(name = identity_link)]
pub struct IdentityLink {
    #[primary_key]
    pub old_identity: Identity,
    #[unique]
    pub new_identity: Identity,
}
