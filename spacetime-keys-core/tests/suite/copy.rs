//! The plan of a copy, against a model: a destination is what it was, and versions at its end.

use proptest::prelude::*;
use spacetime_keys_core::fleet::copy::{Refusal, SecretPlan, Version, plan};

/// Versions of a secret with these contents; `None`: cannot be read.
fn source(contents: &[Option<u8>]) -> Vec<Version<u8>> {
    let last = contents.len();
    let version = |(content, number): (&Option<u8>, u32)| Version {
        version: format!("s{number:03}"),
        written: i64::from(number),
        position: Some(number),
        fingerprint: None,
        previous: None,
        is_latest: number as usize == last,
        content: *content,
    };
    contents.iter().zip(1..).map(version).collect()
}

/// A vault that gives versions random names and times of whole seconds, and sends them in any order.
#[derive(Clone, Debug, Default)]
struct Destination {
    versions: Vec<Version<u8>>,
}

impl Destination {
    fn write(&mut self, content: u8, position: Option<u32>, name: u16, second: i64) {
        for version in &mut self.versions {
            version.is_latest = false;
        }
        self.versions.push(Version {
            version: format!("{name:05}-{}", self.versions.len()),
            written: second,
            position,
            fingerprint: None,
            previous: None,
            is_latest: true,
            content: Some(content),
        });
    }

    /// What a reader takes for its history: by the noted places, each once.
    fn history(&self) -> Vec<u8> {
        let mut placed: Vec<_> =
            self.versions.iter().map(|version| (version.position, version.content)).collect();
        placed.sort();
        placed.dedup();
        placed.into_iter().filter_map(|(_, content)| content).collect()
    }

    fn latest(&self) -> Option<u8> {
        self.versions.iter().find(|version| version.is_latest)?.content
    }
}

fn whole(contents: &[Option<u8>]) -> Vec<u8> {
    contents.iter().copied().flatten().collect()
}

fn planned(contents: &[Option<u8>], destination: &Destination) -> Result<SecretPlan, Refusal> {
    plan(&source(contents), &destination.versions, None)
}

proptest! {
    /// Cut after any write, sent twice or not, all in one second or not: planned again it ends, and
    /// then there is nothing to do.
    #[test]
    fn it_ends_wherever_it_is_cut(
        mut contents in prop::collection::vec(prop::option::weighted(0.9, any::<u8>()), 1..30),
        last in any::<u8>(),
        cuts in prop::collection::vec(0_usize..20, 0..6),
        names in prop::collection::vec(any::<u16>(), 200),
        twice in prop::collection::vec(any::<bool>(), 200),
        seconds in prop::collection::vec(0_i64..2, 200),
    ) {
        contents.push(Some(last));
        let expected = whole(&contents);
        let mut destination = Destination::default();
        let (mut number, mut second) = (0, 0);
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let plan = planned(&contents, &destination).unwrap();
            prop_assert_eq!(plan.total, expected.len());
            prop_assert_eq!(plan.there + plan.writes.len(), expected.len());
            for write in plan.writes.iter().take(cut) {
                let content = contents[write.source].unwrap();
                prop_assert_eq!(content, expected[write.position as usize - 1]);
                second += seconds[number];
                for _ in 0..=usize::from(twice[number]) {
                    destination.write(content, Some(write.position), names[number], second);
                    number += 1;
                }
            }
            let history = destination.history();
            prop_assert_eq!(&history[..], &expected[..history.len()]);
            if number > 150 {
                break;
            }
        }
        if number <= 150 {
            prop_assert_eq!(destination.history(), expected);
            prop_assert_eq!(destination.latest(), Some(last));
            prop_assert!(planned(&contents, &destination).unwrap().writes.is_empty());
        }
    }

    /// What somebody else wrote is refused by its name, wherever it stands.
    #[test]
    fn what_is_not_the_sources_is_refused(
        contents in prop::collection::vec(any::<u8>(), 1..10),
        at in 0_usize..10,
        foreign in any::<u8>(),
    ) {
        let mut destination = Destination::default();
        let at = at.min(contents.len());
        for (content, position) in contents.iter().take(at).zip(1..) {
            destination.write(*content, Some(position), 7, i64::from(position));
        }
        destination.write(foreign, None, 9, 1_000);
        let name = destination.versions.last().unwrap().version.clone();
        let contents: Vec<_> = contents.into_iter().map(Some).collect();
        let same = contents.get(at) == Some(&Some(foreign));
        match planned(&contents, &destination) {
            Ok(plan) => prop_assert!(same && plan.there == at + 1),
            Err(refusal) => prop_assert!(!same && refusal == Refusal::Diverged(name)),
        }
    }

    /// Another copy's late write makes an earlier version the latest: the last one is written again.
    #[test]
    fn the_latest_is_the_last(contents in prop::collection::btree_set(any::<u8>(), 2..10), late in 0_usize..9) {
        let contents: Vec<u8> = contents.into_iter().collect();
        let late = late % (contents.len() - 1);
        let mut destination = Destination::default();
        for (content, position) in contents.iter().zip(1..) {
            destination.write(*content, Some(position), 1, 1);
        }
        destination.write(contents[late], u32::try_from(late + 1).ok(), 1, 2);
        let last = contents.len();
        let all: Vec<_> = contents.iter().copied().map(Some).collect();
        let plan = planned(&all, &destination).unwrap();
        prop_assert_eq!((plan.there, plan.writes.len()), (last, 1));
        prop_assert_eq!(plan.writes[0].position as usize, last);
        destination.write(contents[last - 1], u32::try_from(last).ok(), 1, 2);
        prop_assert!(planned(&all, &destination).unwrap().writes.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_told_or_refused() {
    let refusal = |contents: &[Option<u8>], of_private: bool| {
        plan(&source(contents), &[], of_private.then_some(&[])).unwrap_err()
    };
    assert_eq!(refusal(&[Some(1), None], false), Refusal::LatestUnreadable("s002".to_owned()));
    // Nothing says which pair a rollback returns to: it may be this one.
    assert_eq!(refusal(&[None, Some(2)], true), Refusal::Needed("s001".to_owned()));
    let plan = plan(&source(&[None, Some(2)]), &[], None).unwrap();
    assert_eq!((plan.total, plan.left_out), (1, vec![0]));
    let mut disabled = Destination::default();
    disabled.write(1, Some(1), 1, 1);
    disabled.versions[0].content = None;
    let name = disabled.versions[0].version.clone();
    assert_eq!(planned(&[Some(1)], &disabled), Err(Refusal::Unreadable(name)));
}

/// A vault's own lists of one second have no order: not here, and not there.
#[test]
fn lists_of_one_second_come_in_either_order() {
    let mut vault = Destination::default();
    vault.write(1, Some(1), 5, 1);
    vault.write(2, None, 9, 1);
    vault.write(3, None, 2, 1);
    vault.write(4, Some(4), 7, 1);
    let all = [1, 2, 3, 4, 5].map(Some);
    let found = planned(&all, &vault).unwrap();
    assert_eq!((found.there, found.writes.len()), (4, 1));
    // Back: the folder has got them in the order in which they came.
    let mut folder = source(&all[..2]);
    folder[1].is_latest = false;
    let back = plan(&vault.versions, &folder, None).unwrap();
    let written: Vec<_> =
        back.writes.iter().map(|write| vault.versions[write.source].content.unwrap()).collect();
    assert_eq!((back.there, written), (2, vec![3, 4]));
    // What it does not have is refused all the same.
    vault.versions[1].content = Some(8);
    assert!(matches!(planned(&all, &vault), Err(Refusal::Diverged(_))));
}
