//! What the tenants' members write.

use spacetimedb::{reducer, ReducerContext, Table};

use crate::access::*;
use crate::call::{caller, of_token};
use crate::rules::*;
use crate::tables::*;

/// A new document (`document_id` 0), or another title and body of one.
#[reducer]
pub fn write_document(
    ctx: &ReducerContext,
    tenant_id: String,
    document_id: u64,
    title: String,
    body: String,
) -> Answer {
    let actor = permitted(ctx, &tenant_id, WRITE_DOCUMENTS, &of_token(ctx)?)?;
    if !is_line(&title) || !is_body(&body) {
        return Err(refuse(ctx, WRITE_DOCUMENTS, MALFORMED));
    }
    let before = match document_id {
        0 => None,
        id => Some(find(ctx, &tenant_id, id)?),
    };
    let document = Document {
        id: document_id,
        tenant_id: tenant_id.clone(),
        title,
        body,
        version: 1 + before.as_ref().map_or(0, |before| before.version),
        changed_by: caller(ctx),
        changed_at: ctx.timestamp,
    };
    let written = match before {
        None => ctx.db.document().insert(document),
        Some(_) => ctx.db.document().id().update(document),
    };
    audit(ctx, &tenant_id, actor, "write_document", written.id.to_string());
    Ok(())
}

#[reducer]
pub fn delete_document(ctx: &ReducerContext, tenant_id: String, document_id: u64) -> Answer {
    let actor = permitted(ctx, &tenant_id, WRITE_DOCUMENTS, &of_token(ctx)?)?;
    find(ctx, &tenant_id, document_id)?;
    ctx.db.document().id().delete(document_id);
    audit(ctx, &tenant_id, actor, "delete_document", document_id.to_string());
    Ok(())
}

/// Of this tenant. Another tenant's document is as unknown as one that never was.
fn find(ctx: &ReducerContext, tenant_id: &str, id: u64) -> Result<Document, Refusal> {
    let document = ctx.db.document().id().find(id);
    document
        .filter(|document| document.tenant_id == tenant_id)
        .ok_or_else(|| refuse(ctx, WRITE_DOCUMENTS, UNKNOWN_DOCUMENT))
}
