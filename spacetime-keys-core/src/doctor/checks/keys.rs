use crate::advice::{Choice, NextStep};
use crate::doctor::{Check, CheckName, Observations, Reply};
use crate::error::Unsound;
use crate::fleet::{KeyState, PairState, Unreadable, Vault};
use crate::pem::Effect;
use crate::{Fingerprint, PublicKey};

fn pair(seen: &Observations) -> Option<PairState> {
    let files = &seen.mounted.as_ref()?.files;
    Some(PairState::of(&files.private, &files.public))
}

/// Whether the server uses the mounted key.
pub(super) fn served(seen: &Observations) -> Option<Check> {
    let name = CheckName::ServedKey;
    if !seen.server.is_there() {
        return None;
    }
    let Reply::Is(served) = &seen.server.public_key else {
        return Some(Check::unseen(name, "the server does not show its public key"));
    };
    let fingerprint = match &served.state {
        KeyState::Found { fingerprint, .. } => *fingerprint,
        KeyState::Bad(error) => {
            return Some(Check::broken(
                name,
                format!("the server shows a key that it cannot verify with: {error}"),
                "it accepts no token that it issued: give it a P-256 pair, and restart it",
            ));
        }
        _ => return Some(Check::unseen(name, "the server does not show its public key")),
    };
    let short = fingerprint.short();
    if served.state.effect() > Effect::Harmless {
        return Some(Check::broken(
            name,
            format!("the server uses {short}, in a form that it cannot verify with"),
            "every token is refused until the file is in canonical form, and the server restarted",
        ));
    }
    let Some(PairState::Sound(mounted)) = pair(seen) else {
        let detail = format!("the server uses {short}; there is no pair to compare it with");
        return Some(Check::unseen(name, detail));
    };
    let in_use = |vault: &Vault| vault.private.fingerprint().is_some();
    let is_strange =
        seen.vaults.iter().any(in_use) && !seen.vaults.iter().any(|vault| vault.knows(fingerprint));
    if mounted == fingerprint && is_strange {
        return Some(Check::warning(
            name,
            format!("the server uses the mounted key, {short}, which no vault has"),
            (
                "if you did not put it there, the server made it: without files (an empty mount, a wrong path), a server silently makes a pair of its own. {} and a restart bring the vault's pair back; {} keeps this one",
                [NextStep::SYNC, NextStep::AdoptMounted],
            ),
        ));
    }
    if mounted == fingerprint {
        return Some(Check::good(name, format!("the server uses the mounted key, {short}")));
    }
    let detail = format!("the server uses {short}, and {} is mounted", mounted.short());
    let hint = if is_known(seen, fingerprint) {
        "the files were replaced since the server started: it reads them at start-up only. If it uses the old key after a restart, too, it mounts another folder"
    } else {
        "the key that it uses is not known here. If the files were replaced since it started, restart it. If not, it mounts another folder: look at its volumes and at --jwt-priv-key-path. A server that finds no files silently makes a pair of its own"
    };
    Some(Check::broken(name, detail, hint))
}

/// Whether somebody had this key before: the store, the token, or `cli.toml`.
fn is_known(seen: &Observations, key: Fingerprint) -> bool {
    let token = match seen.cli_toml.token() {
        Some(crate::doctor::TokenSeen::Found(facts)) => facts.signed_by,
        _ => None,
    };
    token == Some(key)
        || seen.vaults.iter().any(|vault| vault.knows(key))
        || seen.cli_toml.server_keys().iter().any(|server| server.fingerprint == key)
}

/// Whether the mounted files are a pair.
pub(super) fn mounted(seen: &Observations) -> Option<Check> {
    let name = CheckName::MountedKeys;
    let Some(mounted) = &seen.mounted else {
        let text = "the mounted key files were not looked at ({})";
        return Some(Check::unseen(name, (text, [NextStep::Choose(Choice::KeysDir)])));
    };
    let files = &mounted.files;
    Some(match PairState::of(&files.private, &files.public) {
        PairState::Sound(pair) => Check::good(name, format!("a pair, {}", pair.short())),
        PairState::Empty => Check::broken(
            name,
            "neither id_ecdsa nor id_ecdsa.pub is there",
            (
                "a server that finds neither makes a pair of its own, silently, and every token is refused: compare the folder with what the server mounts. If it is this one, and no vault or backup has the pair, {} makes a new one and re-signs the token with it",
                [NextStep::KeyGenerate(None)],
            ),
        ),
        PairState::Unavailable if let Some(why) = seen.unread(name) => {
            Check::broken(name, why.detail.clone(), why.hint.clone())
        }
        PairState::Unavailable => Check::broken(
            name,
            "the key files cannot be read by this user",
            "run this as the server's user. One that cannot read them either does not start (1.2), or replaces them by a new pair (2.8)",
        ),
        PairState::Unsound(Unsound::HalfWritten) => {
            let missing =
                if files.private == KeyState::Missing { "id_ecdsa" } else { "id_ecdsa.pub" };
            Check::broken(
                name,
                format!("{missing} is missing"),
                "a server refuses to start with one of the two",
            )
        }
        PairState::Unsound(Unsound::Mismatched) => Check::broken(
            name,
            "id_ecdsa and id_ecdsa.pub belong to different pairs",
            "a server starts with them, and refuses every token that it then issues: the private key decides",
        ),
        PairState::Unsound(_) => {
            let (file, error) = match (&files.private, &files.public) {
                (KeyState::Bad(error), _) => ("id_ecdsa", error),
                (_, KeyState::Bad(error)) => ("id_ecdsa.pub", error),
                _ => return None,
            };
            let misplaced = files.misplaced.private.fingerprint();
            if misplaced.is_some() && misplaced == files.misplaced.public.fingerprint() {
                return Some(Check::broken(
                    name,
                    "the two key files are swapped: id_ecdsa holds the public key, and id_ecdsa.pub the private one",
                    "a server refuses to start with them. The pair is whole: swap the two files",
                ));
            }
            Check::broken(name, format!("{file}: {error}"), error.advice())
        }
    })
}

