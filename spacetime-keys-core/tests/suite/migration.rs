//! Old and new identities in bulk: the same as one by one; and every clash is found, by its lines.

use crate::common::properties;
use std::collections::HashMap;

use proptest::prelude::*;
use spacetime_keys_core::error::Claim;
use spacetime_keys_core::migration::{
    Clash, ClashKind, Clashes, Migration, Side, Sighting, SubjectProblem, Trap, check_subject,
    derive_many, is_odd,
};
use spacetime_keys_core::{Error, Identity};

const OLD: &str = "https://keycloak.example/realms/app";
const NEW: &str = "https://id.example";

#[test]
fn issuers_that_no_server_accepts_are_refused() {
    let long = "i".repeat(129);
    for (from, to) in [("", NEW), (OLD, ""), (&long, NEW), (OLD, &long)] {
        let refused = Migration::new(from, to).unwrap_err();
        assert_eq!(refused, Error::ClaimInvalid(Claim::Issuer));
    }
    // Bytes count, not characters.
    assert!(Migration::new("é".repeat(64), NEW).is_ok());
    assert!(Migration::new("é".repeat(65), NEW).is_err());
}

#[test]
fn each_trap_is_named_and_no_other() {
    let cases: [(&str, &str, &[Trap]); 12] = [
        (OLD, NEW, &[]),
        (NEW, NEW, &[Trap::SameIssuer]),
        ("a|b", NEW, &[Trap::Separator(Side::From)]),
        (OLD, "a|b", &[Trap::Separator(Side::To)]),
        ("a|b", "a|b", &[Trap::SameIssuer, Trap::Separator(Side::From)]),
        ("https://a/", NEW, &[Trap::TrailingSlash(Side::From)]),
        (OLD, "https://a/", &[Trap::TrailingSlash(Side::To)]),
        (
            "https://a/",
            "https://b/",
            &[Trap::TrailingSlash(Side::From), Trap::TrailingSlash(Side::To)],
        ),
        ("https://a", "https://a/", &[Trap::SlashesOnly]),
        ("https://a//", "https://a", &[Trap::SlashesOnly]),
        (" https://a", NEW, &[Trap::Blank(Side::From)]),
        (OLD, "https://a\n", &[Trap::Blank(Side::To)]),
    ];
    for (from, to, expected) in cases {
        assert_eq!(Migration::new(from, to).unwrap().traps(), expected, "{from} {to}");
        for trap in expected {
            assert!(!trap.code().is_empty() && !trap.message().is_empty());
        }
    }
}

#[test]
fn issuers_mingle_when_an_identity_can_be_of_both() {
    for (from, to, expected) in [
        (OLD, NEW, false),
        ("a", "a", true),
        ("a", "a|b", true),
        ("a|b", "a", true),
        ("a", "ab", false),
        ("a", "a/", false),
        ("a|b", "a|c", false),
    ] {
        assert_eq!(Migration::new(from, to).unwrap().mingles(), expected, "{from} {to}");
    }
}

#[test]
fn subjects_are_checked_by_bytes() {
    for (subject, expected) in [
        ("", Err(SubjectProblem::Empty)),
        ("a", Ok(())),
        (&"s".repeat(128), Ok(())),
        (&"s".repeat(129), Err(SubjectProblem::TooLong)),
        (&"é".repeat(64), Ok(())),
        (&"é".repeat(65), Err(SubjectProblem::TooLong)),
        ("a\0b", Err(SubjectProblem::Nul)),
        ("a\tb", Ok(())),
        ("auth0|5f7c8", Ok(())),
    ] {
        assert_eq!(check_subject(subject), expected, "{subject:?}");
        let migration = Migration::new(OLD, NEW).unwrap();
        assert_eq!(migration.map(subject, subject).map(|_| ()), expected, "{subject:?}");
        assert_eq!(migration.map("fine", subject).map(|_| ()), expected, "{subject:?}");
        assert_eq!(migration.map(subject, "fine").map(|_| ()), expected, "{subject:?}");
    }
}

#[test]
fn odd_subjects_are_those_with_what_nobody_sees() {
    for odd in [" a", "a ", "a\u{a0}", "\ta", "a\nb", "a\u{7f}", "\u{feff}a", "a\u{85}b"] {
        assert!(is_odd(odd), "{odd:?}");
    }
    for plain in ["a", "a b", "é", "auth0|1", "user@example", "日本", "'; --"] {
        assert!(!is_odd(plain), "{plain:?}");
    }
}

#[test]
fn a_row_has_the_identities_of_its_claims() {
    let mapped = Migration::new(OLD, NEW).unwrap().map("4711", "usr_1").unwrap();
    assert_eq!(mapped.old, Identity::from_claims(OLD, "4711"));
    assert_eq!(mapped.new, Identity::from_claims(NEW, "usr_1"));
}

#[test]
fn many_are_derived_as_one_by_one_and_in_their_order() {
    // Around what makes it worth another thread, and where parts do not come out even.
    for count in [0, 1, 4095, 4096, 4097, 8192, 8193, 50_001] {
        let subjects: Vec<_> = (0..count).map(|number| format!("user-{number}")).collect();
        let derived = derive_many(OLD, &subjects);
        let expected: Vec<_> =
            subjects.iter().map(|subject| Identity::from_claims(OLD, subject)).collect();
        assert!(derived == expected, "{count}");
    }
    let borrowed = derive_many(NEW, &["a", "b"]);
    assert_eq!(borrowed, [Identity::from_claims(NEW, "a"), Identity::from_claims(NEW, "b")]);
}

