//! What a server answered, as `lib/` tells it.

use serde::Deserialize;
use spacetime_keys_core::doctor::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct HttpAnswer {
    status: u16,
    content_type: String,
    body: String,
}

impl HttpAnswer {
    pub(crate) fn as_answer(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            content_type: &self.content_type,
            body: Some(self.body.as_bytes()),
        }
    }
}
