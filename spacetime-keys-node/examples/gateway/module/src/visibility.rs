//! The documents that each user sees.
//!
//! On 1.x the joined table has to be public and without a filter of its own: with one, subscriptions are
//! refused ("require indexes on join columns") although the same SQL works when it is asked once.

use spacetimedb::{client_visibility_filter, Filter};

#[client_visibility_filter]
const DOCUMENTS_OF_MY_TENANTS: Filter = Filter::Sql(
    "SELECT document.* FROM document JOIN viewer ON document.tenant_id = viewer.tenant_id \
     WHERE viewer.identity = :sender",
);
