//! Administrators set up tenants and actors. There is always one.

use spacetimedb::{reducer, Identity, ReducerContext, Table};

use crate::access::*;
use crate::rules::*;
use crate::tables::*;

#[reducer]
pub fn add_administrator(ctx: &ReducerContext, identity: Identity) -> Answer {
    let administrator = administrator(ctx, "add_administrator")?;
    if ctx.db.administrator().identity().find(identity).is_none() {
        ctx.db.administrator().insert(Administrator { identity });
        audit(ctx, "", administrator, "add_administrator", identity.to_string());
    }
    Ok(())
}

#[reducer]
pub fn remove_administrator(ctx: &ReducerContext, identity: Identity) -> Answer {
    let administrator = administrator(ctx, "remove_administrator")?;
    if ctx.db.administrator().identity().find(identity).is_none() {
        return Ok(());
    }
    if ctx.db.administrator().count() == 1 {
        return Err(refuse(ctx, "remove_administrator", CONFLICT));
    }
    ctx.db.administrator().identity().delete(identity);
    audit(ctx, "", administrator, "remove_administrator", identity.to_string());
    Ok(())
}