#[test]
fn sightings_keep_their_lines_and_their_order() {
    let migration = Migration::new(OLD, NEW).unwrap();
    let mapped = migration.map("a", "a").unwrap();
    // Each bit that a line is packed into; past the last, lines are all the same.
    let lines = (0..40).map(|bit| 1_u64 << bit).chain([(1 << 40) - 1]);
    let mut clashes = Clashes::new(false);
    let mut seen = 0;
    let mut before = None;
    for line in lines {
        let (sighting, none) = migration.sight(line, &mapped, false, "a");
        assert_eq!(none, None);
        assert_eq!(Sighting::from_words(sighting.to_words()), sighting);
        assert!(before < Some(sighting.to_words()), "{line}");
        before = Some(sighting.to_words());
        clashes.next(sighting, |clash| {
            assert_eq!((clash.line, clash.first_line), (line, 1));
            seen += 1;
        });
    }
    assert_eq!(seen, 40);
}

/// Rows of few subjects, so that many clash.
fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let subject = || prop::sample::select(vec!["a", "b", "c", "d", "b|a", "b|b", "b|c", "é", "x"]);
    let row = prop_oneof![subject().prop_map(|same| (same, same)), (subject(), subject()),];
    let owned = row.prop_map(|(old, new)| (old.to_owned(), new.to_owned()));
    prop::collection::vec(owned, 0..24)
}

/// What is to be found, by a map of everything.
fn clashes_by_map(from: &str, to: &str, rows: &[(String, String)]) -> Vec<Clash> {
    let mut found = Vec::new();
    let (mut olds, mut news) = (HashMap::new(), HashMap::new());
    let (mut left, mut taken) = (HashMap::new(), HashMap::new());
    for (line, (old, new)) in (1_u64..).zip(rows) {
        let (old, new) = (Identity::from_claims(from, old), Identity::from_claims(to, new));
        let mut clash = |first_line, kind| found.push(Clash { line, first_line, kind });
        let first = *olds.entry(old).or_insert(line);
        if first != line {
            clash(first, ClashKind::Duplicate);
        }
        let (first, user) = *news.entry(new).or_insert((line, old));
        if first != line && user != old {
            clash(first, ClashKind::Collision);
        }
        if old != new {
            for first in [taken.get(&old), left.get(&new)].into_iter().flatten() {
                clash(*first, ClashKind::Handover);
            }
            left.entry(old).or_insert(line);
            taken.entry(new).or_insert(line);
        }
    }
    found.sort_unstable();
    found
}

fn clashes_by_sorting(from: &str, to: &str, rows: &[(String, String)]) -> Vec<Clash> {
    let migration = Migration::new(from, to).unwrap();
    let mut sightings = Vec::new();
    for (line, (old, new)) in (1..).zip(rows) {
        let mapped = migration.map(old, new).unwrap();
        let (first, second) = migration.sight(line, &mapped, old != new, new);
        sightings.push(first.to_words());
        sightings.extend(second.map(Sighting::to_words));
    }
    // As numbers, as a sort on a disk orders them.
    sightings.sort_unstable();
    let mut found = Vec::new();
    let mut clashes = Clashes::new(migration.mingles());
    for words in sightings {
        clashes.next(Sighting::from_words(words), |clash| found.push(clash));
    }
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(properties("tests/suite/migration.regressions", 500, 2000))]

    #[test]
    fn every_clash_is_found_and_no_other(
        from in prop::sample::select(vec!["i", "j", "i|b"]),
        to in prop::sample::select(vec!["i", "j", "i|b"]),
        rows in rows(),
    ) {
        prop_assert_eq!(clashes_by_sorting(from, to, &rows), clashes_by_map(from, to, &rows));
    }
}

/// The property above is worth what its rows reach.
#[test]
fn the_rows_clash_in_every_way() {
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    let rows = [pair("a", "x"), pair("b", "x"), pair("a", "c"), pair("x", "d"), pair("a", "x")];
    let clash = |line, first_line, kind| Clash { line, first_line, kind };
    let expected = [
        clash(2, 1, ClashKind::Collision),
        clash(3, 1, ClashKind::Duplicate),
        clash(5, 1, ClashKind::Duplicate),
    ];
    assert_eq!(clashes_by_sorting("i", "j", &rows), expected);
    // The same issuer on both sides: the user who gets `x` gets the identity that the fourth leaves.
    let mut expected = expected.to_vec();
    expected.extend([clash(4, 1, ClashKind::Handover), clash(5, 4, ClashKind::Handover)]);
    expected.sort_unstable();
    assert_eq!(clashes_by_sorting("i", "i", &rows), expected);
    // A `|` in an issuer: `i|b` + `c` is `i` + `b|c`.
    let rows = [pair("b|c", "y"), pair("z", "c")];
    assert_eq!(clashes_by_sorting("i", "i|b", &rows), [clash(2, 1, ClashKind::Handover)]);
    assert_eq!(clashes_by_sorting("i", "j|b", &rows), []);
}
