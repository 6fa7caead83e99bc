//! The identity of 100,000 random (`iss`, `sub`) pairs, by us and by the crate that the server
//! itself derives it with.
//!
//! `SPACETIME_KEYS_TEST_SEED=… cargo test` repeats a run, `PAIRS=…` makes it longer or shorter.

use spacetime_keys_core::Identity;
use spacetime_keys_core::migration::derive_many;
use spacetime_keys_test_support::{Random, again, count, number, seed};

/// Issuers and subjects.
struct Texts(Random);

impl Texts {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// Any character, the rare kinds as often as the common ones.
    fn character(&mut self) -> char {
        let code = match self.below(6) {
            0 => return '|',
            1 => self.below(0x20),
            2 | 3 => self.below(0x80),
            4 => self.below(0x1_0000),
            _ => self.below(0x11_0000),
        };
        // Surrogates are no characters.
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
    }

    /// Any text: empty, short as real claims are, around the 64 bytes of a BLAKE3 block, the 257
    /// of the longest that servers take and the 1,024 of a BLAKE3 chunk, or long.
    fn text(&mut self) -> String {
        let length = match self.below(8) {
            0 => 0,
            1..=3 => self.below(48),
            4 => 60 + self.below(8),
            5 => 250 + self.below(16),
            6 => 1016 + self.below(16),
            _ => self.below(5000),
        };
        let ascii = self.below(2) == 0;
        let mut text = String::new();
        while (text.len() as u64) < length {
            if ascii {
                text.push(char::from(0x20 + self.below(0x5f) as u8));
            } else {
                text.push(self.character());
            }
        }
        text
    }
}

#[test]
fn identities_are_the_servers() {
    let seed = seed();
    let pairs = number("PAIRS").unwrap_or_else(|| count(20_000, 100_000));
    println!("{}", again(seed));

    let mut random = Texts(Random::new(seed));
    for pair in 0..pairs {
        let (issuer, subject) = (random.text(), random.text());
        let ours = Identity::from_claims(&issuer, &subject);
        let theirs = spacetimedb_lib::Identity::from_claims(&issuer, &subject);
        let context = || format!("{}, pair {pair}: {issuer:?}, {subject:?}", again(seed));
        assert_eq!(ours.to_string(), theirs.to_hex().to_string(), "{}", context());
        // And what we take for an identity is one to the server's crate, the other way round too.
        assert_eq!(Identity::parse(theirs.to_hex().as_str()), Ok(ours), "{}", context());
        assert_eq!(*ours.as_bytes(), theirs.to_be_byte_array(), "{}", context());
    }
    println!("{pairs} pairs, no disagreement");
}

/// Many subjects at once: batches of mixed lengths, and issuers of every length that counts.
#[test]
fn identities_in_bulk_are_the_servers() {
    let seed = seed();
    println!("{}", again(seed));
    let mut texts = Texts(Random::new(seed));
    let lengths: Vec<String> = (0..=2000).map(|length| "s".repeat(length)).collect();
    for round in 0..200 {
        let issuer = texts.text();
        let mut subjects: Vec<String> = (0..texts.below(60)).map(|_| texts.text()).collect();
        if round % 20 == 0 {
            subjects.extend(lengths.iter().cloned());
        }
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let ours = Identity::from_subjects(&issuer, &subjects);
        assert_eq!(ours.len(), subjects.len());
        for (subject, ours) in subjects.iter().zip(ours) {
            let theirs = spacetimedb_lib::Identity::from_claims(&issuer, subject);
            assert_eq!(
                *ours.as_bytes(),
                theirs.to_be_byte_array(),
                "{}: {issuer:?}, {subject:?}",
                again(seed)
            );
        }
    }
}

/// Users in bulk, from one issuer to another, as `identity map` derives them.
#[test]
fn mapped_identities_are_the_servers() {
    let seed = seed();
    println!("{}", again(seed));
    let mut texts = Texts(Random::new(seed));
    let subjects: Vec<String> = (0..20_000).map(|_| texts.text()).collect();
    for issuer in ["https://sso.example.com/realms/app", "https://app.example.com", "localhost"] {
        let ours = derive_many(issuer, &subjects);
        assert_eq!(ours.len(), subjects.len());
        for (subject, ours) in subjects.iter().zip(ours) {
            let theirs = spacetimedb_lib::Identity::from_claims(issuer, subject);
            assert_eq!(*ours.as_bytes(), theirs.to_be_byte_array(), "{}: {subject:?}", again(seed));
            // What is written: by another way than `Display`.
            assert_eq!(str::from_utf8(&ours.to_hex()), Ok(theirs.to_hex().as_str()));
        }
    }
}

/// The generator itself must reach what it is there for.
#[test]
fn the_pairs_are_of_every_kind() {
    let mut random = Texts(Random::new(1));
    let texts: Vec<String> = (0..2000).map(|_| random.text()).collect();
    assert!(texts.iter().any(String::is_empty));
    assert!(texts.iter().any(|text| text.len() > 1024));
    assert!(texts.iter().any(|text| text.contains('|')));
    assert!(texts.iter().any(|text| text.chars().any(|c| c > '\u{ffff}')));
    assert!(texts.iter().any(|text| text.contains('\0')));
}
