//! When to publish a new key, to sign with it, and to take the old one out.
//!
//! Servers keep an issuer's key set and refresh it from time to time. One of the older generation
//! answers 401 to a `kid` that is not in the set it has, without fetching it again. So a new key is
//! published well before the first token is signed with it, and an old one stays until the last
//! token signed with it is refused.

use serde::Serialize;

/// The way in which servers keep an issuer's key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerCache {
    /// A server fetches a set again after this many seconds.
    pub refresh: u32,
    /// For so many seconds after its `exp` a token still passes.
    pub leeway: u32,
}

impl Default for ServerCache {
    /// The values that every server to date has built in.
    fn default() -> Self {
        Self { refresh: 300, leeway: 60 }
    }
}

impl ServerCache {
    /// How long to wait until every server has the present set: one refresh may fail, and be made
    /// up for by the next. Longer than the leeway, which runs out within it.
    pub const fn settle(self) -> u32 {
        let twice = self.refresh.saturating_mul(2);
        if twice > self.leeway { twice } else { self.leeway }
    }
}

/// The moments of a rollover, Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rollover {
    /// The new key goes into the set, beside the old one; tokens are still signed with the old.
    pub publish: i64,
    /// From here on tokens are signed with the new key, and none with the old.
    pub activate: i64,
    /// The old key goes out of the set. Its last token has expired, the leeway with it.
    pub retire: i64,
}

/// Plans a rollover that begins at `start` (Unix seconds), for tokens that live for
/// `token_lifetime` seconds at most.
pub fn rollover(start: i64, token_lifetime: u32, cache: ServerCache) -> Rollover {
    let settle = i64::from(cache.settle());
    let activate = start.saturating_add(settle);
    let last_expiry = activate.saturating_add(i64::from(token_lifetime));
    Rollover { publish: start, activate, retire: last_expiry.saturating_add(settle) }
}

/// One of the three moments, for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RolloverStep {
    /// `publish`, `activate` or `retire`.
    pub step: &'static str,
    /// Unix seconds.
    pub at: i64,
    /// The next step.
    pub action: &'static str,
    /// Why not earlier.
    pub reason: &'static str,
}

impl Rollover {
    /// The moments in their order, with what to do and why.
    pub const fn steps(&self) -> [RolloverStep; 3] {
        [
            RolloverStep {
                step: "publish",
                at: self.publish,
                action: "put the new public key into the set, beside the old one",
                reason: "each server must first fetch the set with the new key; tokens are still signed with the old key",
            },
            RolloverStep {
                step: "activate",
                at: self.activate,
                action: "sign with the new key, and no longer with the old one",
                reason: "every server has had two chances to fetch the new key by now; before 2.12 one that has not answers 401 at once",
            },
            RolloverStep {
                step: "retire",
                at: self.retire,
                action: "take the old public key out of the set",
                reason: "its last token has expired, the leeway with it, also by clocks that are a few minutes off",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_before_and_after() {
        let plan = rollover(1_000_000, 900, ServerCache::default());
        let expected =
            Rollover { publish: 1_000_000, activate: 1_000_600, retire: 1_000_600 + 900 + 600 };
        assert_eq!(plan, expected);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let plan = rollover(i64::MAX - 1, u32::MAX, ServerCache { refresh: u32::MAX, leeway: 0 });
        assert_eq!((plan.activate, plan.retire), (i64::MAX, i64::MAX));
    }

    #[test]
    fn a_leeway_longer_than_two_refreshes_decides() {
        assert_eq!(ServerCache { refresh: 10, leeway: 60 }.settle(), 60);
    }
}
