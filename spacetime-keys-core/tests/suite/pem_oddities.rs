//! Every file in `fixtures/pem`, which are named after what is odd about them: either it is mended,
//! and the result is the canonical text to the byte, or it is refused, with the error that fits.

use std::collections::BTreeSet;
use std::path::Path;

use spacetime_keys_core::error::{Encoding, Found};
use spacetime_keys_core::pem::{Half, Oddity, normalize};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};

use Oddity::{
    ByteOrderMark, CarriageReturns, CompressedPoint, EscapedNewlines, ExplicitParameters,
    LineLayout, NoPublicKeyInside, OtherEncoding, Sec1, SurroundingText,
};

/// Files `private-….pem` and `public-….pem`, all of one pair: what is reported as mended.
const BOTH_MENDED: &[(&str, &[Oddity])] = &[
    ("blank-lines-after", &[LineLayout]),
    ("blank-lines-before", &[LineLayout]),
    ("blank-lines-inside", &[LineLayout]),
    ("body-on-one-line", &[LineLayout]),
    ("bom", &[ByteOrderMark]),
    // A backslash and an `n` beside the key do no harm, and are no reason to call it broken.
    ("comment-with-backslash-n-before", &[SurroundingText]),
    ("cr-only", &[CarriageReturns]),
    ("crlf", &[CarriageReturns]),
    ("crlf-bom-quoted-indented", &[ByteOrderMark, CarriageReturns, SurroundingText, LineLayout]),
    ("double-quoted", &[SurroundingText]),
    ("env-assignment", &[EscapedNewlines, SurroundingText]),
    ("explicit-parameters", &[ExplicitParameters]),
    ("indented", &[LineLayout]),
    ("json-string", &[EscapedNewlines, SurroundingText]),
    ("lines-of-76", &[LineLayout]),
    ("literal-backslash-n", &[EscapedNewlines]),
    ("literal-backslash-n-escaped-twice", &[EscapedNewlines]),
    ("literal-backslash-r-n", &[EscapedNewlines]),
    ("mixed-line-ends", &[CarriageReturns]),
    ("no-trailing-newline", &[LineLayout]),
    ("one-line", &[LineLayout]),
    ("single-quoted", &[SurroundingText]),
    ("spaces-for-newlines", &[LineLayout]),
    ("tabs-for-newlines", &[LineLayout]),
    ("text-after", &[SurroundingText]),
    ("text-before", &[SurroundingText]),
    ("trailing-blanks", &[LineLayout]),
    ("yaml-block", &[SurroundingText, LineLayout]),
];

/// What can happen to one half of a pair alone.
const ONE_MENDED: &[(&str, &[Oddity])] = &[
    ("private.pem", &[]),
    ("private-attributes.pem", &[OtherEncoding]),
    ("private-compressed-point-inside.pem", &[CompressedPoint]),
    ("private-curve-named-twice.pem", &[OtherEncoding]),
    ("private-no-public-inside.pem", &[NoPublicKeyInside]),
    ("private-pkcs8-with-ec-parameters.pem", &[Sec1]),
    ("private-sec1.pem", &[Sec1]),
    ("private-sec1-explicit-parameters.pem", &[Sec1, ExplicitParameters]),
    ("private-sec1-no-public-inside.pem", &[Sec1, NoPublicKeyInside]),
    ("private-sec1-with-ec-parameters.pem", &[Sec1]),
    ("private-version-2.pem", &[OtherEncoding]),
    ("public.pem", &[]),
    ("public-compressed-point.pem", &[CompressedPoint]),
    ("public-compressed-point-explicit-parameters.pem", &[CompressedPoint, ExplicitParameters]),
    ("public-with-ec-parameters.pem", &[Sec1]),
];