/// Whether a server can work with the files' form.
pub(super) fn form(seen: &Observations) -> Option<Check> {
    let name = CheckName::KeyForm;
    let files = &seen.mounted.as_ref()?.files;
    let is_misplaced = [&files.misplaced.private, &files.misplaced.public]
        .into_iter()
        .any(|key| key.fingerprint().is_some());
    if files.keys.is_empty() || is_misplaced {
        return None;
    }
    Some(match files.private.effect().max(files.public.effect()) {
        Effect::Harmless => Check::good(name, "in a form that servers read"),
        Effect::StartsBroken => Check::broken(
            name,
            "in a form with which a server starts, but is broken",
            "it cannot issue tokens, or refuses those that it issues: the same keys in canonical form work",
        ),
        Effect::RefusesToStart => Check::broken(
            name,
            "in a form with which a server refuses to start",
            "one that runs has read something else: at its next start it would not come up",
        ),
    })
}

/// Whether only the right users can read the files.
pub(super) fn mode(seen: &Observations) -> Option<Check> {
    let name = CheckName::KeyMode;
    let mounted = seen.mounted.as_ref()?;
    let private = mounted.private_mode?;
    Some(if private & 0o007 != 0 {
        Check::broken(
            name,
            "everybody on this host can read the private key",
            "anyone who has it can act as any user, and no server warns of it",
        )
    } else if mounted.is_locked() {
        Check::broken(
            name,
            "the files' own owner may not read them",
            "a server that runs as that user does not start (1.2), or replaces both by a new pair (2.8)",
        )
    } else if let Some(unreadable) = unreadable(seen) {
        let (detail, hint) = (unreadable.message(), unreadable.effect());
        // One that runs was started by somebody who can, or before.
        let hint = format!("{hint}: `{}`", unreadable.command());
        if seen.server.is_there() {
            Check::warning(name, detail, hint)
        } else {
            Check::broken(name, detail, hint)
        }
    } else {
        Check::good(name, "the private key is only for its owner and group")
    })
}

/// What the folder's owner cannot read. A server that uses the mounted key has read it.
fn unreadable(seen: &Observations) -> Option<Unreadable> {
    let mounted = seen.mounted.as_ref()?;
    let served = seen.server.served_key().map(PublicKey::fingerprint);
    let is_read = served.is_some() && served == mounted.files.private.fingerprint();
    Unreadable::of(&mounted.places).filter(|_| !is_read)
}

/// The server's public key that `cli.toml` remembers.
pub(super) fn remembered(seen: &Observations) -> Option<Check> {
    let name = CheckName::ServerKey;
    let served = seen.server.served_key()?.fingerprint();
    let mut of_this =
        seen.cli_toml.server_keys().iter().filter(|key| key.is_this_server).peekable();
    of_this.peek()?;
    Some(if of_this.any(|key| key.fingerprint != served) {
        Check::warning(
            name,
            "cli.toml remembers an earlier public key of this server",
            "nothing breaks by it; `spacetime server fingerprint` shows and refreshes it",
        )
    } else {
        Check::good(name, "cli.toml remembers the server's key")
    })
}

/// Whether somebody has begun something.
pub(super) fn run(seen: &Observations) -> Option<Check> {
    if let Some(why) = seen.unread(CheckName::Run) {
        let detail = format!("whether a run was cut short could not be seen: {}", why.detail);
        return Some(Check::unseen(CheckName::Run, detail).with_hint(why.hint.clone()));
    }
    let run = seen.unfinished.as_ref()?;
    Some(if run.running {
        Check::broken(
            CheckName::Run,
            "a rotation or the like is at work right now",
            "wait until it has ended, then look again",
        )
    } else {
        let error = crate::Error::Unfinished;
        Check::broken(CheckName::Run, error.to_string(), error.advice())
    })
}
