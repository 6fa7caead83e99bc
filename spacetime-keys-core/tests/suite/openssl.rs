//! A second opinion by the program `openssl`, version 3: our PEM is its PEM to the byte, our
//! fingerprint is its digest, our signatures are good to it, and its keys and signatures to us.
//!
//! A test that is skipped looks like one that passed, so without the program these fail. `OPENSSL`
//! names another program than the one on the path (macOS brings another under that name).

use std::io::Write;

use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::{PrivateKey, PublicKey};
use tempfile::NamedTempFile;

use crate::common::openssl;

const KEYS: usize = 20;

fn openssl_text(arguments: &[&str], input: &[u8]) -> String {
    String::from_utf8(openssl(arguments, input)).unwrap()
}

/// A file of mode 0600 that is gone afterwards.
fn file(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

fn new_keys() -> impl Iterator<Item = PrivateKey> {
    (0..KEYS).map(|_| PrivateKey::generate().unwrap())
}

#[test]
fn it_is_openssl_3() {
    // Version 1.1 and LibreSSL write other bytes in places.
    let version = openssl_text(&["version"], b"");
    assert!(version.starts_with("OpenSSL 3."), "these tests need OpenSSL 3, not {version}");
}

#[test]
fn our_pem_is_openssls_pem() {
    for key in new_keys() {
        let (private, public) = (key.to_pem(), key.public_key().to_pem());
        assert_eq!(openssl_text(&["pkey"], private.as_bytes()), *private);
        assert_eq!(openssl_text(&["pkey", "-pubout"], private.as_bytes()), public);
        assert_eq!(openssl_text(&["pkey", "-pubin"], public.as_bytes()), public);
        openssl(&["pkey", "-check", "-noout"], private.as_bytes());
        openssl(&["pkey", "-pubin", "-pubcheck", "-noout"], public.as_bytes());
    }
}

#[test]
fn our_fingerprint_is_openssls_digest() {
    for key in new_keys() {
        let public = key.public_key();
        let der = openssl(&["pkey", "-pubin", "-outform", "DER"], public.to_pem().as_bytes());
        assert_eq!(der, public.to_spki_der());
        let digest = openssl_text(&["dgst", "-sha256", "-r"], &der);
        let digest = digest.split_whitespace().next().unwrap();
        assert_eq!(public.fingerprint().to_string(), digest);
    }
}

#[test]
fn openssls_keys_are_canonical_already() {
    let genpkey = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    for _ in 0..KEYS {
        let pem = openssl_text(&genpkey, b"");
        let (key, oddities) = PrivateKey::from_pem_with_oddities(&pem).unwrap();
        assert_eq!((key.to_pem().as_str(), oddities.as_slice()), (pem.as_str(), [].as_slice()));
        let pem = openssl_text(&["pkey", "-pubout"], pem.as_bytes());
        let (public, oddities) = PublicKey::from_pem_with_oddities(&pem).unwrap();
        assert_eq!((&public, oddities.as_slice()), (key.public_key(), [].as_slice()));
        assert_eq!(public.to_pem(), pem);
    }
}

#[test]
fn sec1_becomes_what_openssl_makes_of_it() {
    let with_parameters = ["ecparam", "-name", "prime256v1", "-genkey"];
    let without = ["ecparam", "-name", "prime256v1", "-genkey", "-noout"];
    for arguments in [with_parameters.as_slice(), &without] {
        for _ in 0..KEYS {
            let sec1 = openssl_text(arguments, b"");
            assert!(sec1.contains("BEGIN EC PRIVATE KEY"));
            let pkcs8 = openssl_text(&["pkey"], sec1.as_bytes());
            assert_eq!(*PrivateKey::from_pem(&sec1).unwrap().to_pem(), pkcs8);
        }
    }
}

#[test]
fn every_form_that_openssl_writes_is_read() {
    for key in new_keys() {
        let (private, public) = (key.to_pem(), key.public_key().to_pem());
        for point in ["uncompressed", "compressed"] {
            for curve in ["named_curve", "explicit"] {
                let form = ["-ec_conv_form", point, "-ec_param_enc", curve];
                for traditional in [&["-traditional"][..], &[]] {
                    let arguments = [&["pkey"], &form[..], traditional].concat();
                    let other = openssl_text(&arguments, private.as_bytes());
                    assert_eq!(PrivateKey::from_pem(&other).unwrap().to_pem(), private);
                }
                let arguments = [&["pkey", "-pubin"], &form[..]].concat();
                let other = openssl_text(&arguments, public.as_bytes());
                assert_eq!(PublicKey::from_pem(&other).unwrap().to_pem(), public);
            }
        }
    }
}

const MESSAGE: &[u8] = b"eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.e30";

#[test]
fn openssl_verifies_our_signatures() {
    for key in new_keys() {
        let public = file(key.public_key().to_pem().as_bytes());
        let raw = Signer::new(&key).unwrap().sign(MESSAGE).unwrap();
        let signature = file(&to_der(&raw));
        let verify = ["dgst", "-sha256", "-verify", path(&public), "-signature", path(&signature)];
        assert_eq!(openssl_text(&verify, MESSAGE).trim(), "Verified OK");
    }
}

#[test]
fn we_verify_openssls_signatures() {
    for key in new_keys() {
        let private = file(key.to_pem().as_bytes());
        let der = openssl(&["dgst", "-sha256", "-sign", path(&private)], MESSAGE);
        let verifier = Verifier::new(key.public_key()).unwrap();
        assert!(verifier.verify(MESSAGE, &to_raw(&der)));
        assert!(!verifier.verify(MESSAGE, &der), "a DER signature is none in a JWS");
    }
}

/// `r ‖ s` as `SEQUENCE { INTEGER, INTEGER }` (RFC 3279, section 2.2.3), by hand: the test must not
/// lean on what it tests.
fn to_der(raw: &[u8; 64]) -> Vec<u8> {
    let mut integers = Vec::new();
    for number in raw.chunks(32) {
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        let mut digits = number[zeros..].to_vec();
        if digits.first().is_none_or(|byte| byte & 0x80 != 0) {
            digits.insert(0, 0);
        }
        integers.extend([0x02, u8::try_from(digits.len()).unwrap()]);
        integers.extend(digits);
    }
    [&[0x30, u8::try_from(integers.len()).unwrap()], integers.as_slice()].concat()
}

fn to_raw(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut rest = &der[2..];
    while let [0x02, length, after @ ..] = rest {
        let (digits, after) = after.split_at(usize::from(*length));
        let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
        raw.extend(vec![0; 32 - digits.len()]);
        raw.extend(digits);
        rest = after;
    }
    raw
}
