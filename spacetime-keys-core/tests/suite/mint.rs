//! `jwt::mint`: the claim contract, and that every server takes what is minted.

use spacetime_keys_core::jwt::{
    FreeClaim, MAX_TTL_SECONDS, MintOptions, Purpose, Target, Token, TokenSigner, TokenVerifier,
    VerifyOptions, mint,
};
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_core::{Error, Identity, PrivateKey};

const NOW: i64 = 1_795_316_539;

fn key() -> PrivateKey {
    PrivateKey::from_pem(crate::common::PRIVATE_PEM).unwrap()
}

const APP: MintOptions<'static> = MintOptions {
    issuer: "https://app.example.com",
    subject: "u_1",
    audience: &[],
    purpose: Purpose::App,
    target: Target::Prod,
    now: NOW,
    ttl: 900,
    claims: &[],
};

fn try_mint(options: &MintOptions<'_>) -> Result<String, Error> {
    let signer = TokenSigner::new(&key()).unwrap();
    mint(&signer, options).map(|minted| minted.token.to_string())
}

fn free(name: &str, text: &str) -> FreeClaim {
    FreeClaim::from_text(name, text).unwrap()
}

#[test]
fn the_claims_of_each_purpose() {
    let claims = [
        free("azp", "web"),
        free("token_type", "spacetime-access"),
        free("tenant_id", "7"),
        free("membership_version", "3"),
    ];
    let act = [free("act", r#"{"sub":"robot:mailer"}"#)];
    let table: [(MintOptions<'_>, &str); 4] = [
        (
            MintOptions { claims: &claims, audience: &["a", "b"], ..APP },
            r#"{"iss":"https://app.example.com","sub":"u_1","aud":["a","b"],"iat":1795316539,"exp":1795317439,"azp":"web","token_type":"spacetime-access","tenant_id":"7","membership_version":3}"#,
        ),
        (
            MintOptions { purpose: Purpose::Robot, subject: "robot:mailer", ..APP },
            r#"{"iss":"https://app.example.com","sub":"robot:mailer","aud":["spacetimedb"],"iat":1795316539,"exp":1795317439}"#,
        ),
        (
            MintOptions { purpose: Purpose::Delegated, claims: &act, ..APP },
            r#"{"iss":"https://app.example.com","sub":"u_1","aud":["spacetimedb"],"iat":1795316539,"exp":1795317439,"act":{"sub":"robot:mailer"}}"#,
        ),
        (
            MintOptions {
                purpose: Purpose::Owner,
                issuer: "localhost",
                subject: "37f0c23f-a152-43b9-8728-c04a94a51ed9",
                ..APP
            },
            r#"{"hex_identity":"c200e88a146b9b7d6af0197da75677fa7cb054226572632330abf8f9cdd5271a","iss":"localhost","sub":"37f0c23f-a152-43b9-8728-c04a94a51ed9","aud":["spacetimedb"],"iat":1795316539,"exp":1795317439}"#,
        ),
    ];
    let key = key();
    let signer = TokenSigner::new(&key).unwrap();
    for (options, expected) in table {
        let minted = mint(&signer, &options).unwrap();
        let token = Token::parse(&minted.token).unwrap();
        assert_eq!(token.claims_json(), expected);
        let kid = key.public_key().kid();
        assert_eq!(
            token.header().to_json(),
            format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{kid}"}}"#)
        );
        assert_eq!(minted.identity, Identity::from_claims(options.issuer, options.subject));
        assert_eq!(minted.expires_at, NOW + 900);
        let verifier = TokenVerifier::new(&key.public_key().clone().into()).unwrap();
        assert!(verifier.verify(&minted.token, &VerifyOptions::at(NOW)).is_ok());
        for rules in Rules::ALL {
            let server = Server::new(rules).with_local_key(key.public_key()).unwrap();
            let verdict = server.check(&minted.token, NOW);
            assert_eq!(verdict.identity, Some(minted.identity), "{verdict:?}");
        }
    }
}

#[test]
fn lifetimes() {
    for ttl in [1, 900, MAX_TTL_SECONDS] {
        assert!(try_mint(&MintOptions { ttl, ..APP }).is_ok());
    }
    for ttl in [0, MAX_TTL_SECONDS + 1, u32::MAX] {
        assert_eq!(try_mint(&MintOptions { ttl, ..APP }), Err(Error::MintLifetime));
        let owner = MintOptions { ttl, purpose: Purpose::Owner, issuer: "localhost", ..APP };
        assert_eq!(try_mint(&owner), Err(Error::MintLifetime));
    }
}

#[test]
fn local_issuers_fail_closed_towards_production() {
    let purposes = [
        MintOptions { target: Target::Prod, ..APP },
        MintOptions { purpose: Purpose::Robot, subject: "robot:x", ..APP },
        MintOptions {
            purpose: Purpose::Delegated,
            claims: &[free("act", r#"{"sub":"robot:x"}"#)],
            ..APP
        },
    ];
    for options in purposes {
        for issuer in ["localhost", "http://app.example.com", "https://127.0.0.1", "my-app"] {
            let options = MintOptions { issuer, ..options.clone() };
            assert_eq!(try_mint(&options), Err(Error::MintIssuer), "{issuer}");
            assert!(try_mint(&MintOptions { target: Target::Other, ..options }).is_ok());
        }
        assert!(try_mint(&options).is_ok());
    }
    let owner = MintOptions { purpose: Purpose::Owner, issuer: "localhost", ..APP };
    assert!(try_mint(&owner).is_ok());
}

#[test]
fn purposes_are_kept_apart() {
    let act = [free("act", r#"{"sub":"robot:x"}"#)];
    let twice = [free("x", "1"), free("x", "2")];
    let table = [
        (MintOptions { subject: "robot:x", ..APP }, Error::MintRobot),
        (MintOptions { purpose: Purpose::Robot, ..APP }, Error::MintRobot),
        (MintOptions { purpose: Purpose::Robot, subject: "robot:", ..APP }, Error::MintRobot),
        (MintOptions { subject: "jane@example.com", ..APP }, Error::MintEmail),
        (MintOptions { claims: &act, ..APP }, Error::MintActor),
        (MintOptions { purpose: Purpose::Delegated, ..APP }, Error::MintActor),
        (MintOptions { purpose: Purpose::Owner, ..APP }, Error::MintOwner),
        (
            MintOptions { claims: &twice, ..APP },
            Error::MintClaim(spacetime_keys_core::error::MintClaim::Twice),
        ),
        (
            MintOptions { subject: "", ..APP },
            Error::ClaimInvalid(spacetime_keys_core::error::Claim::Subject),
        ),
    ];
    for (options, error) in table {
        assert_eq!(try_mint(&options), Err(error));
    }
    let long = "s".repeat(129);
    assert!(try_mint(&MintOptions { subject: &long, ..APP }).is_err());
    assert!(try_mint(&MintOptions { subject: &long[1..], ..APP }).is_ok());
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn rs256_for_development() {
    use spacetime_keys_core::{RsaPrivateKey, error::Algorithm, jwks};
    let rsa = RsaPrivateKey::generate().unwrap();
    let signer = TokenSigner::from_pem(rsa.to_pem().unwrap().as_bytes()).unwrap();
    let minted = mint(&signer, &APP).unwrap();
    let set = jwks::export(&[signer.public_key()]).unwrap();
    for rules in Rules::ALL {
        let verdict = Server::new(rules).with_issuer_keys(set.as_bytes()).check(&minted.token, NOW);
        assert_eq!(verdict.identity, Some(minted.identity), "{verdict:?}");
    }
    let owner = MintOptions { purpose: Purpose::Owner, issuer: "localhost", ..APP };
    assert_eq!(mint(&signer, &owner).map(|_| ()), Err(Error::TokenKeyType(Algorithm::Rs256)));
}
