use fearless_simd::Level;

use super::Identity;
use super::lanes::{BLOCK, LANES, MAX_BLOCKS, derive};

impl Identity {
    /// The identities of many subjects of one issuer, in their order: for each what
    /// [`Self::from_claims`] gives, but several at a time on one processor, and so several times as fast.
    pub fn from_subjects(issuer: &str, subjects: &[&str]) -> Vec<Self> {
        at_level(Level::new(), issuer, subjects)
    }
}

fn at_level(level: Level, issuer: &str, subjects: &[&str]) -> Vec<Identity> {
    let mut batch = Batch {
        level,
        head: [issuer.as_bytes(), b"|"].concat(),
        subjects,
        identities: vec![Identity([0; 32]); subjects.len()],
    };
    // Messages that have the same number of blocks are hashed together.
    let mut groups = [const { Group::EMPTY }; MAX_BLOCKS];
    for (place, subject) in subjects.iter().enumerate() {
        let blocks = (batch.head.len() + subject.len()).div_ceil(BLOCK);
        if let Some(group) = groups.get_mut(blocks - 1) {
            group.add(place);
            if group.is_full() {
                batch.derive(group, blocks);
                group.count = 0;
            }
        } else if let Some(identity) = batch.identities.get_mut(place) {
            *identity = Identity::from_claims(issuer, subject);
        }
    }
    for (group, blocks) in groups.iter().zip(1..) {
        batch.derive(group, blocks);
    }
    batch.identities
}

struct Batch<'a> {
    level: Level,
    /// The issuer and the separator.
    head: Vec<u8>,
    subjects: &'a [&'a str],
    identities: Vec<Identity>,
}

impl Batch<'_> {
    /// Derives the identities of a group, whose messages have so many blocks.
    fn derive(&mut self, group: &Group, blocks: usize) {
        let places = group.places();
        let mut tails = [&[][..]; LANES];
        for (tail, place) in tails.iter_mut().zip(places) {
            *tail = self.subjects.get(*place).copied().unwrap_or_default().as_bytes();
        }
        let tails = tails.get(..places.len()).unwrap_or_default();
        let derived = derive(self.level, &self.head, tails, blocks);
        for (place, derived) in places.iter().zip(derived) {
            if let Some(identity) = self.identities.get_mut(*place) {
                *identity = Identity(derived);
            }
        }
    }
}

/// Places of subjects that wait for others.
struct Group {
    places: [usize; LANES],
    count: usize,
}

impl Group {
    const EMPTY: Self = Self { places: [0; LANES], count: 0 };

    fn add(&mut self, place: usize) {
        if let Some(room) = self.places.get_mut(self.count) {
            *room = place;
            self.count += 1;
        }
    }

    const fn is_full(&self) -> bool {
        self.count == LANES
    }

    fn places(&self) -> &[usize] {
        self.places.get(..self.count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The instructions of this processor, down to those that every one of its kind has.
    fn levels() -> Vec<Level> {
        let best = Level::new();
        let mut levels = vec![best];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(best.as_avx2().map(Level::Avx2));
            levels.extend(best.as_sse4_2().map(Level::Sse4_2));
            levels.extend(best.as_sse2().map(Level::Sse2));
        }
        levels
    }

    fn agree(issuer: &str, subjects: &[&str]) {
        let one_by_one: Vec<_> =
            subjects.iter().map(|subject| Identity::from_claims(issuer, subject)).collect();
        for level in levels() {
            assert_eq!(at_level(level, issuer, subjects), one_by_one, "{level:?}");
        }
    }

    #[test]
    fn every_length_of_a_subject() {
        let text = "0123456789abcdef".repeat(126);
        for issuer in ["", "localhost", &text[..62], &text[..63], &text[..64], &text[..128], &text]
        {
            let subjects: Vec<&str> = (0..=2000).map(|length| &text[..length]).collect();
            agree(issuer, &subjects);
        }
    }

    #[test]
    fn every_number_of_subjects() {
        for count in 0..=2 * LANES + 1 {
            agree("localhost", &vec!["37f0c23f-a152-43b9-8728-c04a94a51ed9"; count]);
        }
    }

    proptest! {
        #[test]
        fn mixed_lengths(issuer in ".{0,200}", subjects in vec(".{0,60}|.{0,2000}", 0..80)) {
            let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
            agree(&issuer, &subjects);
        }
    }
}
