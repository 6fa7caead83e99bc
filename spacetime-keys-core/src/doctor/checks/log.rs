use crate::advice::{Advice, Choice, NextStep};
use crate::doctor::{Check, CheckName, KeyFilesFault, LogEvent, Observations};
use crate::server::Reason;

const NO_LOGIN: &str = "do not log in: that is a new identity, which owns nothing";

/// The last word of the log.
pub(super) fn log(seen: &Observations) -> Option<Check> {
    let name = CheckName::Log;
    let log = seen.log?;
    let Some(last) = log.last else {
        return Some(Check::broken(
            name,
            "the log says nothing of a publish",
            "give the log of the server and of what publishes: `docker compose logs --no-color`. A server of 2.x logs no refused publish; what the publishing program prints tells",
        ));
    };
    let line = last.line;
    if log.is_success() {
        return Some(Check::good(name, format!("line {line}: {last} came last")));
    }
    let because = match log.reason {
        Some(reason) if reason != last => format!(", after `{reason}`"),
        _ => String::new(),
    };
    let refused = log.refused.map(|identity| format!(" ({identity} was refused)"));
    let detail = format!("line {line}: `{last}` came last{because}{}", refused.unwrap_or_default());
    let hint = log.cause().and_then(|cause| hint(seen, cause)).unwrap_or_else(|| {
        let text = "the log does not say why: ask the server ({})";
        (text, [NextStep::Choose(Choice::Server)]).into()
    });
    Some(Check::broken(name, detail, hint))
}

/// The meaning of the cause, and the next step.
fn hint(seen: &Observations, cause: LogEvent) -> Option<Advice> {
    let text = match cause {
        LogEvent::Refused(reason) => return Some(of_reason(reason)),
        LogEvent::NotAuthorized | LogEvent::NotOwner | LogEvent::NameOfAnother => {
            return Some(
                format!("the token is valid, and its identity does not own the database: restore the owner's token; {NO_LOGIN}")
                    .into(),
            );
        }
        LogEvent::AccountNeeded => {
            "neither the token nor the owner is wrong: the server is set to let only accounts of spacetimedb.com create databases (TEMP_SPACETIMEAUTH_ISSUER_REQUIRED_TO_PUBLISH). On a server of your own, take that setting away; a database that is there can be updated all the same"
        }
        LogEvent::Locked => {
            "neither the token nor the owner is wrong: publish without deleting the data, or take the lock away (`spacetime unlock`)"
        }
        LogEvent::EnvironmentMissing => {
            "neither the token nor the owner is wrong: give the values that the module declares (`env` in spacetime.json, or variables of the shell that publishes)"
        }
        LogEvent::ModuleChanged => {
            "neither the token nor the owner is wrong: somebody else published first. Look at what is there, then publish again"
        }
        LogEvent::CannotIssue => {
            "the server can read its private key, but cannot sign with it (no public key inside, or not P-256): write it in canonical form, and restart the server"
        }
        LogEvent::KeyFiles(fault) => return Some(of_key_files(seen, fault)),
        LogEvent::NoConnection => {
            "the server did not answer: look whether it has started, and at the address that the publish used"
        }
        LogEvent::NoAccess => {
            "if the server says it at its start: its user cannot read the key files or write their folder, or the mount is read-only. If the publish says it: it cannot read the module"
        }
        LogEvent::Status(401) => return None,
        LogEvent::Status(403 | 502..=504) => {
            "a server says this in words of its own: a proxy or a gateway answered. Ask the server past it, or change its rules for /v1/"
        }
        LogEvent::Status(_) => {
            "look at what the publish printed: the module, the database's name and its data are what a server looks at besides token and owner"
        }
        _ => return None,
    };
    Some(text.into())
}

fn of_reason(reason: Reason) -> Advice {
    let text = match reason {
        Reason::InvalidSignature => format!(
            "the token is signed by another key than the server's: sign the same claims again; {NO_LOGIN}"
        ),
        Reason::ExpiredSignature => format!(
            "the token has expired. A token that a server issued (`localhost`): sign the same claims again; {NO_LOGIN}. A token of another issuer: get a new one of the same user there"
        ),
        Reason::IssuerKeys => {
            return (
                "the server could not read the keys of the token's issuer. From the server's machine, open ISSUER/.well-known/openid-configuration: it must name the set as `jwks_uri`. {} finds an entry that spoils the set. The server says the same of every other fault of such a token",
                [NextStep::JwksLint],
            )
                .into();
        }
        Reason::KeyIdNotFound | Reason::NoKeys | Reason::InvalidKey => {
            "the issuer's set has no key for this token, or the server has an older set: it reads the set every 5 minutes. Publish a new key 10 minutes before the first token that it signs".to_owned()
        }
        Reason::Missing => format!(
            "no `Bearer` token was sent: `spacetimedb_token` in cli.toml is empty, or no token; {NO_LOGIN}; restore the owner's token"
        ),
        _ => {
            return (
                "the token's form is wrong, with any signature: {} says what the server does not take, and what to do",
                [NextStep::TokenCheck],
            )
                .into();
        }
    };
    text.into()
}

fn of_key_files(seen: &Observations, fault: KeyFilesFault) -> Advice {
    let what = match fault {
        KeyFilesFault::Form => {
            "one of the two key files is not in a form that the server reads; it names none"
        }
        KeyFilesFault::Private => {
            "id_ecdsa is not there, or the server's user cannot read it; id_ecdsa.pub is there"
        }
        KeyFilesFault::Public => {
            "id_ecdsa.pub is not there, or the server's user cannot read it; id_ecdsa is there"
        }
        KeyFilesFault::Unreadable => {
            "the key files are not there, or the server's user cannot read them"
        }
        KeyFilesFault::NotNamed => {
            return "give --jwt-priv-key-path and --jwt-pub-key-path together, or name both under [certificate-authority] in the data folder's config.toml".into();
        }
    };
    if seen.mounted.is_some() {
        return format!("{what}: the checks of the mounted keys say which").into();
    }
    Advice::from(format!("{what}: name the folder that the server mounts them from ("))
        .and(NextStep::Choose(Choice::KeysDir))
        .and("), and their form, owner and mode are looked at")
}
