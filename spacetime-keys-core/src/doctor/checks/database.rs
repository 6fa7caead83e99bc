use crate::Identity;
use crate::advice::{Advice, Choice, NextStep};
use crate::doctor::fate;
use crate::doctor::{Check, CheckName, DatabaseAnswer, Observations, Reply};
use crate::fleet::Escrow;

/// Whether the database is there.
pub(super) fn database(seen: &Observations) -> Option<Check> {
    let name = CheckName::Database;
    if !seen.server.is_there() {
        return None;
    }
    let accepted = fate::token(seen).is_accepted();
    Some(match &seen.server.database {
        Reply::NotAsked => Check::unseen(
            name,
            ("no database was named ({})", [NextStep::Choose(Choice::Database)]),
        ),
        Reply::Unreached(_) | Reply::Foreign(_) => {
            Check::unseen(name, "the server did not tell of it")
        }
        Reply::Is(DatabaseAnswer::OwnedBy(_)) => Check::good(name, "it is there"),
        Reply::Is(DatabaseAnswer::Unknown) if seen.needs_account() => Check::broken(
            name,
            "there is none of this name, and this server lets only accounts of spacetimedb.com create databases (401)",
            "neither the token nor the owner is wrong: publish with a token of such an account, or to a server of your own. If the database should be there: compare the name",
        ),
        Reply::Is(DatabaseAnswer::Unknown) => {
            let (whose, check): (_, fn(CheckName, String) -> Check) = match seen.identity() {
                Some(identity) if accepted => {
                    (format!("{identity} would own it"), |name, detail| Check::good(name, detail))
                }
                _ => ("the first to publish would own it".to_owned(), |name, detail| {
                    Check::unseen(name, detail)
                }),
            };
            check(name, format!("there is none of this name: it would be created, and {whose}"))
                .with_hint(
                    "if it should be there: compare the name, the server's URL and its data folder",
                )
        }
        Reply::Is(DatabaseAnswer::BadName) => Check::broken(
            name,
            "no database can have this name (400)",
            "names have lowercase letters, digits and single hyphens in between",
        ),
        Reply::Is(DatabaseAnswer::CannotIssue) if accepted => Check::broken(
            name,
            "there is none of this name, and the server cannot create one: its private key is in a form that it cannot sign with",
            "give the server its key in a sound form, and restart it",
        ),
        Reply::Is(DatabaseAnswer::CannotIssue) => Check::unseen(
            name,
            "the server cannot answer without a token: its private key is in a form that it cannot sign with",
        ),
    })
}

/// Whether the parent is there, where a name has one.
pub(super) fn parent(seen: &Observations) -> Option<Check> {
    const READ: &str = "the SpacetimeDB CLI 2.x takes the part of the name before `/` for a parent database, and publishes the part behind it";
    let name = CheckName::Parent;
    Some(match &seen.server.parent {
        Reply::NotAsked => return None,
        Reply::Is(DatabaseAnswer::OwnedBy(_)) => {
            Check::good(name, "the parent database is there").with_hint(READ)
        }
        Reply::Is(DatabaseAnswer::Unknown | DatabaseAnswer::BadName) => Check::broken(
            name,
            "the parent database is not there (400)",
            format!("{READ}: name a parent that is there, or leave that part out"),
        ),
        _ => Check::unseen(name, "the server did not tell of the parent database").with_hint(READ),
    })
}

/// Whether the token's identity owns the database.
pub(super) fn owner(seen: &Observations) -> Option<Check> {
    let name = CheckName::Owner;
    let owner = seen.owner()?;
    Some(match seen.identity() {
        Some(identity) if identity == owner => match issuer_of(seen, owner) {
            Some(issuer) => Check::good(
                name,
                format!(
                    "the token's identity owns it, a login at the OIDC issuer {issuer}: a rotation of the server's keys does not matter"
                ),
            ),
            None => Check::good(name, "the token's identity owns it"),
        },
        Some(identity) if seen.places.is_maincloud() => Check::unseen(
            name,
            format!("it is {owner}'s, and the token is {identity}'s"),
        )
        .with_hint(
            "on this server, an owner may be an organization, whose members publish with their own tokens. The server does not tell whether the token's identity is a member",
        ),
        Some(identity) => Check::broken(
            name,
            format!("it is {owner}'s, and the token is {identity}'s"),
            owner_hint(seen).and(if escrowed(seen) {
                ""
            } else {
                "; re-signed, it works again. An identity cannot be turned back into a token: if its claims are lost, you have to start over"
            }),
        ),
        None => Check::broken(
            name,
            format!("it is {owner}'s, and there is no token that says who publishes"),
            owner_hint(seen),
        ),
    })
}

/// The OIDC issuer that the owner logs in at, where the token or the escrow says so.
fn issuer_of(seen: &Observations, owner: Identity) -> Option<&str> {
    let escrows = seen.vaults.iter().filter_map(|vault| vault.escrow.as_ref().ok());
    let kept = escrows.flat_map(Escrow::publishers).find(|kept| kept.identity == owner);
    kept.filter(|kept| !kept.is_local()).map(|kept| kept.issuer.as_str())
}

fn owner_hint(seen: &Observations) -> Advice {
    if let Some(issuer) = seen.owner().and_then(|owner| issuer_of(seen, owner)) {
        let text = "the owner logs in at an OIDC issuer: log in there again; while that is not possible, {} signs in its place. The issuer is ";
        return Advice::from((text, [NextStep::MintOwner])).and(issuer.to_owned());
    }
    if escrowed(seen) {
        return "the owner's claims are in escrow: restore them".into();
    }
    let text = "look for the owner's token in backups of cli.toml ({} shows whose it is)";
    (text, [NextStep::PublisherDecode]).into()
}

fn escrowed(seen: &Observations) -> bool {
    seen.owner().is_some_and(|owner| {
        seen.vaults
            .iter()
            .any(|vault| vault.escrow.as_ref().is_ok_and(|escrow| escrow.holds(owner)))
    })
}

/// Whether the owner's claims are kept somewhere else than in the one token.
pub(super) fn escrow(seen: &Observations) -> Option<Check> {
    let name = CheckName::Escrow;
    if seen.owner().is_none() || seen.vaults.is_empty() {
        return None;
    }
    Some(if escrowed(seen) {
        Check::good(name, "the owner's claims are in escrow")
    } else {
        Check::warning(
            name,
            "the owner's claims are not in escrow",
            "if you lose the owner's token, you lose the database: a rotation or a sync puts its claims there",
        )
    })
}
