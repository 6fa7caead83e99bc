use crate::advice::NextStep;
use crate::doctor::fate;
use crate::doctor::shell::file_in;
use crate::doctor::{
    Command, DatabaseAnswer, LogEvent, Observations, Outcome, Reply, TokenFacts, TokenSeen,
};
use crate::fleet::{Escrow, KeyState, Misplaced, PairState, Unreadable, Vault};
use crate::{Fingerprint, Identity, PublicKey};

use super::convert::Container;
use super::is_odd;

/// The host, as the remedy sees it.
pub(super) struct Host<'a> {
    pub(super) seen: &'a Observations,
    pub(super) files: Files,
    /// The key that the server uses now.
    pub(super) served: Option<Fingerprint>,
    /// Whether the server uses one that it cannot verify with.
    pub(super) serves_broken: bool,
    /// Whether its private key signs nothing.
    pub(super) cannot_issue: bool,
    /// Whose token it should be.
    pub(super) goal: Option<Identity>,
    /// The vault that this host belongs to, and its pair, if it is sound.
    pub(super) vault: Option<(&'a Vault, Fingerprint)>,
    /// Whether a publish works, as long as the server is not restarted.
    pub(super) works: bool,
}

/// The mounted files, by what can be done with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// They were not seen, or cannot be read.
    Unseen,
    /// Neither is there.
    Empty,
    /// A pair that a server can use.
    Good(Fingerprint),
    /// A pair in a form that a server cannot use.
    Odd(Fingerprint),
    /// The private key is good, and the public one is not its own.
    PublicLost(Fingerprint),
    /// Each of the two stands under the other's name.
    Swapped(Fingerprint),
    /// The private key stands under the public one's name, and no pair is left of the rest.
    PrivateElsewhere(Fingerprint),
    /// The private key is in a container that another program opens.
    Contained(Container),
    /// The private key is gone.
    PrivateLost,
}

impl Files {
    fn of(seen: &Observations) -> Self {
        let Some(mounted) = &seen.mounted else { return Self::Unseen };
        let (private, public) = (&mounted.files.private, &mounted.files.public);
        match PairState::of(private, public) {
            PairState::Unavailable => Self::Unseen,
            PairState::Empty => Self::Empty,
            PairState::Sound(pair) if is_odd(private) || is_odd(public) => Self::Odd(pair),
            PairState::Sound(pair) => Self::Good(pair),
            PairState::Unsound(_) => {
                let misplaced = &mounted.files.misplaced;
                let other = misplaced.private.fingerprint();
                match (private.fingerprint(), other) {
                    (Some(private), _) => Self::PublicLost(private),
                    (None, Some(key)) if misplaced.public.fingerprint() == other => {
                        Self::Swapped(key)
                    }
                    (None, Some(key)) => Self::PrivateElsewhere(key),
                    (None, None) => {
                        Container::of(private).map_or(Self::PrivateLost, Self::Contained)
                    }
                }
            }
        }
    }

    /// The key whose private half is there.
    pub(super) const fn key(self) -> Option<Fingerprint> {
        match self {
            Self::Good(key)
            | Self::Odd(key)
            | Self::PublicLost(key)
            | Self::Swapped(key)
            | Self::PrivateElsewhere(key) => Some(key),
            Self::Unseen | Self::Empty | Self::Contained(_) | Self::PrivateLost => None,
        }
    }
}

impl<'a> Host<'a> {
    pub(super) fn of(seen: &'a Observations, outcome: Option<Outcome>) -> Self {
        let accepted = fate::token(seen).is_accepted();
        // A certificate, for one.
        let shows_another = seen.server.is_there() && seen.server.public_key.foreign().is_some();
        let mut host = Self {
            seen,
            files: Files::of(seen),
            served: seen.server.served_key().map(PublicKey::fingerprint),
            serves_broken: seen.server.verifying_key().is_none()
                && (seen.server.public_key.as_ref().is_some() || shows_another && !accepted),
            cannot_issue: seen.server.database == Reply::Is(DatabaseAnswer::CannotIssue),
            goal: goal(seen),
            vault: None,
            works: accepted && matches!(outcome, Some(Outcome::Updates | Outcome::Creates)),
        };
        host.vault = host.find_vault();
        host
    }

    /// A mounted file's path, as a step has it.
    pub(super) fn file(&self, name: &str) -> String {
        file_in(&self.seen.places.keys_dir, name)
    }

