//! Project Wycheproof's cases for ES256 signatures (raw `r ‖ s`), and the two libraries behind the
//! two backends against each other. Both backends must pass: run it with and without
//! `--no-default-features`.

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::{PrivateKey, PublicKey};
use wycheproof::{TestResult, ecdsa};

#[test]
fn every_case_is_judged_as_project_wycheproof_does() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        let key = PublicKey::from_pem(&group.pem).unwrap();
        assert_eq!(key.as_sec1_bytes().as_slice(), group.key.key.as_ref());
        let verifier = Verifier::new(&key).unwrap();
        for test in &group.tests {
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                // Then it would have to be said here which way we judge it, and why.
                TestResult::Acceptable => panic!("case {} may go both ways", test.tc_id),
            };
            assert_eq!(
                verifier.verify(&test.msg, &test.sig),
                valid,
                "case {}: {} {:?}",
                test.tc_id,
                test.comment,
                test.flags
            );
            cases += 1;
        }
    }
    println!("Wycheproof: {cases} cases");
    // A file that has lost its cases must not pass.
    assert!(cases > 200, "{cases}");
}

#[test]
fn our_signatures_and_p256s_are_the_same_to_both() {
    for round in 0..50_u8 {
        let key = PrivateKey::generate().unwrap();
        let (signer, verifier) =
            (Signer::new(&key).unwrap(), Verifier::new(key.public_key()).unwrap());
        let theirs = SigningKey::from(key.as_p256());
        let message = vec![round; usize::from(round) * 7];

        let ours = signer.sign(&message).unwrap();
        let parsed = Signature::from_slice(&ours).unwrap();
        VerifyingKey::from(key.public_key().as_p256()).verify(&message, &parsed).unwrap();

        let signature: Signature = theirs.sign(&message);
        assert!(verifier.verify(&message, &signature.to_bytes()));
        // A high `s` is another signature of the same message, and servers take it.
        let (r, s) = signature.split_scalars();
        let twin = Signature::from_scalars(r, -s).unwrap();
        assert!(verifier.verify(&message, &twin.to_bytes()));
        assert_ne!(twin, signature);
    }
}

#[test]
fn nothing_but_the_message_verifies() {
    let key = PrivateKey::generate().unwrap();
    let verifier = Verifier::new(key.public_key()).unwrap();
    let signature = Signer::new(&key).unwrap().sign(b"message").unwrap();
    assert!(verifier.verify(b"message", &signature));
    assert!(!verifier.verify(b"massage", &signature));
    let other = PrivateKey::generate().unwrap();
    assert!(!Verifier::new(other.public_key()).unwrap().verify(b"message", &signature));
    for bit in 0..signature.len() * 8 {
        let mut damaged = signature;
        if let Some(byte) = damaged.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        assert!(!verifier.verify(b"message", &damaged), "bit {bit}");
    }
    for length in (0..signature.len()).chain([65, 66, 96, 128]) {
        let mut resized = signature.to_vec();
        resized.resize(length, 0);
        assert!(!verifier.verify(b"message", &resized), "{length} bytes");
    }
}
