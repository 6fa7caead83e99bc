use crate::Fingerprint;
use crate::advice::NextStep;
use crate::doctor::Command;
use crate::fleet::KeyState;
use crate::pem::Effect;

use super::convert::Container;
use super::host::{Files, Host};
use super::is_odd;

/// The plan for the mounted files.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct FilePlan {
    pub(super) steps: Vec<Command>,
    /// The vault's pair is mounted: a command that can sign the token, too.
    pub(super) sync: bool,
    /// The key that the server has at the end; `None` if that is not known beforehand.
    pub(super) key: Option<Fingerprint>,
    /// A new pair is made.
    pub(super) is_new: bool,
    /// The server must read its files again.
    pub(super) restart: bool,
    /// Something had to be repaired.
    pub(super) mends: bool,
}

impl FilePlan {
    pub(super) fn of(host: &Host<'_>) -> Self {
        let served = host.served;
        // The vault is where the truth is, unless the server lives by what is mounted.
        let strange = |mounted| host.vault.filter(|_| served != Some(mounted));
        let vault = |mounted| strange(mounted).filter(|(_, pair)| *pair != mounted);
        let mut plan = match host.files {
            Files::Unseen => Self { key: served, ..Self::default() },
            Files::Good(mounted) => match vault(mounted) {
                Some((_, pair)) => Self::sync(pair),
                None => Self { key: Some(mounted), ..Self::default() },
            },
            Files::Odd(mounted) => match vault(mounted) {
                Some((_, pair)) => Self::sync(pair),
                None => Self::normalize(host, mounted),
            },
            Files::Swapped(mounted) | Files::PrivateElsewhere(mounted) => match vault(mounted) {
                Some((_, pair)) => Self::sync(pair),
                None => Self::put_right(host, mounted),
            },
            Files::PublicLost(private) => match host.vault {
                Some((_, pair)) => Self::sync(pair),
                None => Self::derive(host, private),
            },
            Files::Empty => match host.vault {
                Some((_, pair)) => Self::sync(pair),
                // Another folder than the server's, most likely.
                None => Self { key: served, ..Self::default() },
            },
            Files::Contained(container) => match host.vault {
                Some((_, pair)) => Self::sync(pair),
                None => Self::take_out(host, container),
            },
            Files::PrivateLost => match host.vault {
                Some((_, pair)) => Self::sync(pair),
                None if host.works => Self { key: served, ..Self::default() },
                None => Self::new_pair(host),
            },
        };
        // The server may be down because it cannot read them.
        plan.mends |= host.is_down() && host.unreadable().is_some();
        plan.restart |= plan.needs_restart(host);
        plan
    }

    /// A new pair serves nobody if the token cannot follow it.
    pub(super) fn drop_new_pair(&mut self) {
        if self.is_new {
            *self = Self::default();
        }
    }

    /// Mounts the vault's pair as well.
    pub(super) fn add_sync(&mut self, host: &Host<'_>, pair: Fingerprint) {
        (self.sync, self.mends, self.key) = (true, true, Some(pair));
        self.restart |= self.needs_restart(host);
    }

    /// A server reads its files only at start-up.
    fn needs_restart(&self, host: &Host<'_>) -> bool {
        let other_key = host.served.is_some() && (self.is_new || self.key != host.served);
        // What is mounted may be sound again, or for long.
        other_key
            || (host.serves_broken && self.key.is_some() && host.files != Files::Unseen)
            || (host.cannot_issue && (self.mends || host.files.key().is_some()))
            || (self.mends && (host.is_down() || self.is_new))
    }

    fn sync(pair: Fingerprint) -> Self {
        Self { sync: true, mends: true, key: Some(pair), ..Self::default() }
    }

    fn normalize(host: &Host<'_>, key: Fingerprint) -> Self {
        let both = vec![host.file("id_ecdsa"), host.file("id_ecdsa.pub")];
        let effect = |key: &KeyState| key.effect() == Effect::StartsBroken;
        let files = host.seen.mounted.as_ref().map(|mounted| &mounted.files);
        Self {
            steps: vec![Command::Step(NextStep::KeyRewrite(both))],
            key: Some(key),
            mends: true,
            // It has started with them, and does not work.
            restart: host.seen.server.is_there()
                && files.is_some_and(|files| effect(&files.private) || effect(&files.public)),
            ..Self::default()
        }
    }

