use crate::doctor::fate::{self, TokenFate};
use crate::doctor::{Check, CheckName, Observations};
use crate::server::Rules;

/// Whether a SpacetimeDB server answers, and nobody else does.
pub(super) fn server(seen: &Observations) -> Option<Check> {
    let name = CheckName::Server;
    let server = &seen.server;
    if !server.was_asked() {
        return None;
    }
    let to_token = match fate::token(seen) {
        TokenFate::Foreign(foreign) => Some(foreign).filter(|_| server.is_there()),
        _ => None,
    };
    if let Some(foreign) = to_token.or_else(|| server.foreign()) {
        let url = seen.places.server.as_deref().unwrap_or_default();
        return Some(Check::broken(name, foreign.to_string(), foreign.advice(url)));
    }
    if let (false, Some(why)) = (server.is_there(), server.unreached()) {
        return Some(Check::broken(name, why.as_str(), why.advice()));
    }
    if let Some(why) = server.unreached() {
        let detail = format!("it answers, but not to everything: {why}");
        return Some(Check::unseen(name, detail).with_hint(why.advice()));
    }
    Some(Check::good(name, "a SpacetimeDB server answers"))
}

/// Whether the server tells its version: the prediction depends on that.
pub(super) fn version(seen: &Observations) -> Option<Check> {
    if !seen.server.is_there() {
        return None;
    }
    Some(match seen.server.version() {
        Some(version) => {
            let rules = Rules::of_version(version).unwrap_or_default();
            Check::good(CheckName::Version, format!("{version} (judges tokens as {rules} does)"))
        }
        None => Check::unseen(
            CheckName::Version,
            "it does not tell its version: taken for one of the newest",
        ),
    })
}
