//! Work off the main thread, on Node's pool.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Status, Task};

type Work = Box<dyn FnOnce() -> napi::Result<String> + Send>;

/// A piece of work whose result is JSON.
pub struct Bulk(Option<Work>);

pub(crate) fn in_background(
    work: impl FnOnce() -> napi::Result<String> + Send + 'static,
) -> AsyncTask<Bulk> {
    AsyncTask::new(Bulk(Some(Box::new(work))))
}

impl Task for Bulk {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let bug = || napi::Error::new(Status::GenericFailure, "bug");
        let work = self.0.take().ok_or_else(bug)?;
        // A panic must not end the caller's process.
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(bug()))
    }

    fn resolve(&mut self, _: Env, json: String) -> napi::Result<String> {
        Ok(json)
    }
}