/// What cannot be known, or is no P-256 key.
const REFUSED: &[(&str, Error)] = &[
    ("base64url.pem", Error::PemBase64),
    ("begin-again-before-end.pem", Error::PemCutOff),
    ("blank.pem", Error::PemEmpty),
    ("brainpool-private.pem", Error::KeyUnsupported(Found::OtherCurve)),
    ("brainpool-public.pem", Error::KeyUnsupported(Found::OtherCurve)),
    ("certificate-request.pem", Error::KeyUnsupported(Found::CertificateRequest)),
    ("certificate.pem", Error::KeyUnsupported(Found::Certificate)),
    // Long runs of zeros, as the written-out prime has them, do not make it UTF-16.
    ("der-explicit-parameters.bin", Error::PemEncoding(Encoding::Der)),
    ("der-followed-by-more.pem", Error::KeyDamaged),
    ("der-public.bin", Error::PemEncoding(Encoding::Der)),
    ("der.bin", Error::PemEncoding(Encoding::Der)),
    ("ec-parameters-only.pem", Error::KeyUnsupported(Found::ParametersOnly)),
    ("ec-public-key-label.pem", Error::KeyUnsupported(Found::OtherLabel)),
    ("ed25519-private.pem", Error::KeyUnsupported(Found::Ed25519)),
    ("ed25519-public.pem", Error::KeyUnsupported(Found::Ed25519)),
    ("ed448-private.pem", Error::KeyUnsupported(Found::Ed448)),
    ("ed448-public.pem", Error::KeyUnsupported(Found::Ed448)),
    ("embedded-public-of-another-key.pem", Error::KeyEmbeddedMismatch),
    ("empty.pem", Error::PemEmpty),
    ("encrypted-pkcs8.pem", Error::KeyUnsupported(Found::Encrypted)),
    ("encrypted-traditional.pem", Error::KeyUnsupported(Found::Encrypted)),
    ("explicit-parameters-other-generator.pem", Error::KeyUnsupported(Found::OtherParameters)),
    ("half-a-begin-line.pem", Error::PemCutOff),
    ("half-an-end-line.pem", Error::PemCutOff),
    ("jwk.json", Error::PemEncoding(Encoding::Jwk)),
    ("labels-differ.pem", Error::PemCutOff),
    ("latin1.pem", Error::PemEncoding(Encoding::Binary)),
    ("lost-a-line.pem", Error::KeyDamaged),
    ("lost-the-base64.pem", Error::KeyDamaged),
    ("no-begin-line.pem", Error::PemMissing),
    ("no-end-line.pem", Error::PemCutOff),
    ("no-pem.pem", Error::PemMissing),
    ("openssh.pem", Error::KeyUnsupported(Found::OpenSsh)),
    ("p224-private.pem", Error::KeyUnsupported(Found::P224)),
    ("p224-public.pem", Error::KeyUnsupported(Found::P224)),
    ("p384-private.pem", Error::KeyUnsupported(Found::P384)),
    ("p384-public.pem", Error::KeyUnsupported(Found::P384)),
    ("p384-sec1.pem", Error::KeyUnsupported(Found::P384)),
    ("p521-private.pem", Error::KeyUnsupported(Found::P521)),
    ("p521-public.pem", Error::KeyUnsupported(Found::P521)),
    ("point-at-infinity.pem", Error::KeyInvalid),
    ("point-compact.pem", Error::KeyInvalid),
    ("point-off-the-curve.pem", Error::KeyInvalid),
    // OpenSSL writes a hybrid point if told to; RFC 5480 allows the other two forms alone.
    ("public-hybrid-point.pem", Error::KeyInvalid),
    ("public-then-private.pem", Error::PemSeveral),
    ("random.bin", Error::PemEncoding(Encoding::Binary)),
    ("rsa-pkcs1-public.pem", Error::KeyUnsupported(Found::Rsa)),
    ("rsa-pkcs1.pem", Error::KeyUnsupported(Found::Rsa)),
    ("rsa-pkcs8.pem", Error::KeyUnsupported(Found::Rsa)),
    ("rsa-public.pem", Error::KeyUnsupported(Found::Rsa)),
    ("same-key-twice.pem", Error::PemSeveral),
    ("scalar-group-order.pem", Error::KeyInvalid),
    ("scalar-of-33-bytes.pem", Error::KeyInvalid),
    ("scalar-zero.pem", Error::KeyInvalid),
    ("sec1-embedded-public-of-another-key.pem", Error::KeyEmbeddedMismatch),
    ("sec1-without-curve.pem", Error::KeyDamaged),
    ("secp256k1-explicit-parameters.pem", Error::KeyUnsupported(Found::OtherParameters)),
    ("secp256k1-private.pem", Error::KeyUnsupported(Found::Secp256k1)),
    ("secp256k1-public.pem", Error::KeyUnsupported(Found::Secp256k1)),
    ("ssh-public.pub", Error::PemEncoding(Encoding::OpenSshPublic)),
    ("ssh2-public.pem", Error::PemMissing),
    ("strange-characters.pem", Error::PemBase64),
    ("swapped-label-private-as-public.pem", Error::KeyDamaged),
    ("swapped-label-public-as-private.pem", Error::KeyDamaged),
    // Whole groups of four are lost: the base64 is good, the DER ends early.
    ("truncated-base64-at-four.pem", Error::KeyDamaged),
    ("truncated-base64.pem", Error::PemCutOff),
    ("two-keys.pem", Error::PemSeveral),
    ("two-public-keys.pem", Error::PemSeveral),
    ("utf16-be.pem", Error::PemEncoding(Encoding::Utf16)),
    ("utf16-no-bom.pem", Error::PemEncoding(Encoding::Utf16)),
    ("utf16.pem", Error::PemEncoding(Encoding::Utf16)),
    ("version-2-public-of-another-key.pem", Error::KeyEmbeddedMismatch),
    ("x25519-private.pem", Error::KeyUnsupported(Found::Montgomery)),
    ("x25519-public.pem", Error::KeyUnsupported(Found::Montgomery)),
    ("x448-private.pem", Error::KeyUnsupported(Found::Montgomery)),
    ("x448-public.pem", Error::KeyUnsupported(Found::Montgomery)),
    // What a power failure leaves of a file that was not synced.
    ("zeros.bin", Error::PemEncoding(Encoding::Binary)),
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pem"))
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).unwrap()
}

