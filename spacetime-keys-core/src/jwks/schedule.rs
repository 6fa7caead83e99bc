//! The keys that an issuer publishes at a moment, and the one that signs: a rollover by the
//! clock, the same for everybody who has the same keys.

use crate::{Error, Result};

use super::{Rollover, ServerCache, rollover};

/// The keys of an issuer, the oldest first, each with its rollover.
///
/// The first is published and signs from the beginning. Each later one has a moment at which its rollover
/// begins; [`rollover`] says what follows.
#[derive(Clone, Debug)]
pub struct Schedule {
    later: Vec<Rollover>,
}

/// What holds at a moment. Keys are told by their place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shift {
    /// The keys in the set.
    pub published: Vec<usize>,
    /// The key that signs.
    pub signs: usize,
    /// When something else holds, in Unix seconds; `None`: nothing is planned.
    pub until: Option<i64>,
}

impl Schedule {
    /// `starts`: when the rollover to the second key begins, to the third, and so on, in Unix seconds; for
    /// tokens that live for `token_lifetime` seconds at most.
    ///
    /// # Errors
    /// [`Error::IssuerSchedule`] if a rollover begins before the one before it, or at the same moment.
    pub fn new(starts: &[i64], token_lifetime: u32, cache: ServerCache) -> Result<Self> {
        if !starts.is_sorted_by(|one, next| one < next) {
            return Err(Error::IssuerSchedule);
        }
        let later = starts.iter().map(|&start| rollover(start, token_lifetime, cache));
        Ok(Self { later: later.collect() })
    }

    /// The state at `now`, in Unix seconds.
    pub fn at(&self, now: i64) -> Shift {
        let has_come = |moment: i64| moment <= now;
        let is_published = |&place: &usize| {
            let begins = place.checked_sub(1).and_then(|at| self.later.get(at));
            let ends = self.later.get(place);
            begins.is_none_or(|own| has_come(own.publish))
                && ends.is_none_or(|next| !has_come(next.retire))
        };
        let moments = self.later.iter().flat_map(|own| [own.publish, own.activate, own.retire]);
        Shift {
            published: (0..=self.later.len()).filter(is_published).collect(),
            signs: self.later.iter().take_while(|own| has_come(own.activate)).count(),
            until: moments.filter(|&moment| !has_come(moment)).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TTL: u32 = 900;

    #[test]
    fn one_key_is_all_there_is() {
        let schedule = Schedule::new(&[], TTL, ServerCache::default()).unwrap();
        for now in [i64::MIN, 0, i64::MAX] {
            assert_eq!(schedule.at(now), Shift { published: vec![0], signs: 0, until: None });
        }
    }

    #[test]
    fn a_rollover_moment_by_moment() {
        let schedule = Schedule::new(&[1000], TTL, ServerCache::default()).unwrap();
        let shift = |published: &[usize], signs, until| Shift {
            published: published.to_vec(),
            signs,
            until,
        };
        assert_eq!(schedule.at(999), shift(&[0], 0, Some(1000)));
        assert_eq!(schedule.at(1000), shift(&[0, 1], 0, Some(1600)));
        assert_eq!(schedule.at(1599), shift(&[0, 1], 0, Some(1600)));
        assert_eq!(schedule.at(1600), shift(&[0, 1], 1, Some(3100)));
        assert_eq!(schedule.at(3099), shift(&[0, 1], 1, Some(3100)));
        assert_eq!(schedule.at(3100), shift(&[1], 1, None));
    }

    #[test]
    fn moments_that_do_not_follow_each_other() {
        for starts in [&[5, 5][..], &[5, 4], &[1, 3, 2]] {
            let schedule = Schedule::new(starts, TTL, ServerCache::default());
            assert_eq!(schedule.unwrap_err(), Error::IssuerSchedule, "{starts:?}");
        }
    }

    proptest! {
        /// Any number of rollovers, as close to each other as may be: no server ever meets a token of a key
        /// that it could not have.
        #[test]
        fn every_token_finds_its_key(
            gaps in prop::collection::vec(1_i64..4000, 0..5),
            now in -1000_i64..20_000,
            age in 0..i64::from(TTL),
            lag in 0_i64..=600,
        ) {
            let starts: Vec<i64> = gaps
                .iter()
                .scan(0, |at, gap| { *at += gap; Some(*at) })
                .collect();
            let schedule = Schedule::new(&starts, TTL, ServerCache::default()).unwrap();
            // A token that is still good, judged by a set that is as old as two refreshes.
            let signed_by = schedule.at(now - age).signs;
            prop_assert!(schedule.at(now - lag).published.contains(&signed_by));
            let shift = schedule.at(now);
            prop_assert!(shift.published.contains(&shift.signs));
            let until = shift.until.unwrap_or(i64::MAX);
            prop_assert!(until > now);
            prop_assert_eq!(&schedule.at((until - 1).min(30_000)).published, &shift.published);
        }
    }
}
