//! Key files. A first byte below 5 is a label, and DER follows: good armour around a container
//! that may be damaged. After 5, the same without armour; after 6 and 7 a text, in base64 and in JSON.
//! Anything else is a text as it stands.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use spacetime_keys_core::key::check_pair;
use spacetime_keys_core::pem::{Half, Oddity, normalize};
use spacetime_keys_core::{
    Error, PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey, VerificationKey,
};

const LABELS: [&str; 5] =
    ["PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY", "RSA PRIVATE KEY", "RSA PUBLIC KEY"];

fuzz_target!(|input: &[u8]| {
    match input.split_first() {
        Some((&label, der)) if usize::from(label) < LABELS.len() => {
            let label = LABELS[usize::from(label)];
            let body = STANDARD.encode(der);
            read(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").as_bytes());
        }
        Some((5, der)) => read(STANDARD.encode(der).as_bytes()),
        Some((6, text)) => {
            read(STANDARD.encode(text).as_bytes());
            same_key(text, STANDARD.encode(text).as_bytes());
        }
        Some((7, text)) => {
            let Ok(text) = str::from_utf8(text) else { return };
            let json = serde_json::json!({ "id": 1, "value": text }).to_string();
            read(json.as_bytes());
            same_key(text.as_bytes(), json.as_bytes());
        }
        _ => read(input),
    }
});

/// A key that is read is read through one more wrapping, too, as long as that is not the fifth.
fn same_key(plain: &[u8], wrapped: &[u8]) {
    let (Ok(plain), wrapped) = (normalize(plain), normalize(wrapped)) else { return };
    let is_wrapped =
        |oddity: &Oddity| oddity.form().is_some() || *oddity == Oddity::SurroundingText;
    let is_pem = !plain.mended.iter().any(is_wrapped);
    match wrapped {
        Ok(wrapped) => assert_eq!(*wrapped.pem, *plain.pem),
        Err(_) => assert!(!is_pem),
    }
}

fn read(input: &[u8]) {
    let normalized = normalize(input);
    let private = PrivateKey::from_pem_with_oddities(input);
    let public = PublicKey::from_pem_with_oddities(input);
    let rsa_private = RsaPrivateKey::from_pem(input);
    let rsa_public = RsaPublicKey::from_pem(input);
    let verification = VerificationKey::from_pem(input);
    let either = VerificationKey::of_either_pem(input);

    // One text, one kind of key.
    let kinds = [private.is_ok(), public.is_ok(), rsa_private.is_ok(), rsa_public.is_ok()];
    assert!(kinds.iter().filter(|&&is_ok| is_ok).count() <= 1);
    assert_eq!(normalized.is_ok(), private.is_ok() || public.is_ok());
    assert_eq!(verification.is_ok(), public.is_ok() || rsa_public.is_ok());
    if kinds.contains(&true) {
        assert!(either.is_ok());
    }

    if let Ok(normalized) = &normalized {
        let again = normalize(normalized.pem.as_bytes()).unwrap();
        assert_eq!((again.half, &*again.pem), (normalized.half, &*normalized.pem));
        assert_eq!(again.mended, []);
        assert_eq!(normalized.mended.is_empty(), input == normalized.pem.as_bytes());
    }
    if let Ok((key, oddities)) = &private {
        let normalized = normalized.as_ref().unwrap();
        assert_eq!((normalized.half, &normalized.mended), (Half::Private, oddities));
        assert_eq!(*key.to_pem(), *normalized.pem);
        check_pair(key, &PublicKey::from_pem(key.public_key().to_pem()).unwrap()).unwrap();
        assert_eq!(public.as_ref().err(), Some(&Error::KeyIsPrivate));
        assert_eq!(either.as_ref(), Ok(&VerificationKey::from(key.public_key().clone())));
    }
    if let Ok((key, oddities)) = &public {
        let normalized = normalized.as_ref().unwrap();
        assert_eq!((normalized.half, &normalized.mended), (Half::Public, oddities));
        assert_eq!(key.to_pem(), *normalized.pem);
        assert_eq!(PublicKey::from_sec1_bytes(key.as_sec1_bytes()).as_ref(), Ok(key));
        assert_eq!(private.as_ref().err(), Some(&Error::KeyIsPublic));
        assert_eq!(verification.as_ref(), Ok(&key.clone().into()));
    }
    if let Ok(key) = &rsa_public {
        assert!((RsaPublicKey::MIN_BITS..=RsaPublicKey::MAX_BITS).contains(&key.bits()));
        assert_eq!(RsaPublicKey::from_pem(key.to_pem()).as_ref(), Ok(key));
        let numbers = (key.modulus(), key.exponent());
        assert_eq!(RsaPublicKey::from_components(numbers.0, numbers.1).as_ref(), Ok(key));
        assert_eq!(verification.as_ref(), Ok(&key.clone().into()));
    }
    if let Ok(key) = &rsa_private {
        let pem = key.to_pem().unwrap();
        let again = RsaPrivateKey::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(*again.to_pem().unwrap(), *pem);
        assert_eq!(either.as_ref(), Ok(&VerificationKey::from(key.public_key().clone())));
    }
    if let (Ok(verification), Ok(either)) = (&verification, &either) {
        assert_eq!(verification, either);
    }
}
