//! Rows that wait for others: identities of many are derived faster together.

use std::ops::Range;

use spacetime_keys_core::migration::{Mapped, Migration, SubjectProblem};

use super::row::Row;

/// Rows that wait at most: enough for groups of the same length, few enough for a processor's cache.
const MOST: usize = 512;

/// Rows, in their order.
#[derive(Default)]
pub(super) struct Waiting {
    /// All subjects, one behind the other.
    text: String,
    users: Vec<User>,
}

struct User {
    line: u64,
    old: Range<usize>,
    /// The row of a user whose subject changes.
    new: Option<Range<usize>>,
}

impl Waiting {
    pub(super) fn add(&mut self, line: u64, row: &Row<'_>) {
        let mut keep = |subject| {
            let start = self.text.len();
            self.text.push_str(subject);
            start..self.text.len()
        };
        let (old, new) = (keep(row.old), row.changes.then(|| keep(row.new)));
        self.users.push(User { line, old, new });
    }

    pub(super) const fn is_full(&self) -> bool {
        self.users.len() >= MOST
    }

    /// Hands on all of them, with their lines and identities. None waits any more.
    pub(super) fn map(
        &mut self,
        migration: &Migration,
        mut each: impl FnMut(u64, &Row<'_>, Result<Mapped, SubjectProblem>),
    ) {
        let subject = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or_default();
        let subjects: Vec<(&str, &str)> = self
            .users
            .iter()
            .map(|user| (subject(&user.old), subject(user.new.as_ref().unwrap_or(&user.old))))
            .collect();
        let mapped = migration.map_many(&subjects);
        for ((user, (old, new)), mapped) in self.users.iter().zip(subjects).zip(mapped) {
            each(user.line, &Row { old, new, changes: user.new.is_some() }, mapped);
        }
        self.text.clear();
        self.users.clear();
    }
}
