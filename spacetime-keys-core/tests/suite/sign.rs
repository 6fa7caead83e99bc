//! Signing claims as they stand, one and many, and verifying many.

use spacetime_keys_core::error::{Claim, JsonFlaw, MintClaim, TokenPart};
use spacetime_keys_core::jwt::{
    Completion, FreeClaim, MintOptions, Purpose, Target, Token, TokenSigner, TokenVerifier,
    VerifyOptions, mint, sign_claims, sign_claims_many,
};
use spacetime_keys_core::{Error, PrivateKey};

const NOW: i64 = 1_795_000_000;
const COMPLETION: Completion = Completion { now: NOW, ttl: 900 };

fn key() -> (TokenSigner, TokenVerifier) {
    let key = PrivateKey::generate().unwrap();
    let public = key.public_key().clone().into();
    (TokenSigner::new(&key).unwrap(), TokenVerifier::new(&public).unwrap())
}

#[test]
fn claims_are_signed_as_they_stand() {
    let (signer, keys) = key();
    for (claims, signed) in [
        (r#"{"iss":"a","sub":"b"}"#, r#"{"iss":"a","sub":"b","iat":1795000000,"exp":1795000900}"#),
        (
            r#"{ "sub":"b", "n":123456789012345678901, "f":1.50, "iss":"a", "exp":1795000060 }"#,
            r#"{"sub":"b","n":123456789012345678901,"f":1.50,"iss":"a","exp":1795000060,"iat":1795000000}"#,
        ),
        (
            r#"{"iss":"a","sub":"b","iat":5,"exp":null,"aud":["x"],"o":{"b":1,"a":[]}}"#,
            r#"{"iss":"a","sub":"b","iat":5,"exp":null,"aud":["x"],"o":{"b":1,"a":[]}}"#,
        ),
    ] {
        let token = sign_claims(&signer, claims, COMPLETION).unwrap();
        let parsed = Token::parse(&token).unwrap();
        assert_eq!(parsed.claims_json(), signed);
        assert_eq!(parsed.header().get_str("kid").as_deref(), Some(signer.kid()));
        assert!(keys.verify(&token, &VerifyOptions::at(NOW)).is_ok(), "{claims}");
    }
}

#[test]
fn claims_that_no_server_would_take_are_refused() {
    let (signer, _) = key();
    let long = format!(r#"{{"iss":"a","sub":"{}"}}"#, "s".repeat(129));
    for (claims, error) in [
        ("", Error::TokenMalformed(TokenPart::Claims)),
        ("[]", Error::TokenMalformed(TokenPart::Claims)),
        ("null", Error::TokenMalformed(TokenPart::Claims)),
        (r#"{"iss":"a"}"#, Error::ClaimMissing(Claim::Subject)),
        (r#"{"sub":"a"}"#, Error::ClaimMissing(Claim::Issuer)),
        (r#"{"iss":"a","sub":1}"#, Error::ClaimInvalid(Claim::Subject)),
        (r#"{"iss":"","sub":"b"}"#, Error::ClaimInvalid(Claim::Issuer)),
        (&long, Error::ClaimInvalid(Claim::Subject)),
        (r#"{"iss":"a","sub":"b","exp":1.5}"#, Error::ClaimInvalid(Claim::Expiry)),
        (r#"{"iss":"a","sub":"b","iat":"1"}"#, Error::ClaimInvalid(Claim::IssuedAt)),
        (r#"{"iss":"a","sub":"b","nbf":true}"#, Error::ClaimInvalid(Claim::NotBefore)),
        (r#"{"iss":"a","sub":"b","aud":null}"#, Error::ClaimInvalid(Claim::Audience)),
        (r#"{"iss":"a","sub":"b","sub":"c"}"#, Error::TokenDuplicate(TokenPart::Claims)),
        (r#"{"iss":"a","sub":"b","x":"\ud800"}"#, Error::TokenJson(JsonFlaw::Surrogate)),
        (r#"{"iss":"a","sub":"b","x":1e999}"#, Error::TokenJson(JsonFlaw::Number)),
    ] {
        assert_eq!(sign_claims(&signer, claims, COMPLETION).unwrap_err(), error, "{claims}");
    }
    let foreign = format!(r#"{{"iss":"a","sub":"b","hex_identity":"c200{}"}}"#, "0".repeat(60));
    let error = sign_claims(&signer, &foreign, COMPLETION).unwrap_err();
    assert_eq!(error, Error::TokenIdentityMismatch);
    let large = format!(r#"{{"iss":"a","sub":"b","x":"{}"}}"#, "x".repeat(1 << 20));
    let error = sign_claims(&signer, &large, COMPLETION).unwrap_err();
    assert_eq!(error, Error::TokenTooLarge);
}

#[test]
fn many_are_as_one_after_the_other() {
    let (signer, keys) = key();
    let claims: Vec<String> =
        (0..100).map(|n| format!(r#"{{"iss":"a","sub":"user {n}"}}"#)).collect();
    let tokens = sign_claims_many(&signer, &claims, COMPLETION).unwrap();
    let mut texts: Vec<&str> = tokens.iter().map(|token| token.as_str()).collect();
    texts[41] = "no token";
    let results = keys.verify_many(&texts, &VerifyOptions::at(NOW));
    assert_eq!(results.len(), 100);
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(verified) => {
                assert_eq!(verified.claims.get_str("sub"), Some(format!("user {n}")));
            }
            Err(error) => assert_eq!((n, *error), (41, Error::TokenOpaque)),
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);

    let mut claims = claims;
    claims[97] = "{}".to_owned();
    claims[13] = "{}".to_owned();
    let error = sign_claims_many(&signer, &claims, COMPLETION).unwrap_err();
    assert_eq!(error, (13, Error::ClaimMissing(Claim::Issuer)));
}

#[test]
fn many_names_are_compared_too() {
    let (signer, _) = key();
    let members: Vec<String> = (0..200).map(|n| format!(r#""c{n}":{n}"#)).collect();
    let good = format!(r#"{{"iss":"a","sub":"b",{}}}"#, members.join(","));
    assert!(sign_claims(&signer, &good, COMPLETION).is_ok());
    let twice = good.replace(r#""c199":"#, r#""c3":"#);
    let error = sign_claims(&signer, &twice, COMPLETION).unwrap_err();
    assert_eq!(error, Error::TokenDuplicate(TokenPart::Claims));
}

#[test]
fn free_claims_of_an_object() {
    let names = |json| FreeClaim::all_from_json(json).map(|claims| format!("{claims:?}"));
    assert_eq!(names(r#"{"sid":"s","x":1.50}"#), Ok("[sid, x]".to_owned()));
    assert_eq!(names("{}"), Ok("[]".to_owned()));
    assert_eq!(names(r#"{"sid":1}"#), Err(Error::MintClaim(MintClaim::Value)));
    assert_eq!(names(r#"{"exp":1}"#), Err(Error::MintClaim(MintClaim::Reserved)));
    assert_eq!(names(r#"{"x":1,"x":2}"#), Err(Error::MintClaim(MintClaim::Twice)));
    assert_eq!(names("[]"), Err(Error::MintClaim(MintClaim::Value)));
}

/// No JSON object has a claim twice. What else is minted is in `tests/vectors/mint.jsonl`.
#[test]
fn a_claim_is_not_minted_twice() {
    let claims = ["1", "2"].map(|text| FreeClaim::from_text("x", text).unwrap());
    let options = MintOptions {
        issuer: "https://app.example.com",
        subject: "u_1",
        audience: &[],
        purpose: Purpose::App,
        target: Target::Prod,
        now: NOW,
        ttl: 900,
        claims: &claims,
    };
    let error = mint(&key().0, &options).map(|_| ()).unwrap_err();
    assert_eq!(error, Error::MintClaim(MintClaim::Twice));
}
