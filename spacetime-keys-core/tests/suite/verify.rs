//! `jwt::TokenVerifier`: what is verified, and each thing that is refused, by its name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use spacetime_keys_core::error::{Algorithm, Claim, JsonFlaw, TokenPart};
use spacetime_keys_core::jwks::{self, JwkSet};
use spacetime_keys_core::jwt::{TokenVerifier, VerifyOptions};
use spacetime_keys_core::{Error, Identity, PrivateKey, VerificationKey, es256};

const NOW: i64 = 1_795_316_539;
const CLAIMS: &str =
    r#"{"iss":"https://a.example","sub":"u","aud":["x","y"],"iat":1795316539,"exp":1795317439}"#;

fn key() -> PrivateKey {
    PrivateKey::from_pem(crate::common::PRIVATE_PEM).unwrap()
}

fn public(key: &PrivateKey) -> VerificationKey {
    key.public_key().clone().into()
}

fn token(key: &PrivateKey, header: &str, claims: &str) -> String {
    crate::common::signed(header, claims, &es256::Signer::new(key).unwrap())
}

const ES256: &str = r#"{"alg":"ES256"}"#;

fn verify(token: &str) -> Result<(), Error> {
    let verifier = TokenVerifier::new(&public(&key())).unwrap();
    verifier.verify(token, &VerifyOptions::at(NOW)).map(|_| ())
}

#[test]
fn what_a_good_token_says() {
    let verifier = TokenVerifier::new(&public(&key())).unwrap();
    let options = VerifyOptions {
        issuer: Some("https://a.example"),
        audience: Some("y"),
        algorithm: Some(Algorithm::Es256),
        ..VerifyOptions::at(NOW)
    };
    let good = verifier.verify(&token(&key(), ES256, CLAIMS), &options).unwrap();
    assert_eq!(good.identity, Some(Identity::from_claims("https://a.example", "u")));
    assert_eq!(good.times.exp, Some(1_795_317_439));
    assert_eq!(good.claims.to_json(), CLAIMS);
    assert_eq!(good.algorithm, Algorithm::Es256);
    assert_eq!(good.kid, key().public_key().kid());
    // Not to SpacetimeDB's taste, but verified.
    let good = verifier.verify(&token(&key(), ES256, "{}"), &VerifyOptions::at(NOW)).unwrap();
    assert_eq!(good.identity, None);
}

