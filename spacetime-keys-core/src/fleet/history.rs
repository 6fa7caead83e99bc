//! The pairs that a vault has held, and what became of each.

use super::decide::earlier_pair;
use super::{Environment, Origin, Policy, StoredVersion, Vault};
use crate::Fingerprint;

const SECONDS_A_DAY: i64 = 86_400;

/// The fate of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PastState {
    /// The vault holds it now.
    #[serde(rename = "in use")]
    InUse,
    /// A rollback returns to it.
    Previous,
    /// Another took its place, before the previous one.
    Retired,
    /// It has leaked.
    Revoked,
    /// It was mounted, and no vault has it.
    #[serde(rename = "set aside")]
    SetAside,
}

impl PastState {
    /// The state's word, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Previous => "previous",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::SetAside => "set aside",
        }
    }
}

/// A pair that an environment has had.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PastPair {
    /// Whose; `None` of one that was set aside.
    pub environment: Option<Environment>,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The pair's state.
    pub state: PastState,
    /// Why it was written (again) last: `adopt`, `rotate`, `rollback`, `resume`. Other tools say none.
    pub origin: Option<&'static str>,
    /// When that was, in Unix seconds.
    pub since: Option<i64>,
    /// Until when tokens of it are exchanged for new ones, in Unix seconds, where they were for a while.
    pub until: Option<i64>,
    /// When the policy wants another pair, in Unix seconds.
    pub due: Option<i64>,
    /// The run that wrote it.
    pub rotation_id: Option<String>,
}

/// The pairs of an environment's vault, the newest first.
pub fn history(policy: &Policy, vaults: &[Vault], environment: &Environment) -> Vec<PastPair> {
    let of = |name: &Environment| vaults.iter().find(|vault| vault.environment == *name);
    let Some(vault) = of(environment) else { return Vec::new() };
    let group = policy.group_of(environment).unwrap_or_default();
    let vaults: Vec<&Vault> = group.iter().filter_map(of).collect();
    let current = vault.private.fingerprint();
    let previous = current.and_then(|current| earlier_pair(&vaults, current).ok()?.fingerprint());
    let list = vault.retired.as_ref().ok().and_then(Option::as_ref);
    let earlier = vault.earlier_in_order().into_iter().rev();
    let versions: Vec<&StoredVersion> = vault.latest.iter().chain(earlier).collect();
    let mut pairs: Vec<PastPair> = Vec::new();
    for version in versions {
        let Some(fingerprint) = version.fingerprint else { continue };
        if pairs.iter().any(|pair| pair.fingerprint == fingerprint) {
            continue;
        }
        let retired = list.and_then(|list| list.find(fingerprint));
        let honored = retired.filter(|key| !key.revoked && key.honored_until > key.retired_at);
        let state = match retired {
            Some(key) if key.revoked => PastState::Revoked,
            _ if Some(fingerprint) == current => PastState::InUse,
            _ if Some(fingerprint) == previous => PastState::Previous,
            _ => PastState::Retired,
        };
        let days = i64::from(policy.max_age_days);
        let is_due = state == PastState::InUse && days > 0;
        pairs.push(PastPair {
            environment: Some(environment.clone()),
            fingerprint,
            state,
            origin: version.tags.origin.map(Origin::as_str),
            since: Some(version.created),
            until: honored.map(|key| key.honored_until),
            due: is_due.then(|| version.created.saturating_add(days * SECONDS_A_DAY)),
            rotation_id: version.tags.rotation_id.clone(),
        });
    }
    pairs
}
