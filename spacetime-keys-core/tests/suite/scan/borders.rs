//! What stands across the border of two pieces, or of the scanner's own window.

use proptest::prelude::*;
use spacetime_keys_core::scan::Wanted;

use super::{found, found_in_pieces};
use crate::common::{PRIVATE_PEM, host_token, properties};

const UUID: &str = "11ca1be8-7645-47fe-be83-153111b6c323";
const CLAIMS: &str = r#"{"sub":"11ca1be8-7645-47fe-be83-153111b6c323","iss":"localhost"}"#;

#[test]
fn a_split_at_any_byte_changes_nothing() {
    let text = format!("a\n{PRIVATE_PEM} b {} c {UUID} d {CLAIMS} e", host_token());
    for wanted in [Wanted::Secrets, Wanted::Subjects] {
        let whole = found(wanted, &text);
        assert!(whole.len() >= 2);
        for at in 0..=text.len() {
            let (before, after) = text.as_bytes().split_at(at);
            assert_eq!(found_in_pieces(wanted, [before, after]), whole, "{at}");
        }
        assert_eq!(found_in_pieces(wanted, text.as_bytes().chunks(1)), whole);
    }
}

/// The scanner's window is 512 KiB, and anchors in its last 64 KiB are looked at later.
#[test]
fn the_window_has_no_borders() {
    const LOOKED_AT: usize = 448 << 10;
    const WINDOW: usize = 512 << 10;
    for (wanted, needle) in [
        (Wanted::Secrets, PRIVATE_PEM),
        (Wanted::Secrets, host_token()),
        (Wanted::Subjects, UUID),
        (Wanted::Subjects, CLAIMS),
    ] {
        let alone = found(wanted, needle);
        let step = if spacetime_keys_test_support::is_all() { 1 } else { 7 };
        for border in [LOOKED_AT, WINDOW] {
            for start in (border - needle.len() - 9..border + 9).step_by(step) {
                let text = [vec![b'\n'; start], needle.into(), vec![b'\n'; 9]].concat();
                let moved: Vec<_> =
                    alone.iter().map(|(at, what)| (at + start as u64, what.clone())).collect();
                assert_eq!(found(wanted, &text), moved, "{start}");
            }
        }
    }
}

proptest! {
    #![proptest_config(properties("tests/suite/scan.regressions", 64, 512))]

    /// Needles anywhere in megabytes of anything, in pieces of any length.
    #[test]
    fn needles_are_found_wherever_they_are(
        gaps in prop::collection::vec(0..300_000_usize, 1..6),
        piece in 1..200_000_usize,
        filler in prop::sample::select(vec![b'\0', b'\n', b' ', b'x', 0xff, b'-']),
    ) {
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for gap in &gaps {
            text.extend(vec![filler; *gap]);
            text.push(b'\n');
            expected.push((text.len() as u64, format!("uuid |{UUID}")));
            text.extend(UUID.as_bytes());
            text.push(b'\n');
        }
        prop_assert_eq!(found_in_pieces(Wanted::Subjects, text.chunks(piece)), expected);
    }
}
