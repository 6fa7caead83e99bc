use crate::advice::{Advice, Choice, NextStep};
use crate::doctor::fate::{self, TokenFate};
use crate::doctor::{
    Check, CheckName, CliTomlSeen, Difference, Observations, Reply, TokenFacts, TokenSeen,
};
use crate::jwt::Kind;
use crate::{Error, Fingerprint, PublicKey};

const NO_LOGIN: &str = "do not log in again: that makes a new identity, which owns nothing";

fn facts(seen: &Observations) -> Option<&TokenFacts> {
    match seen.cli_toml.token()? {
        TokenSeen::Found(facts) => Some(facts),
        _ => None,
    }
}

/// The file itself.
pub(super) fn cli_toml(seen: &Observations) -> Option<Check> {
    let name = CheckName::CliToml;
    let named = || [NextStep::Choose(Choice::CliToml(None))];
    Some(match &seen.cli_toml {
        CliTomlSeen::NotLooked => return None,
        // When only a log was given, a missing `cli.toml` is not an error.
        CliTomlSeen::Missing if !seen.server.was_asked() => {
            Check::unseen(name, missing(seen).and(Advice::from((" ({})", named()))))
        }
        CliTomlSeen::Missing => Check::broken(
            name,
            missing(seen),
            (
                "name the one that the publish uses ({}): a publish without one has no token",
                named(),
            ),
        ),
        CliTomlSeen::Unreadable => match seen.unread(name) {
            Some(why) => Check::broken(name, why.detail.clone(), why.hint.clone()),
            None => Check::broken(
                name,
                "cli.toml cannot be read by this user",
                "run this as the user who publishes",
            ),
        },
        CliTomlSeen::Bad(error) => Check::broken(name, error.to_string(), error.advice()),
        CliTomlSeen::Read { .. } => Check::good(name, "cli.toml can be read"),
    })
}

/// Where it was looked for.
fn missing(seen: &Observations) -> Advice {
    let place = seen.places.cli_toml.as_str();
    if place.is_empty() {
        "there is no cli.toml".into()
    } else {
        format!("there is no {place}").into()
    }
}

/// Whether there is a token that a server could take.
pub(super) fn token(seen: &Observations) -> Option<Check> {
    let name = CheckName::Token;
    let missing = |detail: &'static str| {
        let hint = if seen.owner().is_some() {
            format!(
                "a publish is a new identity's then, and the database has an owner: {NO_LOGIN}; restore the owner's token"
            )
        } else {
            format!(
                "without a token, publish creates a database with a random owner, and you could never update it. If you published from here before, restore that token; {NO_LOGIN}"
            )
        };
        Check::broken(name, detail, hint)
    };
    let facts = match seen.cli_toml.token() {
        None if matches!(seen.cli_toml, CliTomlSeen::Missing) && seen.server.was_asked() => {
            return Some(missing("there is no token"));
        }
        None => return None,
        Some(TokenSeen::None) => return Some(missing("cli.toml holds no token")),
        Some(TokenSeen::Blank) => {
            let hint = format!(
                "it is sent all the same, and refused (400): {NO_LOGIN}; restore the owner's token"
            );
            return Some(Check::broken(name, "cli.toml holds an empty token", hint));
        }
        Some(TokenSeen::Found(facts)) => facts,
    };
    if !facts.can_be_sent {
        return Some(Check::broken(
            name,
            "the token has a line break or another control character in or around it",
            "the SpacetimeDB CLI cannot send it: re-signing it writes it without them",
        ));
    }
    if fate::token(seen).is_accepted() {
        return Some(Check::good(name, describe(facts)));
    }
    if let Some(flaw) = facts.flaw {
        // The hints of these two say how to get another JWT from an issuer; here that is not asked.
        let hint = match flaw {
            Error::TokenOpaque | Error::TokenEncrypted => {
                format!(
                    "no SpacetimeDB server takes it. If this host published before, its token was another one: restore that; {NO_LOGIN}"
                )
                .into()
            }
            _ => flaw.advice().and(format!("; {NO_LOGIN}")),
        };
        return Some(Check::broken(name, flaw.to_string(), hint));
    }
    Some(Check::good(name, describe(facts)))
}

fn describe(facts: &TokenFacts) -> &'static str {
    match (facts.kind, facts.is_local) {
        (Kind::Jwt, true) => "a token that a SpacetimeDB server issued (`localhost`)",
        (Kind::Jwt, false) => "a token of an external issuer",
        _ => "a token of an unknown kind",
    }
}

fn is_accepted(seen: &Observations) -> bool {
    fate::token(seen).is_accepted()
}

/// Whether it is past its `exp`.
pub(super) fn expiry(seen: &Observations) -> Option<Check> {
    let name = CheckName::TokenExpiry;
    let facts = facts(seen)?;
    let times = facts.times?;
    Some(if facts.has_expired(seen.now) && is_accepted(seen) {
        Check::warning(
            name,
            "the token has expired by this machine's clock, and the server takes it",
            "compare the two clocks: it will not take it for long",
        )
    } else if facts.has_expired(seen.now) {
        let hint = if facts.is_local {
            format!("re-sign the same claims; {NO_LOGIN}")
        } else {
            "get a fresh token of the same user from its issuer: the same `iss` and `sub` are the same identity".to_owned()
        };
        Check::broken(name, "the token has expired", hint)
    } else if times.exp.is_some() {
        Check::good(name, "the token has not expired yet")
    } else {
        Check::good(name, "the token does not expire")
    })
}

