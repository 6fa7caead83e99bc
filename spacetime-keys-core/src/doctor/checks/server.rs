use crate::doctor::outcome::{self, TokenFate};
use crate::doctor::{Check, CheckName, ForeignKind, Observations};
use crate::server::Rules;

/// Whether a SpacetimeDB server answers, and nobody else does.
pub(super) fn server(seen: &Observations) -> Option<Check> {
    let name = CheckName::Server;
    let server = &seen.server;
    if !server.was_asked() {
        return None;
    }
    let to_token = match outcome::token(seen) {
        TokenFate::Foreign(foreign) => Some(foreign).filter(|_| server.is_there()),
        _ => None,
    };
    if let Some(foreign) = to_token.or_else(|| server.foreign()) {
        let (status, what) = (foreign.status, foreign.kind.as_str());
        let hint = match foreign.kind {
            ForeignKind::Redirect => {
                "name the URL that it redirects to; the token was not sent there, and a publish is not sent on, either"
            }
            ForeignKind::Gateway => {
                "the gateway is up and the server behind it is not: start it, or mend the gateway's address of it"
            }
            _ if has_path(seen) => {
                "the URL has a path behind its host: name it without the path, unless a proxy serves the server there"
            }
            _ => {
                "a proxy, a login page or another program stands there: ask the server itself, past it, or mend its rules for /v1/"
            }
        };
        return Some(Check::broken(
            name,
            format!("{what} came instead of its answer ({status})"),
            hint,
        ));
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

/// What is foretold depends on it.
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

/// Whether the URL that was asked has a path behind its host.
fn has_path(seen: &Observations) -> bool {
    let url = seen.places.server.as_deref().unwrap_or_default();
    url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
}
