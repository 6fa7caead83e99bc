//! RSA keys and RS256, with the program `openssl` (version 3) for a second opinion, and the
//! vectors of RFC 7515 and RFC 7638. `tests/openssl.rs` says how that program is found.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use spacetime_keys_core::error::{Algorithm, Found};
use spacetime_keys_core::{Error, PrivateKey, PublicKey, RsaPublicKey, VerificationKey, pem};

use crate::common::openssl;

fn text(arguments: &[&str], input: impl AsRef<[u8]>) -> String {
    String::from_utf8(openssl(arguments, input.as_ref())).unwrap()
}

fn generate(bits: &str) -> String {
    let bits = format!("rsa_keygen_bits:{bits}");
    text(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits], "")
}

fn bytes(base64url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(base64url).unwrap()
}

/// RFC 7638, section 3.1.
#[test]
fn the_thumbprint_of_rfc_7638() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\
             oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65\
             YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr\
             dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK\
             nqDKgw";
    let key = RsaPublicKey::from_components(&bytes(n), &bytes("AQAB")).unwrap();
    assert_eq!(key.kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(VerificationKey::from(key).kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn openssls_public_keys_are_read_and_written_alike() {
    for bits in ["2048", "3072"] {
        let private = generate(bits);
        let public = text(&["pkey", "-pubout"], &private);
        let key = RsaPublicKey::from_pem(&public).unwrap();
        assert_eq!(key.to_pem(), public);
        assert_eq!(key.bits().to_string(), bits);
        let der = openssl(&["pkey", "-pubin", "-outform", "DER"], public.as_bytes());
        assert_eq!(key.to_spki_der(), der);
        let digest = text(&["dgst", "-sha256", "-r"], &der);
        assert!(digest.starts_with(&key.fingerprint().to_string()), "{digest}");

        let pkcs1_public = text(&["rsa", "-RSAPublicKey_out"], &private);
        assert!(pkcs1_public.contains("BEGIN RSA PUBLIC KEY"));
        let pkcs1_private = text(&["rsa", "-traditional"], &private);
        assert!(pkcs1_private.contains("BEGIN RSA PRIVATE KEY"));
        assert_eq!(RsaPublicKey::from_pem(&pkcs1_public).unwrap(), key);
        for half in [&private, &public, &pkcs1_private, &pkcs1_public] {
            let of_either = VerificationKey::of_either_pem(half).unwrap();
            assert_eq!(of_either, VerificationKey::Rs256(key.clone()));
        }
        // What people do to PEM texts is repaired here, too.
        let one_line = public.replace('\n', "\\n");
        assert_eq!(RsaPublicKey::from_pem(one_line).unwrap(), key);
    }
}

#[test]
fn a_key_for_verifying_is_of_either_kind() {
    let p256 = PrivateKey::generate().unwrap();
    let key = VerificationKey::from_pem(p256.public_key().to_pem()).unwrap();
    assert_eq!(key, VerificationKey::Es256(p256.public_key().clone()));
    assert_eq!(key.algorithm(), Algorithm::Es256);
    assert_eq!(key.kid(), p256.public_key().kid());
    assert_eq!(key.fingerprint(), p256.public_key().fingerprint());
    assert_eq!(VerificationKey::of_either_pem(&*p256.to_pem()).unwrap(), key);

    let rsa = generate("2048");
    let public = text(&["pkey", "-pubout"], &rsa);
    let key = VerificationKey::from_pem(&public).unwrap();
    assert_eq!(key.algorithm(), Algorithm::Rs256);
    assert_eq!(key.to_pem(), public);
    for private in [&*p256.to_pem(), &rsa, &text(&["rsa", "-traditional"], &rsa)] {
        assert_eq!(VerificationKey::from_pem(private), Err(Error::KeyIsPrivate));
    }
    let ed25519 = text(&["pkey", "-pubout"], text(&["genpkey", "-algorithm", "ed25519"], ""));
    let refused = Err(Error::KeyUnsupported(Found::Ed25519));
    assert_eq!(VerificationKey::from_pem(&ed25519), refused);
    assert_eq!(VerificationKey::of_either_pem(&ed25519), refused);
}

#[test]
fn what_is_no_rsa_key_for_rs256_is_named() {
    let p256 = PrivateKey::generate().unwrap();
    assert_eq!(RsaPublicKey::from_pem(p256.public_key().to_pem()), Err(Error::KeyNotRsa));
    let pss = text(&["genpkey", "-algorithm", "RSA-PSS"], "");
    let pss = text(&["pkey", "-pubout"], pss);
    assert_eq!(RsaPublicKey::from_pem(&pss), Err(Error::KeyNotRsa));
    assert_eq!(VerificationKey::from_pem(&pss), Err(Error::KeyNotRsa));
    for bits in ["1024", "2040", "2047"] {
        let small = text(&["pkey", "-pubout"], generate(bits));
        assert_eq!(RsaPublicKey::from_pem(small), Err(Error::KeyRsaSize), "{bits}");
    }
    let public = text(&["pkey", "-pubout"], generate("2048"));
    let damaged = public.replacen("IBIj", "IBIk", 1);
    assert_ne!(damaged, public);
    assert_eq!(RsaPublicKey::from_pem(damaged), Err(Error::KeyDamaged));
}

/// A server's own keys, and whatever rotates them, stay P-256.
#[test]
fn where_a_server_key_is_needed_rsa_is_refused() {
    let private = generate("2048");
    let public = text(&["pkey", "-pubout"], &private);
    let forms = [
        text(&["rsa", "-traditional"], &private),
        text(&["rsa", "-RSAPublicKey_out"], &private),
        private,
        public,
    ];
    for form in forms {
        let rsa = Error::KeyUnsupported(Found::Rsa);
        assert_eq!(pem::normalize(form.as_bytes()).err(), Some(rsa));
        let (private, public) = (PrivateKey::from_pem(&form), PublicKey::from_pem(&form));
        assert!(private.is_err() && public.is_err());
        assert!(private.err() == Some(rsa) || public.err() == Some(rsa));
    }
}

#[test]
fn numbers_must_be_a_key_in_as_few_bytes_as_they_need() {
    let n = |bytes: usize, first: u8| {
        let mut n = vec![0x5b; bytes];
        if let Some(byte) = n.first_mut() {
            *byte = first;
        }
        n
    };
    let e = [1, 0, 1];
    let even = [n(255, 0x80), vec![2]].concat();
    let (ok, size, invalid) = (None, Some(Error::KeyRsaSize), Some(Error::KeyRsaInvalid));
    let table: [(&[u8], &[u8], Option<Error>); 19] = [
        (&n(256, 0x80), &e, ok),
        (&n(1024, 0xff), &e, ok),
        (&n(256, 0x7f), &e, size),
        (&n(255, 0xff), &e, size),
        (&n(1025, 1), &e, size),
        (&n(257, 0), &e, invalid),
        (&even, &e, invalid),
        (&[], &e, invalid),
        (&n(256, 0x80), &[], invalid),
        (&n(256, 0x80), &[0], invalid),
        (&n(256, 0x80), &[1], invalid),
        (&n(256, 0x80), &[2], invalid),
        (&n(256, 0x80), &[3], ok),
        (&n(256, 0x80), &[1, 0, 0], invalid),
        (&n(256, 0x80), &[0, 1, 0, 1], invalid),
        (&n(256, 0x80), &[1, 0, 0, 0, 1], ok),
        (&n(256, 0x80), &[1, 0xff, 0xff, 0xff, 0xff], ok),
        (&n(256, 0x80), &[2, 0, 0, 0, 1], invalid),
        (&n(256, 0x80), &[1, 0, 0, 0, 0, 1], invalid),
    ];
    for (row, (n, e, expected)) in table.into_iter().enumerate() {
        assert_eq!(RsaPublicKey::from_components(n, e).err(), expected, "row {row}");
    }
}

#[cfg(feature = "aws-lc-rs")]
mod rs256 {
    use base64::engine::general_purpose::STANDARD;
    use spacetime_keys_core::RsaPrivateKey;
    use spacetime_keys_core::rs256::{Signer, Verifier};

    use super::*;

    /// RFC 7515, appendix A.2.
    #[test]
    fn the_example_of_rfc_7515() {
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPM\
                 EzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-\
                 bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3\
                 qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g\
                 b54h4FRWyuXpoQ";
        let input = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6L\
                     y9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-\
                         0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrn\
                         byTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1\
                         2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs\
                         98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let key = RsaPublicKey::from_components(&bytes(n), &bytes("AQAB")).unwrap();
        let verifier = Verifier::new(&key).unwrap();
        let signature = bytes(signature);
        assert!(verifier.verify(input.as_bytes(), &signature));
        assert!(!verifier.verify(b"another message", &signature));
        for bit in 0..8 * signature.len() {
            let mut changed = signature.clone();
            *changed.get_mut(bit / 8).unwrap() ^= 1 << (bit % 8);
            assert!(!verifier.verify(input.as_bytes(), &changed), "bit {bit}");
        }
        for length in [0, 1, 64, 255] {
            assert!(!verifier.verify(input.as_bytes(), signature.get(..length).unwrap()));
        }
    }

    #[test]
    fn our_private_keys_are_openssls() {
        let key = RsaPrivateKey::generate().unwrap();
        assert_eq!(key.public_key().bits(), 2048);
        assert_eq!(key.public_key().exponent(), [1, 0, 1]);
        let pem = key.to_pem().unwrap();
        assert_eq!(text(&["pkey"], &*pem), *pem);
        assert_eq!(text(&["pkey", "-pubout"], &*pem), key.public_key().to_pem());
        openssl(&["pkey", "-check", "-noout"], pem.as_bytes());
        let again = RsaPrivateKey::from_pem(&*pem).unwrap();
        assert_eq!(again.public_key(), key.public_key());

        let pem = generate("3072");
        let key = RsaPrivateKey::from_pem(&pem).unwrap();
        assert_eq!(*key.to_pem().unwrap(), pem);
        let traditional = text(&["rsa", "-traditional"], &pem);
        assert_eq!(RsaPrivateKey::from_pem(traditional).unwrap().public_key(), key.public_key());
    }

    #[test]
    fn signatures_are_good_to_openssl_and_its_to_us() {
        let private = tempfile::NamedTempFile::new().unwrap();
        let public = tempfile::NamedTempFile::new().unwrap();
        let other = tempfile::NamedTempFile::new().unwrap();
        let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
        let key = RsaPrivateKey::generate().unwrap();
        std::fs::write(&private, key.to_pem().unwrap().as_bytes()).unwrap();
        std::fs::write(&public, key.public_key().to_pem()).unwrap();

        let signer = Signer::new(&key);
        assert_eq!(signer.public_key(), key.public_key());
        let signature = signer.sign(b"a message").unwrap();
        std::fs::write(&other, &signature).unwrap();
        let verify = ["dgst", "-sha256", "-verify", &path(&public), "-signature", &path(&other)];
        assert_eq!(text(&verify, "a message"), "Verified OK\n");

        let theirs = openssl(&["dgst", "-sha256", "-sign", &path(&private)], b"a message");
        assert_eq!(theirs, signature, "PKCS#1 v1.5 has no randomness");
        assert!(Verifier::new(key.public_key()).unwrap().verify(b"a message", &theirs));
        let stranger = RsaPrivateKey::generate().unwrap();
        assert!(!Verifier::new(stranger.public_key()).unwrap().verify(b"a message", &theirs));
    }

    #[test]
    fn private_keys_that_are_refused() {
        let refused = |pem: &str| RsaPrivateKey::from_pem(pem).err();
        let pem = generate("2048");
        assert_eq!(refused(&text(&["pkey", "-pubout"], &pem)), Some(Error::KeyIsPublic));
        assert_eq!(refused(&PrivateKey::generate().unwrap().to_pem()), Some(Error::KeyNotRsa));
        assert_eq!(refused(&generate("1024")), Some(Error::KeyRsaSize));
        // A digit of the private exponent: the numbers no longer belong together.
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
        for (place, expected) in [(0, None), (400, Some(Error::KeyRsaInvalid))] {
            let mut der = STANDARD.decode(lines.concat()).unwrap();
            *der.get_mut(place).unwrap() ^= u8::from(place > 0);
            let body = STANDARD.encode(der);
            let changed =
                format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
            assert_eq!(refused(&changed), expected);
        }
    }

    #[test]
    fn debug_shows_a_fingerprint_alone() {
        let key = RsaPrivateKey::generate().unwrap();
        let fingerprint = key.public_key().fingerprint();
        assert_eq!(format!("{key:?}"), format!("RsaPrivateKey(of {fingerprint})"));
        assert_eq!(format!("{:?}", Signer::new(&key)), format!("Signer(of {fingerprint})"));
    }
}