    /// A step that gives a mounted file another name.
    pub(super) fn renames(&self, name: &str, other: &str) -> Command {
        Command::Move { from: self.file(name), to: self.file(other) }
    }

    /// The steps that write the private key's public key. OpenSSL reads less than servers do: what it
    /// might not read is written clean before.
    pub(super) fn derives_public(&self, private: Option<&KeyState>) -> Vec<Command> {
        let (file, public) = (self.file("id_ecdsa"), self.file("id_ecdsa.pub"));
        let mut steps = Vec::new();
        if matches!(private, Some(KeyState::Found { oddities, .. }) if !oddities.is_empty()) {
            steps.push(Command::Step(NextStep::KeyRewrite(vec![file.clone()])));
        }
        steps.push(Command::DerivePublic { private: file, public });
        steps
    }

    /// The mounted files that their folder's owner cannot read.
    pub(super) fn unreadable(&self) -> Option<Unreadable> {
        Unreadable::of(&self.seen.mounted.as_ref()?.places)
    }

    pub(super) fn misplaced(&self) -> Option<&'a Misplaced> {
        Some(&self.seen.mounted.as_ref()?.files.misplaced)
    }

    pub(super) fn facts(&self) -> Option<&'a TokenFacts> {
        match self.seen.cli_toml.token()? {
            TokenSeen::Found(facts) => Some(facts),
            _ => None,
        }
    }

    /// Whether the server may be down because of its files.
    pub(super) fn is_down(&self) -> bool {
        let server = &self.seen.server;
        let cause = self.seen.log.and_then(|log| log.cause());
        let refuses = !server.was_asked() && matches!(cause, Some(LogEvent::KeyFiles(_)));
        !server.is_there() && (server.unreached().is_some() || refuses)
    }

    /// The one that somebody named, or the one that knows most of what is here.
    fn find_vault(&self) -> Option<(&'a Vault, Fingerprint)> {
        let sound = |vault: &'a Vault| match vault.pair() {
            PairState::Sound(pair) => Some((vault, pair)),
            _ => None,
        };
        let vaults = self.seen.vaults.iter();
        if let Some(named) = &self.seen.places.environment {
            return vaults.filter(|vault| vault.environment == *named).find_map(sound);
        }
        vaults
            .filter_map(|vault| Some((self.nearness(vault)?, sound(vault)?)))
            .max_by_key(|(nearness, _)| *nearness)
            .map(|(_, found)| found)
    }

    /// How much of the host's keys a vault knows; `None`: nothing.
    fn nearness(&self, vault: &Vault) -> Option<(u8, bool, bool)> {
        let mounted = self.files.key();
        let latest = vault.private.fingerprint();
        let knows = |key: Option<Fingerprint>| key.is_some_and(|key| vault.knows(key));
        let signed_by = self.facts().and_then(|facts| facts.signed_by);
        let keys = [
            mounted.is_some() && latest == mounted,
            self.served.is_some() && latest == self.served,
            knows(mounted),
            knows(self.served),
            knows(signed_by),
        ];
        let first = keys.iter().position(|known| *known);
        let near = first.map_or(0, |place| u8::try_from(keys.len() - place).unwrap_or(0));
        let holds = self.goal.is_some_and(|goal| holds(vault, goal));
        let likely = self.seen.places.likely.as_ref() == Some(&vault.environment);
        (near > 0 || holds).then_some((near, holds, likely))
    }
}

/// Whether an identity's claims are in a vault's escrow.
pub(super) fn holds(vault: &Vault, identity: Identity) -> bool {
    vault.escrow.as_ref().is_ok_and(|escrow| escrow.holds(identity))
}

/// The owner's; else that of the identity that the token names, unless a log says that this is not the owner; else the
/// only one whose claims were ever escrowed.
fn goal(seen: &Observations) -> Option<Identity> {
    let identity = seen.identity();
    let not_owner = seen.log.and_then(|log| log.cause()).is_some_and(LogEvent::is_not_owner);
    let wrong = identity.filter(|_| not_owner && !seen.server.was_asked());
    if let Some(known) = seen.owner().or(identity.filter(|_| wrong.is_none())) {
        return Some(known);
    }
    let mut escrowed: Vec<Identity> = seen
        .vaults
        .iter()
        .filter_map(|vault| vault.escrow.as_ref().ok())
        .flat_map(Escrow::publishers)
        .map(|publisher| publisher.identity)
        .filter(|identity| Some(*identity) != wrong)
        .collect();
    escrowed.sort_unstable();
    escrowed.dedup();
    match escrowed.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}
