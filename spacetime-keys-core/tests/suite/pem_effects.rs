//! [`Oddity::effect`] says what a server does with such a key file. Here it is held against what
//! servers did.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use spacetime_keys_core::pem::{Effect, Oddity, normalize, worst_effect};

/// One measured start of a server with a key file of a kind.
struct Measured {
    /// The words of the measurement.
    case: &'static str,
    /// A fixture of that kind.
    fixture: &'static str,
    starts: bool,
    /// Answer to `POST /v1/identity`, and to a request with the token that came back.
    issues: Option<u16>,
    accepts: Option<u16>,
}

const fn harmless(case: &'static str, fixture: &'static str) -> Measured {
    Measured { case, fixture, starts: true, issues: Some(200), accepts: Some(204) }
}

const fn refused(case: &'static str, fixture: &'static str) -> Measured {
    Measured { case, fixture, starts: false, issues: None, accepts: None }
}

const fn void(case: &'static str, fixture: &'static str) -> Measured {
    Measured { case, fixture, starts: true, issues: Some(200), accepts: Some(401) }
}

/// Standalone servers 1.2.0 and 2.8.3, which agreed on all of these.
const MEASURED: &[Measured] = &[
    harmless("matching P-256 PKCS#8 + SPKI (baseline)", "private.pem"),
    harmless("matching P-256 PKCS#8 + SPKI (baseline)", "public.pem"),
    harmless("CRLF both", "private-crlf.pem"),
    harmless("CRLF both", "public-crlf.pem"),
    harmless("no trailing newline both", "private-no-trailing-newline.pem"),
    harmless("flattened to one line, newlines removed", "private-one-line.pem"),
    harmless("flattened, newlines to spaces", "private-spaces-for-newlines.pem"),
    harmless("base64 body on one line, armour lines kept", "private-body-on-one-line.pem"),
    harmless("leading blank lines", "private-blank-lines-before.pem"),
    harmless("leading comment text", "private-text-before.pem"),
    harmless("leading comment text", "private-comment-with-backslash-n-before.pem"),
    harmless("UTF-8 BOM both", "private-bom.pem"),
    harmless("UTF-8 BOM both", "public-bom.pem"),
    harmless("trailing blank lines", "private-blank-lines-after.pem"),
    harmless("trailing text", "private-text-after.pem"),
    harmless("double quoted whole file", "private-double-quoted.pem"),
    harmless("indented every line by 2", "private-indented.pem"),
    harmless("old Mac CR only", "private-cr-only.pem"),
    refused("SEC1 EC PRIVATE KEY (ecparam -noout)", "private-sec1.pem"),
    refused("SEC1 with EC PARAMETERS block first", "private-sec1-with-ec-parameters.pem"),
    harmless("two PEM blocks: A then B", "private-with-certificate.pem"),
    refused("public file = X.509 label mismatch (BEGIN EC PUBLIC KEY)", "ec-public-key-label.pem"),
    refused("JWK JSON instead of PEM", "jwk.json"),
    refused("flattened, newlines to literal backslash-n", "private-literal-backslash-n.pem"),
    refused("flattened, newlines to literal backslash-n", "public-literal-backslash-n.pem"),
    Measured {
        case: "PKCS#8 without embedded public key",
        fixture: "private-no-public-inside.pem",
        starts: true,
        issues: Some(500),
        accepts: None,
    },
    void("compressed point SPKI", "public-compressed-point.pem"),
    void("explicit curve params SPKI", "public-explicit-parameters.pem"),
];

fn read(fixture: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pem");
    std::fs::read(format!("{folder}/{fixture}")).unwrap()
}

#[test]
fn effects_are_what_servers_did() {
    for Measured { case, fixture, starts, issues, accepts } in MEASURED {
        let measured = match (starts, issues, accepts) {
            (false, ..) => Effect::RefusesToStart,
            (true, Some(200), Some(204)) => Effect::Harmless,
            (true, ..) => Effect::StartsBroken,
        };
        let mended = normalize(&read(fixture)).unwrap().mended;
        assert_eq!(worst_effect(&mended), measured, "{case}: {fixture} has {mended:?}");
    }
}

/// `ring` signs in servers to 2.8. A private key whose encoding it refuses starts such a server
/// and breaks it, whether or not anybody has measured that encoding.
#[test]
fn what_ring_refuses_is_never_called_harmless() {
    let mut refusals = 0;
    for fixture in [
        "private.pem",
        "private-attributes.pem",
        "private-curve-named-twice.pem",
        "private-version-2.pem",
        "private-no-public-inside.pem",
        "private-compressed-point-inside.pem",
        "private-explicit-parameters.pem",
        "scalar-of-33-bytes.pem",
    ] {
        let input = read(fixture);
        let text = str::from_utf8(&input).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        if EcdsaKeyPair::from_pkcs8(algorithm, &der, &SystemRandom::new()).is_err() {
            refusals += 1;
            let mended = normalize(&input).unwrap().mended;
            assert_eq!(worst_effect(&mended), Effect::StartsBroken, "{fixture}");
        }
    }
    assert_eq!(refusals, 5);
}

#[test]
fn the_worst_counts() {
    assert_eq!(worst_effect(&[]), Effect::Harmless);
    assert_eq!(
        worst_effect(&[Oddity::CarriageReturns, Oddity::CompressedPoint]),
        Effect::StartsBroken
    );
    assert_eq!(worst_effect(&[Oddity::Sec1, Oddity::CompressedPoint]), Effect::RefusesToStart);
}
