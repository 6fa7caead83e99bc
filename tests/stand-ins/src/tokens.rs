//! The access tokens that were given out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a token must be for to be good at a vault.
pub(crate) const VAULTS: &str = "https://vault.azure.net";

#[derive(Debug)]
pub(crate) struct Tokens {
    /// How long new ones are good.
    pub(crate) lifetime: Duration,
    live: HashMap<String, (String, Instant)>,
    given: u64,
}

impl Tokens {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, live: HashMap::new(), given: 0 }
    }

    /// A new one, for the resource or the scope `audience`.
    pub(crate) fn give(&mut self, audience: &str) -> String {
        let resource = audience.strip_suffix("/.default").unwrap_or(audience);
        let resource = resource.trim_end_matches('/').to_owned();
        self.given += 1;
        // A marked text, so that a search for leaks finds it.
        let token = format!("stand-in-access-token-{:06}", self.given);
        self.live.insert(token.clone(), (resource, Instant::now() + self.lifetime));
        token
    }

    /// Whether `authorization` (the header) carries a token that is good now, for `audience` if
    /// that is given.
    pub(crate) fn allow(&self, authorization: Option<&str>, audience: Option<&str>) -> bool {
        let token = authorization.and_then(|header| header.strip_prefix("Bearer "));
        let Some((resource, expiry)) = token.and_then(|token| self.live.get(token)) else {
            return false;
        };
        Instant::now() < *expiry && audience.is_none_or(|wanted| wanted == resource)
    }

    pub(crate) fn revoke(&mut self) {
        self.live.clear();
    }
}
