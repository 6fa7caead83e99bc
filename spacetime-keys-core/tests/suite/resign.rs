//! Re-signing a publisher token: what another library makes of it, and what is not shown. What is
//! kept, what changes, and every refusal with what lifts it, is in `tests/vectors/resign.jsonl`.

use crate::common::{IDENTITY, PUBLIC_PEM, SUBJECT, host_public_key, host_token, new_signer};
use jsonwebtoken::{DecodingKey, Validation};
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::jwt::{ResignOptions, Token, resign};
use spacetime_keys_core::{Error, PublicKey};

const NOW: i64 = 1_800_000_000;

/// The options of a rotation: the old key is known, the rest as by default.
fn options(known_keys: &[PublicKey]) -> ResignOptions<'_> {
    ResignOptions { now: NOW, known_keys, ..ResignOptions::default() }
}

#[test]
fn another_library_takes_the_new_token() {
    let new = new_signer();
    let known = [host_public_key()];
    let resigned = resign(host_token(), &new, &options(&known)).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_required_spec_claims(&["iss", "sub", "aud"]);
    validation.set_audience(&["spacetimedb"]);
    let decode = |pem: &str| {
        let key = DecodingKey::from_ec_pem(pem.as_bytes()).unwrap();
        jsonwebtoken::decode::<serde_json::Value>(resigned.token.as_bytes(), &key, &validation)
    };
    assert_eq!(decode(&new.public_key().to_pem()).unwrap().claims["sub"], SUBJECT);
    assert!(decode(PUBLIC_PEM).is_err(), "the old key must not verify the new token");
}

#[test]
fn debug_shows_no_token() {
    let signer: Signer = new_signer();
    let known = [host_public_key()];
    let resigned = resign(host_token(), &signer, &options(&known)).unwrap();
    assert!(
        Token::parse(&resigned.token)
            .unwrap()
            .is_signed_by(&Verifier::new(signer.public_key()).unwrap())
    );
    for shown in [format!("{resigned:?}"), format!("{resigned:#?}")] {
        for part in resigned.token.split('.').chain(host_token().split('.')) {
            assert!(!shown.contains(part), "{shown}");
        }
        assert!(!shown.contains(SUBJECT), "{shown}");
        assert!(shown.contains(IDENTITY), "{shown}");
    }
}

#[test]
fn a_token_that_is_too_large_is_refused() {
    let token = "a".repeat(1 + (1 << 20));
    let everything =
        ResignOptions { allow_unverified: true, allow_external_issuer: true, ..options(&[]) };
    assert_eq!(resign(&token, &new_signer(), &everything).err(), Some(Error::TokenTooLarge));
}