/// Whose key signed it.
pub(super) fn signature(seen: &Observations) -> Option<Check> {
    let name = CheckName::TokenSignature;
    let facts = facts(seen)?;
    if facts.kind != Kind::Jwt {
        return None;
    }
    let served = seen.server.served_key().map(PublicKey::fingerprint);
    let accepted = is_accepted(seen);
    Some(match (facts.signed_by, served) {
        (Some(by), Some(served)) if by == served => {
            Check::good(name, format!("signed by the server's key, {}", by.short()))
        }
        (None, _) if accepted => {
            Check::good(name, "signed by its issuer, whose keys the server has")
        }
        (Some(by), Some(_)) if accepted => Check::warning(
            name,
            format!("signed by {}, which is not the key that the server shows", by.short()),
            "the server takes it all the same: are there two servers behind this URL?",
        ),
        (Some(by), Some(_)) if is_mounted(seen, by) => Check::broken(
            name,
            format!("signed by {}, the mounted key, which the server does not use yet", by.short()),
            "the server takes it once it uses that key: it reads its files at start-up only",
        ),
        (Some(by), Some(_)) => Check::broken(
            name,
            format!("signed by {}, {}", by.short(), whose(seen, by)),
            format!("sign the same claims with the key that the server has; {NO_LOGIN}"),
        ),
        (Some(by), None) => {
            Check::unseen(name, format!("signed by {}; the server's key was not seen", by.short()))
        }
        (None, Some(_)) if facts.is_local => Check::broken(
            name,
            "signed by none of the known keys",
            (
                "if the identity is the owner's, name it to re-sign the token ({}). If it is not, the token is another server's",
                [NextStep::Choose(Choice::NameIdentity)],
            ),
        ),
        (None, Some(_)) => Check::broken(
            name,
            "signed by none of the known keys; its issuer's keys decide",
            (
                "{} says what the server makes of the issuer's set, which it must reach: ISSUER/.well-known/openid-configuration",
                [NextStep::TokenAsk],
            ),
        ),
        (None, None) => Check::unseen(name, "signed by none of the keys that were seen"),
    })
}

fn is_mounted(seen: &Observations, key: Fingerprint) -> bool {
    let mounted = seen.mounted.as_ref();
    mounted.is_some_and(|mounted| {
        mounted.files.keys.iter().any(|mounted| mounted.fingerprint() == key)
    })
}

fn whose(seen: &Observations, key: Fingerprint) -> &'static str {
    if seen.vaults.iter().any(|vault| vault.knows(key)) {
        return "a key of the store's, and not the one that the server uses";
    }
    if seen
        .cli_toml
        .server_keys()
        .iter()
        .any(|server| server.fingerprint == key && server.is_this_server)
    {
        return "the key that this server had before";
    }
    "a known key, and not the one that the server uses"
}

/// Whether the token belongs to another server of the same file.
pub(super) fn shared(seen: &Observations) -> Option<Check> {
    let facts = facts(seen)?;
    let by = facts.signed_by?;
    if !is_another_servers(seen, by) || is_accepted(seen) {
        return None;
    }
    Some(Check::broken(
        CheckName::SharedCliToml,
        "the token is signed by the key of another server in this cli.toml",
        "cli.toml has one token for all servers: give each server a file of its own (`spacetime --config-path FILE`), or let them share their keys",
    ))
}

/// Whether a key is remembered of another server in `cli.toml`, and is none of this one's.
pub(in crate::doctor) fn is_another_servers(seen: &Observations, key: Fingerprint) -> bool {
    let servers = seen.cli_toml.server_keys();
    let of = |this: bool| {
        servers.iter().any(|server| server.fingerprint == key && server.is_this_server == this)
    };
    let served = seen.server.served_key().is_some_and(|served| served.fingerprint() == key);
    of(false)
        && !of(true)
        && !is_mounted(seen, key)
        && !served
        && seen.server.served_key().is_some()
        && !seen.vaults.iter().any(|vault| vault.knows(key))
}

/// The server's own answer.
pub(super) fn accepted(seen: &Observations) -> Option<Check> {
    let name = CheckName::TokenAccepted;
    if !seen.server.is_there() {
        return None;
    }
    let expected = facts(seen).and_then(|facts| facts.verdict);
    let withheld = seen.server.withheld;
    Some(match fate::token(seen) {
        TokenFate::None | TokenFate::NeverSent | TokenFate::Foreign(_) => return None,
        TokenFate::Unknown => match withheld {
            Some(why) => Check::unseen(name, why.as_str()).with_hint(why.advice()),
            None => Check::unseen(name, "the server was not asked, or did not answer"),
        },
        TokenFate::Accepted => match withheld {
            Some(why) => {
                Check::warning(name, format!("the server should accept it; {why}"), why.advice())
            }
            None if matches!(seen.server.token, Reply::NotAsked) => {
                Check::good(name, "the server should accept it")
            }
            None => Check::good(name, "the server accepts it"),
        },
        TokenFate::Another => Check::broken(
            name,
            Difference::AnotherIdentity.detail(),
            Difference::AnotherIdentity.advice(),
        ),
        TokenFate::TakenOut => {
            Check::broken(name, Difference::TakenOut.detail(), Difference::TakenOut.advice())
        }
        TokenFate::Refused { status, reason } => {
            let wording = seen.server.wording();
            let said = reason.map_or("for a reason of its own", |reason| reason.words(wording));
            let surprising = expected.is_some_and(|verdict| verdict.accepted);
            let hint = if surprising {
                "the key that it shows verifies the token. Either the server cannot verify with its key file's form, or the clocks differ"
            } else {
                "the checks around this one say why"
            };
            let detail = match withheld {
                Some(why) => format!("the server refuses such a token ({status} {said}); {why}"),
                None => format!("the server refuses it: {status} {said}"),
            };
            Check::broken(name, detail, hint)
        }
    })
}
