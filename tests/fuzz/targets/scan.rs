//! The scanner: any bytes, in any two pieces. What it finds depends only on the bytes, lies among them,
//! and is what the scanner says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spacetime_keys_core::Identity;
use spacetime_keys_core::jwt::Token;
use spacetime_keys_core::scan::{Found, Owner, Scanner, Wanted, What, claims_of};

fuzz_target!(|input: &[u8]| {
    let Some((at, bytes)) = input.split_first_chunk() else { return };
    let at = usize::from(u16::from_le_bytes(*at)).min(bytes.len());
    for wanted in [Wanted::Secrets, Wanted::Subjects] {
        let whole = found(wanted, &[bytes]);
        let (before, after) = bytes.split_at(at);
        assert_eq!(found(wanted, &[before, after]), whole);
    }
});

/// What is found, as text, by its place.
fn found(wanted: Wanted, pieces: &[&[u8]]) -> Vec<(u64, String)> {
    let size: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut all = Vec::new();
    let mut told = |found: Found| {
        assert!(found.offset < size as u64);
        all.push((found.offset, judged(wanted, &found)));
    };
    let mut scanner = Scanner::new(wanted);
    for piece in pieces {
        scanner.feed(piece, &mut told);
    }
    scanner.finish(&mut told);
    all.sort();
    all
}

fn judged(wanted: Wanted, found: &Found) -> String {
    match &found.what {
        What::PrivateKey(key) => {
            assert_eq!(wanted, Wanted::Secrets);
            key.fingerprint().to_string()
        }
        What::Token(token) => {
            assert_eq!(wanted, Wanted::Secrets);
            assert!(Token::parse(token).is_ok());
            token.to_string()
        }
        What::Subject { issuer, subject, .. } => {
            assert_eq!(wanted, Wanted::Subjects);
            assert!((1..=128).contains(&subject.len()));
            let identity = Identity::from_claims("localhost", subject);
            let claimed = Owner::new(identity, []).claimed(found).unwrap();
            assert_eq!((&claimed.publisher.subject, claimed.offset), (subject, found.offset));
            if let Some(publisher) = claims_of(found) {
                assert_eq!(Some(&publisher.issuer), issuer.as_ref());
            }
            format!("{issuer:?} {subject}")
        }
    }
}
