//! Every file in `fixtures/pem`, which are named after what is odd about them: each is a vector, to
//! the byte, and `vectors.rs` says what becomes of it.

use std::collections::BTreeMap;
use std::path::Path;

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::pem::Oddity::{NoPublicKeyInside, OtherEncoding, Sec1};
use spacetime_keys_core::pem::normalize;

#[test]
fn the_vectors_and_the_folder_are_the_same() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pem"));
    let in_folder: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    // Others are no files, and have names in words.
    let in_vectors: BTreeMap<String, Vec<u8>> = crate::vectors::harness::all("pem")
        .iter()
        .map(|vector| (crate::vectors::harness::text(vector, "name").to_owned(), vector))
        .filter(|(name, _)| name.contains('.') && !name.contains(' '))
        .map(|(name, vector)| (name, crate::vectors::harness::bytes(vector, "pem")))
        .collect();
    assert_eq!(in_folder, in_vectors);
}

/// The fixtures' key happens to have no leading zero. Some writers drop such a zero; the key is
/// known all the same.
#[test]
fn a_scalar_without_its_leading_zeros_is_mended() {
    // SEC1 by hand: the scalar 7 in one byte.
    let short = "-----BEGIN EC PRIVATE KEY-----\n\
                 MBICAQEEAQegCgYIKoZIzj0DAQc=\n\
                 -----END EC PRIVATE KEY-----\n";
    let normalized = normalize(short.as_bytes()).unwrap();
    assert_eq!(normalized.mended, [Sec1, NoPublicKeyInside, OtherEncoding]);
    let again = PrivateKey::from_pem(normalized.pem.as_str()).unwrap();
    let mut scalar = [0; 32];
    scalar[31] = 7;
    assert_eq!(again.as_p256(), &p256::SecretKey::from_slice(&scalar).unwrap());
}
