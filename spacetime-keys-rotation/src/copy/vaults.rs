//! The contents of both sides of a copy for one environment.

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::copy::{SecretPlan, plan};
use spacetime_keys_core::fleet::{Environment, KeyState, PairState};
use spacetime_keys_core::{Error, Fingerprint};

use super::versions::{Purpose, Versions, read_vault};
use super::{CopiedEnvironment, CopyStep, Ends, LeftOut, refused};
use crate::error::{Failure, Kind};
use crate::site::Site;
use crate::store::each;

/// In the order of [`Settings::secrets`](crate::site::Settings::secrets).
const PURPOSES: [Purpose; 4] =
    [Purpose::Private, Purpose::Public, Purpose::Escrow, Purpose::Retired];

/// The order in which secrets are written. The public key is the last: until then no host can take
/// the destination for whole.
const ORDER: [Purpose; 4] = [Purpose::Retired, Purpose::Escrow, Purpose::Private, Purpose::Public];

/// One secret, on both sides.
pub(super) struct Pair {
    pub(super) purpose: Purpose,
    pub(super) source: Versions,
    pub(super) destination: Versions,
}

/// An environment's secrets, in the order in which they are written.
pub(super) struct Vaults {
    environment: Environment,
    pub(super) pairs: Vec<Pair>,
}

/// Whether an environment's vault has any version of anything.
pub(super) fn holds_any(site: &Site<'_>, environment: &Environment) -> Result<bool, Failure> {
    let vault = site.settings.vault(environment)?;
    let held = each(site.store, &site.settings.secrets(), |secret| {
        site.store.read(vault, secret).map(|history| !history.versions.is_empty())
    })?;
    Ok(held.contains(&true))
}

impl Vaults {
    pub(super) fn read(ends: &Ends<'_>, environment: &Environment) -> Result<Self, Failure> {
        let source = read_vault(ends.source, environment)?;
        let destination = read_vault(ends.destination, environment)?;
        let both = PURPOSES.into_iter().zip(source).zip(destination);
        let mut pairs: Vec<Pair> = both
            .map(|((purpose, mut source), destination)| {
                // Only the source's versions have to be good: the destination's are compared.
                source.leave_damaged_out(purpose);
                Pair { purpose, source, destination }
            })
            .collect();
        let place = |pair: &Pair| ORDER.iter().position(|purpose| *purpose == pair.purpose);
        pairs.sort_by_key(place);
        Ok(Self { environment: environment.clone(), pairs })
    }

    pub(super) const fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn has_any(&self) -> bool {
        self.pairs.iter().any(|pair| !pair.source.all.is_empty())
    }

    fn source(&self, purpose: Purpose) -> Option<&Versions> {
        self.pairs.iter().find(|pair| pair.purpose == purpose).map(|pair| &pair.source)
    }

    /// Fails where the source's latest keys are no pair: it has to be repaired there.
    pub(super) fn require_sound(&self) -> Result<(), Failure> {
        let state = |purpose, of: fn(&str) -> KeyState| {
            let latest = self.source(purpose).and_then(Versions::latest);
            match latest.map(|latest| &latest.content) {
                None => KeyState::Missing,
                Some(Some(content)) => of(&content.value),
                Some(None) => KeyState::Bad(Error::StoredUnreadable),
            }
        };
        let private = state(Purpose::Private, |pem| KeyState::of_private(pem).0);
        let public = state(Purpose::Public, |pem| KeyState::of_public(pem).0);
        match PairState::of(&private, &public) {
            PairState::Unsound(how) => {
                Err(Failure::in_environment(&self.environment, Error::GroupUnsound(how)))
            }
            PairState::Empty | PairState::Sound(_) | PairState::Unavailable => Ok(()),
        }
    }

    /// The versions to write, secret by secret.
    pub(super) fn plans(&self) -> Result<Vec<SecretPlan>, Failure> {
        let revoked = self.revoked();
        let plans = self.pairs.iter().map(|Pair { purpose, source, destination }| {
            // A rollback reads only private keys.
            let is_private = *purpose == Purpose::Private;
            let result = plan(&source.all, &destination.all, is_private.then_some(&*revoked));
            result.map_err(|refusal| {
                let from = (source.vault.as_str(), source.secret.as_str());
                let to = (destination.vault.as_str(), destination.secret.as_str());
                refused(refusal, from, to).in_environment_of(&self.environment)
            })
        });
        plans.collect()
    }

    pub(super) fn plan(
        &self,
        ends: &Ends<'_>,
    ) -> Result<(CopiedEnvironment, Vec<CopyStep>), Failure> {
        let settings = [ends.source.settings, ends.destination.settings];
        let [from, to] = settings.map(|settings| settings.vault(&self.environment));
        let mut copied = CopiedEnvironment {
            name: self.environment.clone(),
            from: from?.to_owned(),
            to: to?.to_owned(),
            versions: 0,
            there: 0,
            left_out: Vec::new(),
        };
        let mut steps = Vec::new();
        for (pair, plan) in self.pairs.iter().zip(self.plans()?) {
            let source = &pair.source;
            copied.versions += plan.total;
            copied.there += plan.there;
            let named = |index: &usize| source.all.get(*index).map(|found| found.version.clone());
            let left_out = plan.left_out.iter().filter_map(named);
            copied
                .left_out
                .extend(left_out.map(|version| LeftOut { secret: source.secret.clone(), version }));
            for write in &plan.writes {
                let Some(found) = source.all.get(write.source) else { continue };
                if ends.destination.store.is_remote() {
                    source.require_fits(found)?;
                }
                steps.push(CopyStep {
                    environment: self.environment.clone(),
                    secret: pair.destination.secret.clone(),
                    from: found.version.clone(),
                    position: write.position,
                    version: None,
                });
            }
        }
        Ok((copied, steps))
    }

    /// Pairs that no rollback returns to.
    fn revoked(&self) -> Vec<Fingerprint> {
        let latest = self.source(Purpose::Retired).and_then(Versions::latest);
        let content = latest.and_then(|latest| latest.content.as_ref());
        let list = content.and_then(|content| RetiredKeys::parse(&content.value).ok());
        let keys = list.iter().flat_map(RetiredKeys::keys).filter(|key| key.revoked);
        keys.map(|key| key.public_key.fingerprint()).collect()
    }

    /// Fails if the source is not what it was.
    pub(super) fn require_same_source(&self, after: &Self) -> Result<(), Failure> {
        let both = self.pairs.iter().zip(&after.pairs);
        let changed = both
            .map(|(before, after)| (&before.source, &after.source))
            .find(|(before, after)| before.names() != after.names());
        changed.map_or(Ok(()), |(before, _)| Err(before.changed()))
    }

    /// Fails if something is missing at the destination, or too much is there.
    pub(super) fn require_complete(&self) -> Result<(), Failure> {
        let plans = self.plans().map_err(|failure| match failure.kind() {
            // It was not there a moment ago.
            Kind::CopyDiverged { vault, secret, .. } => {
                let (vault, secret) = (vault.clone(), secret.clone());
                Kind::CopyChanged { vault, secret }.into()
            }
            _ => failure,
        })?;
        let unfinished = self.pairs.iter().zip(&plans).find(|(_, plan)| !plan.writes.is_empty());
        unfinished.map_or(Ok(()), |(pair, _)| Err(pair.destination.changed()))
    }
}
