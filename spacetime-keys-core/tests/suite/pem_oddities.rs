//! Every file in `fixtures/pem`, which are named after what is odd about them: each is a vector, to
//! the byte, and `vectors.rs` says what becomes of it.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use spacetime_keys_core::error::{Encoding, Found};
use spacetime_keys_core::pem::Oddity::{NoPublicKeyInside, OtherEncoding, Sec1, SurroundingText};
use spacetime_keys_core::pem::normalize;
use spacetime_keys_core::{Error, PrivateKey};

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

/// `GnuTLS` and `PuTTY` write the scalar as an INTEGER's bytes: half of all keys have a zero before it.
#[test]
fn a_scalar_with_a_zero_before_it_is_mended() {
    let digits = [0x9c; 32];
    let jwk = format!(r#"{{"kty":"EC","crv":"P-256","d":"{}"}}"#, URL_SAFE_NO_PAD.encode(digits));
    let key = PrivateKey::from_pem(jwk).unwrap().to_pem().to_string();
    for zeros in 1..=3_u8 {
        let mut der = vec![0x30, 0x30 + zeros, 2, 1, 1, 4, 32 + zeros];
        der.extend(vec![0; zeros.into()]);
        der.extend(digits);
        der.extend([0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
        der[1] = u8::try_from(der.len() - 2).unwrap();
        let normalized = normalize(sec1(&der).as_bytes()).unwrap();
        assert_eq!(normalized.mended, [Sec1, NoPublicKeyInside, OtherEncoding]);
        assert_eq!(normalized.pem.as_str(), key);
    }
    // One that is longer by itself is no scalar.
    let mut der = vec![0x30, 0, 2, 1, 1, 4, 33, 1];
    der.extend(digits);
    der.extend([0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    der[1] = u8::try_from(der.len() - 2).unwrap();
    assert_eq!(normalize(sec1(&der).as_bytes()).err(), Some(Error::KeyInvalid));
}

/// RFC 1421, section 4.4: lines `Name: value`, then an empty one. Go's `encoding/pem` writes and reads them.
#[test]
fn headers_inside_the_block_are_no_part_of_the_key() {
    let pem = include_str!("../fixtures/pem/private.pem");
    let (begin, body) = pem.split_once('\n').unwrap();
    for (headers, newline) in [
        ("Made-By: a tool\n\n", "\n"),
        ("Name: one\nComment: of two lines,\n  this being the second\n\n", "\n"),
        ("Made-By: a tool\r\n\r\n", "\r\n"),
    ] {
        let text = format!("{begin}{newline}{headers}{body}");
        let normalized = normalize(text.as_bytes()).unwrap();
        assert_eq!(normalized.pem.as_str(), pem, "{headers:?}");
        assert!(normalized.mended.contains(&SurroundingText), "{:?}", normalized.mended);
    }
    // A colon that is no header's is damage, and a password stays one.
    let damaged = format!("{begin}\nMade-By: a tool\n{body}");
    assert_eq!(normalize(damaged.as_bytes()).err(), Some(Error::PemBase64));
    let locked = format!("{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n{body}");
    assert_eq!(normalize(locked.as_bytes()).err(), Some(Error::KeyUnsupported(Found::Encrypted)));
}

/// What stands in a key's place and says where the key is, or how it is locked.
#[test]
fn what_is_elsewhere_is_named() {
    use Encoding::{
        Age, AnsibleVault, GitCrypt, GitLfs, Html, OpenPgp, Putty, Reference, Ssh2Public,
    };
    for (text, what) in [
        ("PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\n", Putty),
        ("PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\n", Putty),
        ("---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"k\"\nAAAA\n", Ssh2Public),
        ("$ANSIBLE_VAULT;1.1;AES256\n6133\n", AnsibleVault),
        ("$ANSIBLE_VAULT;1.2;AES256;prod\n6133\n", AnsibleVault),
        ("age-encryption.org/v1\n-> X25519 AAAA\n", Age),
        ("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n", Age),
        ("-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n", OpenPgp),
        ("\0GITCRYPT\0\u{1}\u{2}", GitCrypt),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 241\n", GitLfs),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/key)", Reference),
        ("@Microsoft.KeyVault(VaultName=v;SecretName=key)\n", Reference),
        ("${JWT_PRIVATE_KEY}", Reference),
        ("$JWT_PRIVATE_KEY\n", Reference),
        ("\"$(JwtPrivateKey)\"", Reference),
        ("$(JwtPrivateKey)", Reference),
        ("{{ lookup('env', 'JWT_PRIVATE_KEY') }}", Reference),
        ("((jwt.private_key))", Reference),
        ("op://vault/item/private key", Reference),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf", Reference),
        ("***", Reference),
        ("<!doctype html>\n<title>Sign in</title>", Html),
        ("\n<HTML><head>", Html),
    ] {
        let read = normalize(text.as_bytes()).err();
        assert_eq!(read, Some(Error::PemEncoding(what)), "{text:?}");
    }
    // Others only look like one.
    for text in ["$", "$2y$10$abc", "{{", "()", "<key>"] {
        let read = normalize(text.as_bytes()).err();
        assert!(!matches!(read, Some(Error::PemEncoding(Reference | Html))), "{text:?}: {read:?}");
    }
}

fn sec1(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n")
}
