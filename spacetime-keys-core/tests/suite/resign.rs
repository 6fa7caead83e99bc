//! Signing a publisher token anew: what is kept, what changes, and every refusal with what lifts it.

use crate::common::{
    IDENTITY, PUBLIC_PEM, SUBJECT, host_public_key, host_signer, host_token, issued, new_signer,
    part, signed,
};
use jsonwebtoken::{DecodingKey, Validation};
use spacetime_keys_core::error::{Algorithm, Claim, TokenPart};
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::jwt::{Expiry, ResignOptions, Resigned, Times, Token, resign};
use spacetime_keys_core::{Error, Identity, PublicKey};

const NOW: i64 = 1_800_000_000;

/// The options of a rotation: the old key is known, the rest as by default.
fn options(known_keys: &[PublicKey]) -> ResignOptions<'_> {
    ResignOptions { now: NOW, known_keys, ..ResignOptions::default() }
}

/// Signs claims anew that the host's key has signed, with a new key.
fn resign_claims(claims: &str, expiry: Expiry) -> Result<Resigned, Error> {
    let token = issued(claims, &host_signer());
    let known = [host_public_key()];
    resign(&token, &new_signer(), &ResignOptions { expiry, ..options(&known) })
}

fn local(more: &str) -> String {
    format!(r#"{{"iss":"localhost","sub":"s"{more}}}"#)
}

// ---- What is kept and what changes ----------------------------------------------------------

#[test]
fn a_servers_own_token() {
    let new = new_signer();
    let known = [new_signer().public_key().clone(), host_public_key()];
    let resigned = resign(host_token(), &new, &options(&known)).unwrap();

    assert_eq!(resigned.publisher.identity.to_string(), IDENTITY);
    assert_eq!(resigned.publisher.subject, SUBJECT);
    assert_eq!(resigned.verified_with, Some(host_public_key().fingerprint()));
    assert_eq!(resigned.before, Times { iat: Some(1_795_315_075), exp: None });
    assert_eq!(resigned.after, Times { iat: Some(NOW), exp: None });
    // `"exp":null` never expired either.
    assert!(!resigned.became_eternal());

    assert_eq!(part(&resigned.token, 0), r#"{"typ":"JWT","alg":"ES256"}"#);
    let expected = part(host_token(), 1)
        .replace(r#""iat":1795315075"#, r#""iat":1800000000"#)
        .replace(r#","exp":null"#, "");
    assert_eq!(part(&resigned.token, 1), expected);
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
fn every_value_keeps_its_text_and_its_place() {
    let claims = concat!(
        r#"{"z":123456789012345678901234567890,"iat":1,"float":1.10e+2,"aud":[ "a" ],"#,
        r#""nested":{"b":[1, 2],"a":{"b":null,"b":true}},"sub":"\u0073","exp":2000000000,"#,
        r#""escape":"\/\u00e9\ud83d\ude00","iss":"localhost","minus":-0.0}"#,
    );
    let resigned = resign_claims(claims, Expiry::Clear).unwrap();
    let expected =
        claims.replace(r#""iat":1,"#, r#""iat":1800000000,"#).replace(r#""exp":2000000000,"#, "");
    assert_eq!(part(&resigned.token, 1), expected);
    assert!(resigned.became_eternal());
}

#[test]
fn a_header_of_the_old_key_is_not_kept() {
    let header = r#"{"alg":"ES256","kid":"old","jku":"https://example.com/","x5t":"AA"}"#;
    let token = signed(header, local(""), &host_signer());
    let known = [host_public_key()];
    let resigned = resign(&token, &new_signer(), &options(&known)).unwrap();
    assert_eq!(part(&resigned.token, 0), r#"{"typ":"JWT","alg":"ES256"}"#);
}

#[test]
fn signing_again_with_the_same_key_needs_no_known_key() {
    let signer = host_signer();
    let resigned = resign(host_token(), &signer, &options(&[])).unwrap();
    assert_eq!(resigned.verified_with, Some(signer.public_key().fingerprint()));
}

#[test]
fn blanks_around_the_old_token_do_not_matter() {
    let known = [host_public_key()];
    let padded = format!("  {}\n", host_token());
    assert!(resign(&padded, &new_signer(), &options(&known)).is_ok());
}

// ---- Expiry ---------------------------------------------------------------------------------

#[test]
fn expiry_by_choice() {
    let exp = |seconds: i64| local(&format!(r#","iat":5,"exp":{seconds}"#));
    let (past, future) = (NOW - 1, NOW + 1);
    for (claims, expiry, before, after, eternal) in [
        (exp(past), Expiry::Clear, Some(past), None, true),
        (exp(future), Expiry::Clear, Some(future), None, true),
        (exp(future), Expiry::Keep, Some(future), Some(future), false),
        (exp(past), Expiry::Lifetime(60), Some(past), Some(NOW + 60), false),
        (exp(-1), Expiry::Lifetime(0), Some(-1), Some(NOW), false),
        (local(""), Expiry::Clear, None, None, false),
        (local(""), Expiry::Keep, None, None, false),
        (local(""), Expiry::Lifetime(60), None, Some(NOW + 60), false),
        (local(r#","exp":null"#), Expiry::Clear, None, None, false),
        (local(r#","exp":null"#), Expiry::Keep, None, None, false),
        (local(r#","exp":null"#), Expiry::Lifetime(60), None, Some(NOW + 60), false),
    ] {
        let resigned = resign_claims(&claims, expiry).unwrap();
        assert_eq!(resigned.before.exp, before, "{claims} {expiry:?}");
        assert_eq!(resigned.after, Times { iat: Some(NOW), exp: after }, "{claims} {expiry:?}");
        assert_eq!(resigned.became_eternal(), eternal, "{claims} {expiry:?}");
        // What is reported is what the token says.
        let token = Token::parse(&resigned.token).unwrap();
        assert_eq!(token.claims().get_integer("exp"), after.map(i128::from), "{claims} {expiry:?}");
        if expiry == Expiry::Clear {
            assert_eq!(token.claims().get("exp"), None, "{claims}");
        }
    }
}

#[test]
fn an_expiry_that_has_passed_is_not_kept() {
    for exp in [i64::MIN, 0, NOW - 1, NOW] {
        let claims = local(&format!(r#","exp":{exp}"#));
        assert_eq!(resign_claims(&claims, Expiry::Keep).err(), Some(Error::TokenExpired), "{exp}");
    }
}

// ---- Refusals -------------------------------------------------------------------------------

/// Everything that can be allowed is: what is refused now is refused always.
fn with_everything_allowed(token: &str) -> Option<Error> {
    let everything = ResignOptions {
        now: NOW,
        allow_unverified: true,
        allow_external_issuer: true,
        ..ResignOptions::default()
    };
    resign(token, &new_signer(), &everything).err()
}

#[test]
fn what_is_no_token_is_refused_always() {
    for (token, expected) in [
        ("opaque-0123456789".to_owned(), Error::TokenOpaque),
        ("a.b.c.d.e".to_owned(), Error::TokenEncrypted),
        ("a".repeat(1 + (1 << 20)), Error::TokenTooLarge),
        (host_token().replacen('.', "=.", 1), Error::TokenMalformed(TokenPart::Header)),
        (host_token().replacen('.', ".!", 1), Error::TokenMalformed(TokenPart::Claims)),
        (format!("{}=", host_token()), Error::TokenMalformed(TokenPart::Signature)),
        (
            issued(local(r#","x":1,"x":2"#), &host_signer()),
            Error::TokenDuplicate(TokenPart::Claims),
        ),
    ] {
        assert_eq!(with_everything_allowed(&token), Some(expected));
    }
}

#[test]
fn algorithms_other_than_es256_are_refused_always() {
    for (alg, found) in [
        ("HS256", Algorithm::Hmac),
        ("none", Algorithm::None),
        ("EdDSA", Algorithm::EdDsa),
        ("RS256", Algorithm::Rs256),
        ("ES384", Algorithm::Other),
    ] {
        let token = signed(format!(r#"{{"alg":"{alg}"}}"#), local(""), &host_signer());
        assert_eq!(with_everything_allowed(&token), Some(Error::TokenAlgorithm(found)), "{alg}");
    }
}

#[test]
fn claims_that_no_server_takes_are_refused_always() {
    let long = format!(r#"{{"iss":"{}","sub":"s"}}"#, "é".repeat(65));
    for (claims, expected) in [
        (r#"{"sub":"s"}"#.to_owned(), Error::ClaimMissing(Claim::Issuer)),
        (r#"{"iss":"localhost"}"#.to_owned(), Error::ClaimMissing(Claim::Subject)),
        (r#"{"iss":"localhost","sub":""}"#.to_owned(), Error::ClaimInvalid(Claim::Subject)),
        (long, Error::ClaimInvalid(Claim::Issuer)),
        (local(r#","aud":null"#), Error::ClaimInvalid(Claim::Audience)),
        (local(r#","aud":7"#), Error::ClaimInvalid(Claim::Audience)),
        (local(r#","exp":1.5"#), Error::ClaimInvalid(Claim::Expiry)),
        (local(r#","exp":1e9"#), Error::ClaimInvalid(Claim::Expiry)),
        (local(r#","exp":"1800000001""#), Error::ClaimInvalid(Claim::Expiry)),
        (local(r#","exp":9223372036854775808"#), Error::ClaimInvalid(Claim::Expiry)),
        (local(r#","iat":1.0"#), Error::ClaimInvalid(Claim::IssuedAt)),
        (local(r#","iat":"1""#), Error::ClaimInvalid(Claim::IssuedAt)),
        (local(r#","iat":-0"#), Error::ClaimInvalid(Claim::IssuedAt)),
        (local(r#","nbf":[1]"#), Error::ClaimInvalid(Claim::NotBefore)),
        (local(r#","nbf":{"a":1}"#), Error::ClaimInvalid(Claim::NotBefore)),
        (local(r#","hex_identity":"c2""#), Error::ClaimInvalid(Claim::HexIdentity)),
        (local(&format!(r#","hex_identity":"{IDENTITY}""#)), Error::TokenIdentityMismatch),
    ] {
        let token = issued(&claims, &host_signer());
        assert_eq!(with_everything_allowed(&token), Some(expected), "{claims}");
    }
}

#[test]
fn an_external_issuer_needs_to_be_allowed() {
    let known = [host_public_key()];
    for issuer in ["https://auth.example.com", "http://localhost", "Localhost", "localhost/"] {
        let token = issued(format!(r#"{{"iss":"{issuer}","sub":"s"}}"#), &host_signer());
        let by_default = options(&known);
        // Neither of the others stands for it.
        let others = ResignOptions {
            allow_unverified: true,
            expect_identity: Some(Identity::from_claims(issuer, "s")),
            ..options(&known)
        };
        for options in [by_default, others] {
            let refused = resign(&token, &new_signer(), &options).err();
            assert_eq!(refused, Some(Error::TokenExternalIssuer), "{issuer}");
        }
        let allowed = ResignOptions { allow_external_issuer: true, ..options(&known) };
        let resigned = resign(&token, &new_signer(), &allowed).unwrap();
        assert_eq!(resigned.publisher.identity, Identity::from_claims(issuer, "s"));
        assert!(!resigned.publisher.is_local());
    }
}

#[test]
fn a_signature_of_nobody_known_needs_a_word() {
    let (new, stranger) = (new_signer(), new_signer());
    let known = [stranger.public_key().clone()];
    let by_default = options(&known);
    assert_eq!(resign(host_token(), &new, &by_default).err(), Some(Error::TokenUnverified));
    // That an external issuer is allowed does not make it verified.
    let external = ResignOptions { allow_external_issuer: true, ..options(&known) };
    assert_eq!(resign(host_token(), &new, &external).err(), Some(Error::TokenUnverified));

    let allowed = ResignOptions { allow_unverified: true, ..options(&known) };
    assert_eq!(resign(host_token(), &new, &allowed).unwrap().verified_with, None);
    let identity = Some(Identity::parse(IDENTITY).unwrap());
    let named = ResignOptions { expect_identity: identity, ..options(&known) };
    assert_eq!(resign(host_token(), &new, &named).unwrap().verified_with, None);
}

#[test]
fn another_identity_than_the_expected_one_is_refused() {
    let known = [host_public_key()];
    let other = Some(Identity::from_claims("localhost", "another"));
    for allow_unverified in [false, true] {
        let options = ResignOptions { expect_identity: other, allow_unverified, ..options(&known) };
        let refused = resign(host_token(), &new_signer(), &options).err();
        assert_eq!(refused, Some(Error::TokenUnexpectedIdentity));
    }
    let expected = Some(Identity::parse(IDENTITY).unwrap());
    let options = ResignOptions { expect_identity: expected, ..options(&known) };
    let resigned = resign(host_token(), &new_signer(), &options).unwrap();
    // It verifies, and that is still said.
    assert_eq!(resigned.verified_with, Some(host_public_key().fingerprint()));
}

#[test]
fn a_claim_of_the_host_forged_by_another_key_is_not_signed_anew() {
    let forged = issued(part(host_token(), 1), &new_signer());
    let known = [host_public_key()];
    let refused = resign(&forged, &new_signer(), &options(&known)).err();
    assert_eq!(refused, Some(Error::TokenUnverified));
}

// ---- Secrets --------------------------------------------------------------------------------

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
