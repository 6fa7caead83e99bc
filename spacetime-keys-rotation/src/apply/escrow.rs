//! Publishers' claims, kept in a vault.

use spacetime_keys_core::Error;
use spacetime_keys_core::error::Proof;
use spacetime_keys_core::fleet::{Environment, Escrow, Tags};
use spacetime_keys_core::jwt::Publisher;

use super::push::put;
use crate::clock;
use crate::error::Failure;
use crate::read::parse_escrow;
use crate::seen::Seen;
use crate::site::Site;
use crate::store::{JSON, NewSecret};

/// How often publishers that others put into the escrow at the same moment are taken in.
const MERGES: usize = 3;

/// Adds publishers to an environment's escrow. Several hosts share a vault, and may do so at the same
/// moment: what another one wrote in between is taken in. The version that was written.
pub(crate) fn escrow(
    site: &Site<'_>,
    environment: &Environment,
    publishers: &[Publisher],
    run: &str,
) -> Result<String, Failure> {
    let vault = site.settings.vault(environment)?;
    let store = site.store;
    let secret = site.settings.escrow_secret.as_str();
    let before = store.read(vault, secret)?;
    let mut seen = Seen::default();
    seen.add(vault, secret, &before.versions);
    // A damaged list is kept by the store as an earlier version; here a new one begins.
    let mut escrow = parse_escrow(&before).unwrap_or_default();
    for publisher in publishers {
        escrow.add(publisher.clone(), Some(clock::now()));
    }
    for _ in 0..MERGES {
        let json = escrow.to_json();
        let tags = Tags { rotation_id: Some(run.to_owned()), ..Tags::default() };
        let new = NewSecret { value: &json, content_type: JSON, tags };
        // A list that several hosts write is merged: several may write at a time.
        let (version, after) = put(site, vault, secret, &new, |_| Ok(()))?;
        let foreign = seen.foreign(vault, secret, &after.versions, run);
        if foreign.is_empty() {
            return Ok(version);
        }
        for other in foreign {
            let value = store.get(vault, secret, &other.version)?.value;
            escrow.merge(&Escrow::parse(&value).unwrap_or_default());
        }
        seen.add(vault, secret, &after.versions);
    }
    Err(Error::Unproven(Proof::ReadBack).into())
}
