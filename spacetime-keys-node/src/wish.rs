//! What a run or a plan is asked for, as `lib/` sends it.

use serde::Deserialize;
use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::{Environment, Operation, Request};

use crate::options::expected;

/// The task of a run or a plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Wish {
    operation: String,
    pub(crate) environments: Vec<String>,
    pub(crate) host: Option<String>,
    #[serde(default)]
    pub(crate) dry_run: bool,
    sync_mounted: bool,
    preserve_publisher: bool,
    adopt_mounted: bool,
    replace_lost_key: bool,
    expect_identity: Option<String>,
    allow_unverified: bool,
    allow_external_issuer: bool,
    honor_old_tokens: Option<u32>,
    #[serde(default)]
    compromised: bool,
}

impl Wish {
    /// The request, with the names that were looked up.
    pub(crate) fn request(
        &self,
        environments: Vec<Environment>,
        host: Option<Environment>,
    ) -> Result<Request, Error> {
        Ok(Request {
            environments,
            host,
            sync_mounted: self.sync_mounted,
            preserve_publisher: self.preserve_publisher,
            adopt_mounted: self.adopt_mounted,
            replace_lost_key: self.replace_lost_key,
            expect_identity: expected(self.expect_identity.as_deref())?,
            allow_unverified: self.allow_unverified,
            allow_external_issuer: self.allow_external_issuer,
            honor_old_tokens: self.honor_old_tokens,
            compromised: self.compromised,
            ..Request::new(Operation::parse(&self.operation).unwrap_or(Operation::Resume))
        })
    }
}