    fn derive(host: &Host<'_>, key: Fingerprint) -> Self {
        let mut steps = Vec::new();
        // It may be the only copy of another key.
        let other = host.misplaced().and_then(|misplaced| misplaced.private.fingerprint());
        if other.is_some_and(|other| other != key) {
            steps.push(host.renames("id_ecdsa.pub", "id_ecdsa.pub.damaged"));
        }
        let private = host.seen.mounted.as_ref().map(|mounted| &mounted.files.private);
        steps.extend(host.derives_public(private));
        Self { steps, key: Some(key), mends: true, ..Self::default() }
    }

    /// Without its public key, only a later look shows which key it is.
    fn take_out(host: &Host<'_>, container: Container) -> Self {
        let mut steps = container.steps(host);
        let files = host.seen.mounted.as_ref().map(|mounted| &mounted.files);
        let public = files.and_then(|files| files.public.fingerprint());
        if public.is_none() {
            // What another program has written, OpenSSL reads.
            steps.extend(host.derives_public(None));
        } else if files.is_some_and(|files| is_odd(&files.public)) {
            steps.push(Command::Step(NextStep::KeyRewrite(vec![host.file("id_ecdsa.pub")])));
        }
        Self { steps, key: public, mends: true, ..Self::default() }
    }

    /// The private key gets its own name back: the pair stays the one that it was.
    fn put_right(host: &Host<'_>, key: Fingerprint) -> Self {
        let is_swapped = matches!(host.files, Files::Swapped(_));
        let is_there = host
            .seen
            .mounted
            .as_ref()
            .is_some_and(|mounted| mounted.files.private != KeyState::Missing);
        let aside = if is_swapped { "id_ecdsa.swapped" } else { "id_ecdsa.damaged" };
        let mut steps = Vec::new();
        if is_there {
            steps.push(host.renames("id_ecdsa", aside));
        }
        steps.push(host.renames("id_ecdsa.pub", "id_ecdsa"));
        let misplaced = host.misplaced();
        let (private, public) =
            (misplaced.map(|found| &found.private), misplaced.map(|found| &found.public));
        if is_swapped {
            steps.push(host.renames(aside, "id_ecdsa.pub"));
        }
        steps.push(Command::Chmod { mode: 0o600, file: host.file("id_ecdsa") });
        if is_swapped {
            let odd: Vec<String> = [(private, "id_ecdsa"), (public, "id_ecdsa.pub")]
                .into_iter()
                .filter(|(key, _)| key.is_some_and(is_odd))
                .map(|(_, name)| host.file(name))
                .collect();
            if !odd.is_empty() {
                steps.push(Command::Step(NextStep::KeyRewrite(odd)));
            }
        } else {
            steps.extend(host.derives_public(private));
        }
        steps.push(Command::Chmod { mode: 0o644, file: host.file("id_ecdsa.pub") });
        Self { steps, key: Some(key), mends: true, ..Self::default() }
    }

    /// The rest of the old pair is kept beside the new one.
    fn new_pair(host: &Host<'_>) -> Self {
        let files = host.seen.mounted.as_ref().map(|mounted| &mounted.files);
        let mut steps = Vec::new();
        let is_there = |key: &KeyState| *key != KeyState::Missing;
        for (name, there) in [
            ("id_ecdsa", files.is_some_and(|files| is_there(&files.private))),
            ("id_ecdsa.pub", files.is_some_and(|files| is_there(&files.public))),
        ] {
            if there {
                steps.push(host.renames(name, &format!("{name}.damaged")));
            }
        }
        let folder = host.seen.places.keys_dir.clone();
        steps.push(Command::Step(NextStep::KeyGenerate(Some(folder))));
        Self { steps, is_new: true, mends: true, ..Self::default() }
    }
}
