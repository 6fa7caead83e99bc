//! A secret's versions in the order in which they were written.

use crate::Fingerprint;

/// The data that give a version its place among the others of its secret.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// When it was written, in Unix seconds.
    pub time: i64,
    /// Its place in the history, where the store numbers its versions, or a copy noted it.
    pub position: Option<u32>,
    /// The store's name for it.
    pub version: &'a str,
    /// The pair that it is of.
    pub fingerprint: Option<Fingerprint>,
    /// The pair that it took the place of.
    pub previous: Option<Fingerprint>,
    /// The store says that it is the latest.
    pub is_latest: bool,
}

/// Puts versions in order, the oldest first and the latest last.
///
/// A key vault tells times in whole seconds, and gives versions random names. Within one second the
/// place decides that a copy noted, then which pair took the place of which, then the name.
pub fn in_order<T>(mut versions: Vec<T>, stamp: impl Fn(&T) -> Stamp<'_>) -> Vec<T> {
    versions.sort_by(|a, b| {
        let (a, b) = (stamp(a), stamp(b));
        let key = |stamp: &Stamp<'_>| (stamp.is_latest, stamp.time, stamp.position);
        key(&a).cmp(&key(&b)).then_with(|| a.version.cmp(b.version))
    });
    let mut ordered =
        Ordered { versions: Vec::with_capacity(versions.len()), places: 0, last: None };
    let mut versions = versions.into_iter().peekable();
    while let Some(first) = versions.next() {
        let moment = |version: &T| (stamp(version).is_latest, stamp(version).time);
        let this = moment(&first);
        let mut second = vec![first];
        while let Some(next) = versions.next_if(|next| moment(next) == this) {
            second.push(next);
        }
        ordered.add(second, &stamp);
    }
    ordered.versions
}

/// The versions that are in order so far.
struct Ordered<T> {
    versions: Vec<T>,
    /// How many places it takes: a write that was sent again takes none.
    places: usize,
    last: Option<u32>,
}

impl<T> Ordered<T> {
    /// Adds the versions of one second. Those without a place take the places that are free.
    fn add(&mut self, second: Vec<T>, stamp: &impl Fn(&T) -> Stamp<'_>) {
        // A pair with a place tells of two without one which is older: one before it, one after.
        let (mut placed, others): (Vec<T>, Vec<T>) = by_pairs(second, stamp)
            .into_iter()
            .partition(|version| stamp(version).position.is_some());
        placed.sort_by(|a, b| {
            let (a, b) = (stamp(a), stamp(b));
            a.position.cmp(&b.position).then_with(|| a.version.cmp(b.version))
        });
        let mut others = by_pairs(others, stamp).into_iter();
        for version in placed {
            let position = stamp(&version).position;
            let place = position.and_then(|position| usize::try_from(position).ok()).unwrap_or(0);
            while self.places + 1 < place
                && let Some(other) = others.next()
            {
                self.places += 1;
                self.versions.push(other);
            }
            self.places += usize::from(self.last != position);
            self.last = position;
            self.versions.push(version);
        }
        for other in others {
            self.places += 1;
            self.versions.push(other);
        }
    }
}

/// Within one second, a version that replaced another one comes after it.
fn by_pairs<T>(mut versions: Vec<T>, stamp: &impl Fn(&T) -> Stamp<'_>) -> Vec<T> {
    let is_before = |one: &Stamp<'_>, other: &Stamp<'_>| {
        one.fingerprint.is_some()
            && one.fingerprint == other.previous
            && one.fingerprint != other.fingerprint
    };
    let mut ordered = Vec::with_capacity(versions.len());
    while !versions.is_empty() {
        let is_first =
            |version: &T| !versions.iter().any(|other| is_before(&stamp(other), &stamp(version)));
        // Pairs that took each other's place tell nothing: the first of the order so far.
        let next = versions.iter().position(is_first).unwrap_or(0);
        ordered.push(versions.remove(next));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateKey;

    /// Time, place, name, own pair, the pair before, whether it is the latest.
    type Row = (i64, Option<u32>, &'static str, Option<usize>, Option<usize>, bool);

    fn order(versions: &[Row]) -> Vec<&'static str> {
        let keys: Vec<_> =
            (0..4).map(|_| PrivateKey::generate().unwrap().public_key().fingerprint()).collect();
        let stamps =
            versions.iter().map(|&(time, position, version, own, previous, is_latest)| Stamp {
                time,
                position,
                version,
                fingerprint: own.map(|own| keys[own]),
                previous: previous.map(|previous| keys[previous]),
                is_latest,
            });
        in_order(stamps.collect(), |stamp| *stamp).into_iter().map(|stamp| stamp.version).collect()
    }

    #[test]
    fn the_time_counts_then_the_place_then_the_pairs_then_the_name() {
        let time = [(2, None, "a", None, None, false), (1, None, "b", None, None, false)];
        assert_eq!(order(&time), ["b", "a"]);
        let place = [(1, Some(2), "a", None, None, false), (1, Some(1), "b", None, None, false)];
        assert_eq!(order(&place), ["b", "a"]);
        // Of a vault's own versions, one is older than a copied one and one is newer.
        let between = [
            (1, None, "a", Some(3), Some(2), false),
            (1, None, "b", Some(1), Some(0), false),
            (1, Some(2), "c", Some(2), Some(1), false),
        ];
        assert_eq!(order(&between), ["b", "c", "a"]);
        // One was adopted, and replaced within the second.
        let pairs = [(1, None, "a", Some(1), Some(0), false), (1, None, "b", Some(0), None, false)];
        assert_eq!(order(&pairs), ["b", "a"]);
        let name = [(1, None, "b", None, None, false), (1, None, "a", None, None, false)];
        assert_eq!(order(&name), ["a", "b"]);
    }

    /// A vault wrote one by itself between two that were copied.
    #[test]
    fn a_place_between_copies_is_taken() {
        let versions = [
            (1, None, "own", None, None, false),
            (1, Some(2), "b", None, None, false),
            (1, Some(2), "again", None, None, false),
            (1, Some(1), "a", None, None, false),
            (1, Some(4), "d", None, None, false),
        ];
        assert_eq!(order(&versions), ["a", "again", "b", "own", "d"]);
        // Behind all copies.
        let versions = [(1, None, "own", None, None, false), (1, Some(1), "a", None, None, false)];
        assert_eq!(order(&versions), ["a", "own"]);
    }

    #[test]
    fn the_latest_is_last_whatever_its_clock_said() {
        let versions = [(1, None, "a", None, None, true), (9, None, "b", None, None, false)];
        assert_eq!(order(&versions), ["b", "a"]);
    }

    #[test]
    fn places_are_believed_over_pairs() {
        // A rollback within the second: the first pair comes back, and a third takes its place.
        let versions = [
            (1, Some(3), "c", Some(0), Some(1), false),
            (1, Some(1), "a", Some(0), Some(1), false),
            (1, Some(2), "b", Some(1), Some(0), false),
        ];
        assert_eq!(order(&versions), ["a", "b", "c"]);
    }

    #[test]
    fn pairs_that_took_each_others_place_end_the_search() {
        let versions =
            [(1, None, "b", Some(0), Some(1), false), (1, None, "a", Some(1), Some(0), false)];
        assert_eq!(order(&versions), ["a", "b"]);
    }
}
