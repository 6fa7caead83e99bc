//! Work that the addon does on another thread.

use napi::bindgen_prelude::AsyncTask;

/// The result of a piece of work: JSON.
pub struct Bulk(pub(crate) napi::Result<String>);

pub(crate) fn in_background(work: impl FnOnce() -> napi::Result<String>) -> AsyncTask<Bulk> {
    AsyncTask(Bulk(work()))
}
