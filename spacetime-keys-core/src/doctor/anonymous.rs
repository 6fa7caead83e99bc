//! A project whose publishes are sent without a token (`anonymous: true`): no matter who is logged in, they
//! are a new identity's, each of them.

use super::version::status_of_not_owner;
use super::{DatabaseAnswer, Observations, Outcome, ProjectSeen, Reply};

/// What such a publish comes to: outcome, status and the verdict. `None` where the token decides as
/// ever, or the server is not there to say more.
pub(super) fn foretell(seen: &Observations) -> Option<(Outcome, Option<u16>, String)> {
    if !seen.project.is_anonymous() || !seen.server.is_there() {
        return None;
    }
    let (outcome, status, what) = match &seen.server.database {
        Reply::Is(DatabaseAnswer::OwnedBy(_)) => {
            let status = status_of_not_owner(seen.server.version());
            (Outcome::NotOwner, status, "it is refused, for the database has an owner")
        }
        Reply::Is(DatabaseAnswer::Unknown) | Reply::NotAsked => {
            let what = "a database that it creates could never be updated";
            (Outcome::Creates, Some(200), what)
        }
        _ => return None,
    };
    let status_said = status.map(|status| format!(" ({status})")).unwrap_or_default();
    let verdict = format!(
        "a publish from here is sent without the token (`anonymous: true`): {what}{status_said}"
    );
    Some((outcome, status, verdict))
}

impl ProjectSeen {
    /// Whether publishes from here are nobody's.
    pub(super) const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Read { anonymous: true, .. })
    }
}
