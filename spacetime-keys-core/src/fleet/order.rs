//! A secret's versions in the order in which they were written.

use crate::Fingerprint;

/// What tells a version's place among the others of its secret.
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

impl Stamp<'_> {
    /// Whether it was written before another one of the same second, as far as their tags tell.
    fn is_before(&self, other: &Self) -> bool {
        // Two places are compared by themselves: a rollback brings an earlier fingerprint back.
        let is_placed = self.position.is_some() && other.position.is_some();
        !is_placed
            && self.fingerprint.is_some()
            && self.fingerprint == other.previous
            && self.fingerprint != other.fingerprint
    }
}

/// Puts versions in order, the oldest first and the latest last.
///
/// A key vault tells times in whole seconds, and gives versions random names. Within one second the
/// place decides that a copy noted, then which pair took the place of which, then the name.
pub fn in_order<T>(mut versions: Vec<T>, stamp: impl Fn(&T) -> Stamp<'_>) -> Vec<T> {
    versions.sort_by(|a, b| {
        let (a, b) = (stamp(a), stamp(b));
        let key =
            |stamp: &Stamp<'_>| (stamp.is_latest, stamp.time, stamp.position.unwrap_or(u32::MAX));
        key(&a).cmp(&key(&b)).then_with(|| a.version.cmp(b.version))
    });
    let mut ordered = Vec::with_capacity(versions.len());
    let mut second: Vec<T> = Vec::new();
    for version in versions {
        let is_same = second.first().is_some_and(|first| {
            let (first, this) = (stamp(first), stamp(&version));
            first.time == this.time && first.is_latest == this.is_latest
        });
        if !is_same {
            ordered.append(&mut by_pairs(std::mem::take(&mut second), &stamp));
        }
        second.push(version);
    }
    ordered.append(&mut by_pairs(second, &stamp));
    ordered
}

/// Of one second: whatever took another one's place comes after it.
fn by_pairs<T>(mut versions: Vec<T>, stamp: &impl Fn(&T) -> Stamp<'_>) -> Vec<T> {
    if versions.iter().all(|version| stamp(version).position.is_some()) {
        return versions;
    }
    let mut ordered = Vec::with_capacity(versions.len());
    while !versions.is_empty() {
        let is_first =
            |version: &T| !versions.iter().any(|other| stamp(other).is_before(&stamp(version)));
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

    fn order(
        versions: &[(i64, Option<u32>, &'static str, Option<usize>, Option<usize>, bool)],
    ) -> Vec<&'static str> {
        let keys: Vec<_> =
            (0..4).map(|_| PrivateKey::generate().unwrap().public_key().fingerprint()).collect();
        let stamps =
            versions.iter().map(|(time, position, version, own, previous, is_latest)| Stamp {
                time: *time,
                position: *position,
                version,
                fingerprint: own.map(|own| keys[own]),
                previous: previous.map(|previous| keys[previous]),
                is_latest: *is_latest,
            });
        in_order(stamps.collect(), |stamp| *stamp).into_iter().map(|stamp| stamp.version).collect()
    }

    #[test]
    fn the_time_counts_then_the_place_then_the_pairs_then_the_name() {
        let time = [(2, None, "a", None, None, false), (1, None, "b", None, None, false)];
        assert_eq!(order(&time), ["b", "a"]);
        let place = [(1, Some(2), "a", None, None, false), (1, Some(1), "b", None, None, false)];
        assert_eq!(order(&place), ["b", "a"]);
        // One was adopted, and replaced within the second.
        let pairs = [(1, None, "a", Some(1), Some(0), false), (1, None, "b", Some(0), None, false)];
        assert_eq!(order(&pairs), ["b", "a"]);
        let name = [(1, None, "b", None, None, false), (1, None, "a", None, None, false)];
        assert_eq!(order(&name), ["a", "b"]);
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
