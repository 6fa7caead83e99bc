use std::collections::{HashMap, VecDeque};

use crate::Identity;
use crate::doctor::Answer;

/// How long the server's word counts, in seconds.
const FRESH: i64 = 60;

/// The most identities whose answer is kept: some 10 MB.
const MAX: usize = 100_000;

/// The path that a server lists an identity's databases at.
pub fn owned_path(identity: Identity) -> String {
    format!("/v1/identity/{identity}/databases")
}

/// Whether an identity owns a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It owns none.
    None,
    /// It owns one at least.
    Some,
    /// The server did not say.
    Unknown,
}

impl Ownership {
    /// Reads the server's answer to `GET` [`owned_path`]; `None`: there was none.
    pub fn of(answer: Option<Answer<'_>>) -> Self {
        match answer.and_then(|answer| answer.databases().as_ref().map(Vec::is_empty)) {
            Some(true) => Self::None,
            Some(false) => Self::Some,
            None => Self::Unknown,
        }
    }
}

/// The server's answers, kept for a while.
#[derive(Default)]
pub(super) struct Owners {
    known: HashMap<Identity, (Ownership, i64)>,
    /// Each of them once, the oldest first.
    order: VecDeque<Identity>,
}

impl Owners {
    pub(super) fn find(&self, identity: Identity, now: i64) -> Option<Ownership> {
        let (ownership, at) = self.known.get(&identity)?;
        (0..FRESH).contains(&now.saturating_sub(*at)).then_some(*ownership)
    }

    /// A missing answer is not kept: the server is asked again.
    pub(super) fn note(&mut self, identity: Identity, ownership: Ownership, now: i64) {
        if ownership == Ownership::Unknown {
            return;
        }
        if self.known.insert(identity, (ownership, now)).is_none() {
            self.order.push_back(identity);
        }
        if self.order.len() > MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(number: usize) -> Identity {
        Identity::from_claims("localhost", &number.to_string())
    }

    #[test]
    fn what_was_said_counts_for_a_while() {
        let mut owners = Owners::default();
        owners.note(identity(1), Ownership::Some, 100);
        owners.note(identity(2), Ownership::Unknown, 100);
        assert_eq!(owners.find(identity(1), 159), Some(Ownership::Some));
        assert_eq!(owners.find(identity(1), 160), None);
        assert_eq!(owners.find(identity(1), 99), None);
        assert_eq!(owners.find(identity(2), 100), None);
        owners.note(identity(1), Ownership::None, 160);
        assert_eq!(owners.find(identity(1), 160), Some(Ownership::None));
        assert_eq!(owners.order.len(), 1);
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut owners = Owners::default();
        for number in 0..MAX + 10 {
            owners.note(identity(number), Ownership::None, 0);
        }
        assert_eq!((owners.known.len(), owners.order.len()), (MAX, MAX));
        assert_eq!(owners.find(identity(9), 0), None);
        assert_eq!(owners.find(identity(10), 0), Some(Ownership::None));
    }
}
