//! `jwt::TokenVerifier` at its limits. What it takes and refuses is in `tests/vectors/verify.jsonl`.

use spacetime_keys_core::Error;
use spacetime_keys_core::jwt::{TokenVerifier, VerifyOptions};

fn verify(token: &str, options: &VerifyOptions<'_>) -> Result<(), Error> {
    let verifier = TokenVerifier::new(&crate::common::host_public_key().into()).unwrap();
    verifier.verify(token, options).map(|_| ())
}

#[test]
fn the_end_of_time() {
    let token =
        crate::common::issued(r#"{"exp":9223372036854775807}"#, &crate::common::host_signer());
    let at = |now| VerifyOptions { leeway: u32::MAX, ..VerifyOptions::at(now) };
    assert_eq!(verify(&token, &at(i64::MAX)), Err(Error::TokenExpired));
    assert_eq!(verify(&token, &at(i64::MAX - 1)), Ok(()));
}

#[test]
fn the_size_limit() {
    let at = VerifyOptions::at(1_795_316_539);
    assert_eq!(verify(&"a".repeat((1 << 20) + 1), &at), Err(Error::TokenTooLarge));
    assert_eq!(verify(&"a".repeat(1 << 20), &at), Err(Error::TokenOpaque));
}
