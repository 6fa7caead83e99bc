//! Users who would become one, and users who are there twice.
//!
//! A set of all identities would grow with the users. So each row leaves one or two [`Sighting`]s,
//! 24 bytes each, that the caller sorts as it can (on a disk, if there are many); in that order,
//! rows that clash stand beside each other, and [`Clashes`] sees them with a memory of one row.

use crate::Identity;

/// That an identity was met in a row. Sightings sort by identity, then by line.
///
/// 96 bits of the identity, 40 of the line, 2 for the role and 54 that tell one user from another:
/// among a billion users, two are taken for one by mistake with a chance of 1 in 10¹¹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting([u64; 3]);

const MAX_LINE: u64 = (1 << 40) - 1;
const USER_BITS: u32 = 54;

const IS_OLD: u64 = 1;
const IS_NEW: u64 = 2;

impl Sighting {
    /// Of a user whose old identity is `old`, and for whom `taken` stands for the new one.
    pub(super) fn of(line: u64, old: Identity, taken: Identity) -> (Self, Option<Self>) {
        let user = bits(old, 16) >> (64 - USER_BITS);
        if old == taken {
            return (Self::pack(old, line, IS_OLD | IS_NEW, user), None);
        }
        (Self::pack(old, line, IS_OLD, user), Some(Self::pack(taken, line, IS_NEW, user)))
    }

    fn pack(seen: Identity, line: u64, role: u64, user: u64) -> Self {
        let line = line.min(MAX_LINE);
        // The first six bytes are the prefix and a checksum: they tell nothing more apart.
        let key = (bits(seen, 6), bits(seen, 14) >> 32);
        Self([key.0, key.1 << 32 | line >> 8, line << 56 | role << USER_BITS | user])
    }

    /// As three numbers, which sort in the same way.
    pub const fn to_words(self) -> [u64; 3] {
        self.0
    }

    /// Back from [`to_words`](Self::to_words).
    pub const fn from_words(words: [u64; 3]) -> Self {
        Self(words)
    }

    const fn unpack(self) -> Unpacked {
        let [first, second, third] = self.0;
        let role = third >> USER_BITS;
        Unpacked {
            key: (first, second >> 32),
            line: (second << 8 | third >> 56) & MAX_LINE,
            is_old: role & IS_OLD != 0,
            is_new: role & IS_NEW != 0,
            user: third & ((1 << USER_BITS) - 1),
        }
    }
}

/// Eight bytes of an identity.
fn bits(identity: Identity, from: usize) -> u64 {
    let bytes = identity.as_bytes().get(from..).and_then(|rest| rest.first_chunk());
    u64::from_be_bytes(bytes.copied().unwrap_or_default())
}

struct Unpacked {
    key: (u64, u64),
    line: u64,
    is_old: bool,
    is_new: bool,
    user: u64,
}

/// The clash of two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClashKind {
    /// Both have the same old subject.
    Duplicate,
    /// Two users get the same new identity: each could act as the other.
    Collision,
    /// One user gets the identity that the other leaves: whose rows are whose then depends on the
    /// order in which they are relinked.
    Handover,
}

impl ClashKind {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "ERR_USER_TWICE",
            Self::Collision => "ERR_IDENTITY_COLLISION",
            Self::Handover => "ERR_IDENTITY_HANDOVER",
        }
    }
}

/// Two rows that clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clash {
    /// The later row's line.
    pub line: u64,
    /// The line of the first row that it clashes with.
    pub first_line: u64,
    /// The kind of clash.
    pub kind: ClashKind,
}

/// Finds clashes in sorted sightings.
#[derive(Debug, Default)]
pub struct Clashes {
    key: Option<(u64, u64)>,
    /// The first line with this old identity.
    old: Option<u64>,
    /// The first line with this new identity, and who that is.
    new: Option<(u64, u64)>,
    /// The first lines of users who leave it, and who only get it.
    left: Option<u64>,
    taken: Option<u64>,
    mingles: bool,
}

impl Clashes {
    /// `mingles` is [`Migration::mingles`](super::Migration::mingles).
    pub fn new(mingles: bool) -> Self {
        Self { mingles, ..Self::default() }
    }

    /// Takes the next sighting in order, and hands out what it clashes with.
    pub fn next(&mut self, sighting: Sighting, mut found: impl FnMut(Clash)) {
        let Unpacked { key, line, is_old, is_new, user } = sighting.unpack();
        if self.key != Some(key) {
            *self = Self { key: Some(key), ..Self::new(self.mingles) };
        }
        let mut clash = |first_line, kind| found(Clash { line, first_line, kind });
        if is_old {
            match self.old {
                Some(first) => clash(first, ClashKind::Duplicate),
                None => self.old = Some(line),
            }
        }
        if is_new {
            match self.new {
                // The same user once more is a duplicate, which the old identity shows.
                Some((_, same)) if same == user => {}
                Some((first, _)) => clash(first, ClashKind::Collision),
                None => self.new = Some((line, user)),
            }
        }
        if self.mingles && is_old != is_new {
            let (mine, other) =
                if is_old { (&mut self.left, self.taken) } else { (&mut self.taken, self.left) };
            mine.get_or_insert(line);
            if let Some(first) = other {
                clash(first, ClashKind::Handover);
            }
        }
    }
}