#[test]
fn expectations() {
    let verifier = TokenVerifier::new(&public(&key())).unwrap();
    let at = VerifyOptions::at(NOW);
    let token = |claims: &str| token(&key(), ES256, claims);
    let good = token(CLAIMS);
    let refuse = |token: &str, options: VerifyOptions<'_>| {
        verifier.verify(token, &options).map(|_| ()).unwrap_err()
    };
    for issuer in ["https://a.example/", "a", ""] {
        let options = VerifyOptions { issuer: Some(issuer), ..at };
        assert_eq!(refuse(&good, options), Error::TokenUnexpectedIssuer);
    }
    assert_eq!(
        refuse(&token(r#"{"iss":["a"]}"#), VerifyOptions { issuer: Some("a"), ..at }),
        Error::TokenUnexpectedIssuer
    );
    for claims in [CLAIMS, "{}", r#"{"aud":"zz"}"#, r#"{"aud":[]}"#, r#"{"aud":["z",1]}"#] {
        assert_eq!(
            refuse(&token(claims), VerifyOptions { audience: Some("z"), ..at }),
            Error::TokenUnexpectedAudience,
            "{claims}"
        );
    }
    let one = VerifyOptions { audience: Some("z"), ..at };
    assert!(verifier.verify(&token(r#"{"aud":"z"}"#), &one).is_ok());
    assert_eq!(
        refuse(&good, VerifyOptions { algorithm: Some(Algorithm::Rs256), ..at }),
        Error::TokenUnexpectedAlgorithm(Algorithm::Es256)
    );
}

#[test]
fn times() {
    let verifier = TokenVerifier::new(&public(&key())).unwrap();
    let at = |now, leeway, claims: &str| {
        let options = VerifyOptions { leeway, ..VerifyOptions::at(now) };
        verifier.verify(&token(&key(), ES256, claims), &options).map(|_| ())
    };
    // RFC 7519, section 4.1.4: "on or after which the JWT MUST NOT be accepted".
    assert_eq!(at(99, 0, r#"{"exp":100}"#), Ok(()));
    assert_eq!(at(100, 0, r#"{"exp":100}"#), Err(Error::TokenExpired));
    assert_eq!(at(159, 60, r#"{"exp":100}"#), Ok(()));
    assert_eq!(at(160, 60, r#"{"exp":100}"#), Err(Error::TokenExpired));
    assert_eq!(at(100, 0, r#"{"nbf":100}"#), Ok(()));
    assert_eq!(at(99, 0, r#"{"nbf":100}"#), Err(Error::TokenNotYetValid));
    assert_eq!(at(40, 60, r#"{"nbf":100}"#), Ok(()));
    assert_eq!(at(i64::MAX, u32::MAX, r#"{"exp":9223372036854775807}"#), Err(Error::TokenExpired));
    assert_eq!(at(NOW, 60, r#"{"exp":null,"nbf":null}"#), Ok(()));
    for exp in ["1.5", "\"1\"", "1e3", "[]", "18446744073709551616", "true"] {
        let claims = format!(r#"{{"exp":{exp}}}"#);
        assert_eq!(at(0, 60, &claims), Err(Error::ClaimInvalid(Claim::Expiry)), "{exp}");
        let claims = format!(r#"{{"nbf":{exp}}}"#);
        assert_eq!(at(0, 60, &claims), Err(Error::ClaimInvalid(Claim::NotBefore)), "{exp}");
    }
}

#[test]
fn refused_by_its_header() {
    let headers = [
        (r#"{"alg":"HS256"}"#, Error::TokenAlgorithm(Algorithm::Hmac)),
        (r#"{"alg":"HS384"}"#, Error::TokenAlgorithm(Algorithm::Hmac)),
        (r#"{"alg":"HS512"}"#, Error::TokenAlgorithm(Algorithm::Hmac)),
        (r#"{"alg":"none"}"#, Error::TokenAlgorithm(Algorithm::None)),
        (r#"{"alg":"NoNe"}"#, Error::TokenAlgorithm(Algorithm::None)),
        (r#"{"alg":"EdDSA"}"#, Error::TokenAlgorithm(Algorithm::EdDsa)),
        (r#"{"alg":"ES384"}"#, Error::TokenAlgorithm(Algorithm::Other)),
        (r#"{"alg":"es256"}"#, Error::TokenAlgorithm(Algorithm::Other)),
        (r#"{"alg":["ES256"]}"#, Error::TokenAlgorithm(Algorithm::Other)),
        ("{}", Error::TokenAlgorithm(Algorithm::Other)),
        (r#"{"alg":"RS256"}"#, Error::TokenKeyType(Algorithm::Rs256)),
        (r#"{"alg":"ES256","crit":["exp"]}"#, Error::TokenCritical),
        (r#"{"alg":"ES256","crit":[]}"#, Error::TokenCritical),
        (r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, Error::TokenCritical),
        (r#"{"alg":"ES256","b64":false}"#, Error::TokenCritical),
        (r#"{"alg":"ES256","alg":"none"}"#, Error::TokenDuplicate(TokenPart::Header)),
        (r#"{"alg":"ES256"} "#, Error::TokenSignature), // fine by itself: see below
        ("[]", Error::TokenMalformed(TokenPart::Header)),
        (r#"{"alg":"ES256","x":1e999}"#, Error::TokenJson(JsonFlaw::Number)),
        (r#"{"alg":"ES256","x":"\ud800"}"#, Error::TokenJson(JsonFlaw::Surrogate)),
    ];
    for (header, error) in headers {
        let token = token(&key(), header, CLAIMS);
        if error == Error::TokenSignature {
            assert_eq!(verify(&token), Ok(()), "white space around the header is JSON");
        } else {
            assert_eq!(verify(&token), Err(error), "{header}");
        }
    }
}

/// An HMAC that verifies with the public key as its secret, in each form that a careless library
/// takes for one: refused by its header.
#[test]
fn no_hmac_whatever_its_key() {
    let public = key();
    let public = public.public_key();
    let secrets: [&[u8]; 4] =
        [public.as_sec1_bytes(), &public.to_spki_der(), &public.to_pem().into_bytes(), b""];
    for secret in secrets {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
            URL_SAFE_NO_PAD.encode(CLAIMS)
        );
        let tag = ring::hmac::sign(
            &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret),
            message.as_bytes(),
        );
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(verify(&token), Err(Error::TokenAlgorithm(Algorithm::Hmac)));
        for rules in spacetime_keys_core::server::Rules::ALL {
            let server = spacetime_keys_core::server::Server::new(rules);
            let verdict = server.with_local_key(public).unwrap().check(&token, NOW);
            assert!(!verdict.accepted);
            assert_eq!(verdict.remedy.unwrap().code(), "danger");
        }
    }
}

#[test]
fn refused_by_its_claims() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(127), "]".repeat(127));
    let table = [
        (r#"{"iss":"a","iss":"a"}"#, Error::TokenDuplicate(TokenPart::Claims)),
        (r#"{"x":1,"\u0078":1}"#, Error::TokenDuplicate(TokenPart::Claims)),
        (r#"{"x":"\ud800"}"#, Error::TokenJson(JsonFlaw::Surrogate)),
        (r#"{"x":{"\udc00":1}}"#, Error::TokenJson(JsonFlaw::Surrogate)),
        (r#"{"x":1e999}"#, Error::TokenJson(JsonFlaw::Number)),
        (&deep, Error::TokenJson(JsonFlaw::Depth)),
        (r#"{"x":NaN}"#, Error::TokenMalformed(TokenPart::Claims)),
        (r#"{"exp":Infinity}"#, Error::TokenMalformed(TokenPart::Claims)),
        ("[]", Error::TokenMalformed(TokenPart::Claims)),
        ("", Error::TokenMalformed(TokenPart::Claims)),
        ("{} {}", Error::TokenMalformed(TokenPart::Claims)),
        ("\u{feff}{}", Error::TokenMalformed(TokenPart::Claims)),
    ];
    for (claims, error) in table {
        assert_eq!(verify(&token(&key(), ES256, claims)), Err(error), "{claims}");
    }
    assert_eq!(verify("a.b.c.d.e"), Err(Error::TokenEncrypted));
    assert_eq!(verify("opaque"), Err(Error::TokenOpaque));
    assert_eq!(verify(&"a".repeat((1 << 20) + 1)), Err(Error::TokenTooLarge));
}

#[test]
fn signatures() {
    let good = token(&key(), ES256, CLAIMS);
    assert_eq!(verify(&good), Ok(()));
    assert_eq!(verify(&format!(" {good}\n")), Ok(()));
    let other = PrivateKey::generate().unwrap();
    assert_eq!(verify(&token(&other, ES256, CLAIMS)), Err(Error::TokenSignature));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for changed in [&bytes[..63], &bytes[1..], &[], &[0; 64]] {
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(verify(&token), Err(Error::TokenSignature));
    }
    assert_eq!(verify(&format!("{good}=")), Err(Error::TokenMalformed(TokenPart::Signature)));
}

#[test]
fn a_set_chooses_by_kid() {
    let (key, other) = (key(), PrivateKey::generate().unwrap());
    let set = jwks::export(&[public(&key), public(&other)]).unwrap();
    let verifier = TokenVerifier::from_jwks(&JwkSet::parse(set.as_bytes()).unwrap()).unwrap();
    let verify = |header: &str, key: &PrivateKey| {
        verifier.verify(&token(key, header, CLAIMS), &VerifyOptions::at(NOW)).map(|found| found.kid)
    };
    let kid = |key: &PrivateKey| format!(r#"{{"alg":"ES256","kid":"{}"}}"#, key.public_key().kid());
    for key in [&key, &other] {
        assert_eq!(verify(&kid(key), key), Ok(key.public_key().kid()));
        assert_eq!(verify(ES256, key), Ok(key.public_key().kid()));
    }
    assert_eq!(verify(&kid(&other), &key), Err(Error::TokenSignature));
    assert_eq!(verify(r#"{"alg":"ES256","kid":"x"}"#, &key), Err(Error::TokenKeyUnknown));
    assert_eq!(
        verify(r#"{"alg":"ES256","kid":7}"#, &key),
        Err(Error::TokenMalformed(TokenPart::Header))
    );
    assert_eq!(verify(r#"{"alg":"RS256"}"#, &key), Err(Error::TokenKeyType(Algorithm::Rs256)));
    let stranger = PrivateKey::generate().unwrap();
    assert_eq!(verify(ES256, &stranger), Err(Error::TokenSignature));
    let none = JwkSet::parse(br#"{"keys":[]}"#).unwrap();
    assert_eq!(TokenVerifier::from_jwks(&none).map(|_| ()), Err(Error::JwksNoKeys));
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn rs256() {
    use spacetime_keys_core::{RsaPrivateKey, rs256};
    let rsa = RsaPrivateKey::generate().unwrap();
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
        URL_SAFE_NO_PAD.encode(CLAIMS)
    );
    let signature = rs256::Signer::new(&rsa).sign(message.as_bytes()).unwrap();
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&signature));
    let public: VerificationKey = rsa.public_key().clone().into();
    let verifier = TokenVerifier::new(&public).unwrap();
    let good = verifier.verify(&token, &VerifyOptions::at(NOW)).unwrap();
    assert_eq!((good.algorithm, good.kid), (Algorithm::Rs256, public.kid()));
    assert_eq!(verify(&token), Err(Error::TokenKeyType(Algorithm::Rs256)));
    let other = TokenVerifier::new(&RsaPrivateKey::generate().unwrap().public_key().clone().into());
    assert_eq!(
        other.unwrap().verify(&token, &VerifyOptions::at(NOW)).map(|_| ()),
        Err(Error::TokenSignature)
    );
}
