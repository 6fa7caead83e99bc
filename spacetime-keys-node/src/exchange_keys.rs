//! Where an exchange has its keys from: files in a folder.

use std::path::PathBuf;

use serde_json::Value;
use spacetime_keys_core::Error;
use spacetime_keys_core::exchange::Exchange;
use spacetime_keys_rotation::exchange::{Marks, error_of, load};

use crate::failure::describe_failure;

pub(crate) struct ExchangeKeys {
    folder: PathBuf,
    marks: Option<Marks>,
}

/// What was read, and why it could not be.
type Loaded = (Result<Exchange, Error>, Option<Value>);

impl ExchangeKeys {
    #[expect(clippy::unnecessary_wraps, reason = "on the web it is refused")]
    pub(crate) fn at(folder: String) -> napi::Result<Self> {
        Ok(Self { folder: folder.into(), marks: None })
    }

    /// The keys, if the files are not as they were.
    pub(crate) fn changed(&mut self) -> Option<Loaded> {
        // Before they are read: what is written meanwhile is read the next time.
        let marks = Some(Marks::of(&self.folder));
        if marks == self.marks {
            return None;
        }
        self.marks = marks;
        let loaded = load(&self.folder);
        let failure = loaded.as_ref().err().map(describe_failure);
        Some((loaded.map_err(|failure| error_of(&failure)), failure))
    }
}