fn mended() -> impl Iterator<Item = (String, &'static [Oddity])> {
    let both = BOTH_MENDED.iter().flat_map(|(oddity, expected)| {
        ["private", "public"].map(|half| (format!("{half}-{oddity}.pem"), *expected))
    });
    both.chain(ONE_MENDED.iter().map(|(file, expected)| ((*file).to_owned(), *expected)))
}

#[test]
fn the_table_and_the_folder_are_the_same() {
    let in_folder: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let in_table: BTreeSet<String> = mended()
        .map(|(file, _)| file)
        .chain(REFUSED.iter().map(|(file, _)| (*file).to_owned()))
        .collect();
    assert_eq!(in_folder, in_table);
}

#[test]
fn what_can_be_known_is_mended_and_named() {
    for (file, expected) in mended() {
        let input = read(&file);
        let private = file.starts_with("private");
        let canonical = read(if private { "private.pem" } else { "public.pem" });

        let normalized = normalize(&input).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(normalized.pem.as_bytes(), canonical, "{file}");
        assert_eq!(normalized.mended, expected, "{file}");
        assert_eq!(normalized.half, if private { Half::Private } else { Half::Public }, "{file}");

        // Reading it as a key tells the same story.
        let (pem, oddities) = if private {
            let (key, oddities) = PrivateKey::from_pem_with_oddities(&input).unwrap();
            (key.to_pem().to_string(), oddities)
        } else {
            let (key, oddities) = PublicKey::from_pem_with_oddities(&input).unwrap();
            (key.to_pem(), oddities)
        };
        assert_eq!(
            (pem.as_bytes(), oddities.as_slice()),
            (canonical.as_slice(), expected),
            "{file}"
        );
    }
}

#[test]
fn what_cannot_be_known_is_refused_and_named() {
    for &(file, expected) in REFUSED {
        let input = read(file);
        assert_eq!(normalize(&input).err(), Some(expected), "{file}");
        assert!(PrivateKey::from_pem(&input).is_err(), "{file}");
        assert!(PublicKey::from_pem(&input).is_err(), "{file}");
    }
}

#[test]
fn swapped_files_are_named() {
    for (file, _) in mended() {
        if file.starts_with("private") {
            assert_eq!(PublicKey::from_pem(read(&file)).err(), Some(Error::KeyIsPrivate), "{file}");
        } else {
            assert_eq!(PrivateKey::from_pem(read(&file)).err(), Some(Error::KeyIsPublic), "{file}");
        }
    }
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
