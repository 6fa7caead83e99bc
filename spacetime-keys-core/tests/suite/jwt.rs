//! Taking tokens apart: a server's own, the limits, what another library reads, and that nothing of
//! a token shows where it should not. What is read and refused is in `tests/vectors/decode.jsonl`.

use crate::common::{
    IDENTITY, SUBJECT, host_public_key, host_signer, host_token, issued, new_signer, part, signed,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use spacetime_keys_core::Error;
use spacetime_keys_core::error::{Algorithm, Claim};
use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::jwt::{
    MAX_CLAIM_BYTES, MAX_TOKEN_BYTES, Publisher, Token, sign_publisher,
};

const CLAIMS: &str = r#"{"iss":"localhost","sub":"s","iat":1}"#;

fn parse_error(token: &str) -> Error {
    Token::parse(token).err().unwrap()
}

// ---- A real token ---------------------------------------------------------------------------

#[test]
fn a_servers_own_token() {
    let token = Token::parse(host_token()).unwrap();
    assert_eq!(token.algorithm(), Algorithm::Es256);
    assert_eq!(token.header().to_json(), r#"{"typ":"JWT","alg":"ES256"}"#);
    let names: Vec<_> = token.claims().iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["hex_identity", "sub", "iss", "aud", "iat", "exp"]);
    assert_eq!(token.claims_json(), part(host_token(), 1));
    assert!(token.is_signed_by(&Verifier::new(&host_public_key()).unwrap()));
    assert!(!token.is_signed_by(&Verifier::new(new_signer().public_key()).unwrap()));

    let publisher = Publisher::from_token(&token).unwrap();
    assert_eq!(publisher.identity.to_string(), IDENTITY);
    assert_eq!((publisher.issuer.as_str(), publisher.subject.as_str()), ("localhost", SUBJECT));
    assert!(publisher.is_local());
}

// ---- Form -----------------------------------------------------------------------------------

#[test]
fn the_size_limit_is_exact() {
    let of_length = |length: usize| {
        let token = signed("{}", "{}", &host_signer());
        token.clone() + &"A".repeat(length - token.len())
    };
    // The longer one is refused unread; the other is read, and has too long a signature.
    assert_eq!(parse_error(&of_length(MAX_TOKEN_BYTES + 1)), Error::TokenTooLarge);
    let largest = of_length(MAX_TOKEN_BYTES);
    assert_ne!(Token::parse(&largest).err(), Some(Error::TokenTooLarge));
}

// ---- The publisher's claims -----------------------------------------------------------------

#[test]
fn lengths_are_counted_in_bytes() {
    // 128 bytes in 64, 32 and 43 characters, and one byte more.
    for (longest, too_long) in [
        ("a".repeat(128), "a".repeat(129)),
        ("é".repeat(64), "é".repeat(64) + "a"),
        ("🔑".repeat(32), "🔑".repeat(32) + "a"),
        ("€".repeat(42) + "ab", "€".repeat(43)),
    ] {
        assert_eq!((longest.len(), too_long.len()), (MAX_CLAIM_BYTES, MAX_CLAIM_BYTES + 1));
        assert!(Publisher::new(&longest, "s").is_ok());
        assert!(Publisher::new("i", &longest).is_ok());
        assert_eq!(Publisher::new(&too_long, "s"), Err(Error::ClaimInvalid(Claim::Issuer)));
        assert_eq!(Publisher::new("i", &too_long), Err(Error::ClaimInvalid(Claim::Subject)));
    }
}

// ---- Signing --------------------------------------------------------------------------------

#[test]
fn a_publisher_token_is_a_servers_own_token() {
    let publisher = Publisher::new("localhost", SUBJECT).unwrap();
    let signer = host_signer();
    let token = sign_publisher(&publisher, 1_795_315_075, &signer).unwrap();
    // Only `"exp":null` is left out, which 2.12 and later do not write either.
    assert_eq!(part(&token, 0), part(host_token(), 0));
    assert_eq!(part(&token, 1), part(host_token(), 1).replace(r#","exp":null"#, ""));
    let token = Token::parse(&token).unwrap();
    assert!(token.is_signed_by(&Verifier::new(signer.public_key()).unwrap()));
    assert_eq!(Publisher::from_token(&token), Ok(publisher));
}

#[test]
fn another_library_reads_our_tokens_and_we_read_its() {
    let publisher = Publisher::new("localhost", SUBJECT).unwrap();
    let ours = sign_publisher(&publisher, 1_795_315_075, &host_signer()).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_required_spec_claims(&["iss", "sub", "aud"]);
    validation.set_audience(&["spacetimedb"]);
    validation.set_issuer(&["localhost"]);
    let key = DecodingKey::from_ec_pem(crate::common::PUBLIC_PEM.as_bytes()).unwrap();
    let read = jsonwebtoken::decode::<serde_json::Value>(ours.as_bytes(), &key, &validation);
    assert_eq!(read.unwrap().claims["hex_identity"], IDENTITY);

    let claims: serde_json::Value = serde_json::from_str(CLAIMS).unwrap();
    let key = EncodingKey::from_ec_pem(crate::common::PRIVATE_PEM.as_bytes()).unwrap();
    let header = Header::new(jsonwebtoken::Algorithm::ES256);
    let theirs = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let token = Token::parse(&theirs).unwrap();
    assert!(token.is_signed_by(&Verifier::new(&host_public_key()).unwrap()));
    assert_eq!(token.claims_json(), CLAIMS);
}

// ---- Secrets --------------------------------------------------------------------------------

#[test]
fn debug_shows_no_secret() {
    let signer = host_signer();
    let claims = r#"{"iss":"canary-iss","sub":"canary-sub","x":"canary-value"}"#;
    let token = issued(claims, &signer);
    let parsed = Token::parse(&token).unwrap();
    let key = spacetime_keys_core::PrivateKey::from_pem(crate::common::PRIVATE_PEM).unwrap();
    let scalar: Vec<String> =
        key.as_p256().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();

    let shown = [
        format!("{parsed:?} {parsed:#?} {:?}", parsed.claims()),
        format!("{:?}", Publisher::from_token(&parsed).unwrap()),
        format!("{key:?} {key:#?} {signer:?} {signer:#?}"),
    ]
    .concat();
    for part in token.split('.') {
        assert!(!shown.contains(part));
    }
    for line in crate::common::PRIVATE_PEM.lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line));
    }
    assert!(!shown.contains("canary"));
    assert!(!shown.to_lowercase().contains(&scalar.concat()));
    assert!(!shown.contains(&format!("{:?}", key.as_p256().to_bytes())));
    // The public key's name is what there is to see.
    assert!(shown.contains(&key.public_key().fingerprint().to_string()));
}
