//! Taking tokens apart: what is read, what is refused and with which error, and that nothing of a
//! token shows where it should not.

use crate::common::{
    IDENTITY, SUBJECT, encode, host_public_key, host_signer, host_token, issued, new_signer, part,
    signed,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use spacetime_keys_core::Error;
use spacetime_keys_core::error::{Algorithm, Claim, TokenPart};
use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::jwt::{
    Kind, MAX_CLAIM_BYTES, MAX_TOKEN_BYTES, Publisher, Token, sign_publisher,
};

const CLAIMS: &str = r#"{"iss":"localhost","sub":"s","iat":1}"#;

fn parse_error(token: &str) -> Error {
    Token::parse(token).err().unwrap()
}

fn publisher(claims: &str) -> Result<Publisher, Error> {
    Publisher::from_token(&Token::parse(&issued(claims, &host_signer()))?)
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

#[test]
fn blanks_around_a_token_are_not_part_of_it() {
    let padded = format!("\r\n {}\t\n", host_token());
    let token = Token::parse(&padded).unwrap();
    assert!(token.is_signed_by(&Verifier::new(&host_public_key()).unwrap()));
}

// ---- Form -----------------------------------------------------------------------------------

#[test]
fn kinds_are_told_by_the_number_of_parts() {
    for (token, kind, error) in [
        ("", Kind::Opaque, Error::TokenOpaque),
        ("gho_16C7e42F292c6912E7710c838347Ae178B4a", Kind::Opaque, Error::TokenOpaque),
        ("a.b", Kind::Opaque, Error::TokenOpaque),
        ("a.b.c.d", Kind::Opaque, Error::TokenOpaque),
        ("a.b.c.d.e", Kind::Jwe, Error::TokenEncrypted),
        ("a.b.c.d.e.f", Kind::Opaque, Error::TokenOpaque),
    ] {
        assert_eq!((Kind::of(token), parse_error(token)), (kind, error), "{token}");
    }
    assert_eq!(Kind::of(host_token()), Kind::Jwt);
}

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

#[test]
fn each_part_that_is_malformed_is_named() {
    let good = issued(CLAIMS, &host_signer());
    let parts: Vec<&str> = good.split('.').collect();
    for (index, which) in
        [TokenPart::Header, TokenPart::Claims, TokenPart::Signature].into_iter().enumerate()
    {
        let with = |bad: &str| {
            let mut parts = parts.clone();
            if let Some(part) = parts.get_mut(index) {
                *part = bad;
            }
            parts.join(".")
        };
        let good = parts.get(index).copied().unwrap();
        let not_base64 = [
            format!("{good}!"),
            format!("{good}="),
            format!("{good}=="),
            good.replacen(|c: char| c.is_ascii_alphanumeric(), "+", 1),
            format!("{}\n{}", &good[..4], &good[4..]),
            format!(" {good}"),
            // One symbol alone is no byte.
            "A".to_owned(),
            // Bits set that belong to no byte: two texts would be one token.
            "AB".to_owned(),
        ];
        for bad in &not_base64 {
            let token = with(bad);
            // Blanks at the two ends of the token are cut off, not malformed.
            if token.trim() == token {
                assert_eq!(parse_error(&token), Error::TokenMalformed(which), "{bad:?}");
            }
        }
        if which != TokenPart::Signature {
            let not_an_object: [&[u8]; 8] =
                [b"", b"[]", b"null", b"\"{}\"", b"{", b"{}{}", b"{\"a\":01}", b"{\"a\":\"\xff\"}"];
            for bad in not_an_object {
                assert_eq!(
                    parse_error(&with(&encode(bad))),
                    Error::TokenMalformed(which),
                    "{bad:?}"
                );
            }
        }
    }
    // An empty signature is well-formed, and is nobody's.
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let token = Token::parse(&unsigned).unwrap();
    assert!(!token.is_signed_by(&Verifier::new(&host_public_key()).unwrap()));
}

#[test]
fn the_same_member_twice_is_an_error_wherever_it_is() {
    let signer = host_signer();
    let twice = |header, claims| parse_error(&signed(header, claims, &signer));
    assert_eq!(
        twice(r#"{"alg":"ES256","alg":"ES256"}"#, CLAIMS),
        Error::TokenDuplicate(TokenPart::Header)
    );
    for claims in [
        r#"{"iss":"localhost","sub":"a","sub":"b","iat":1}"#,
        r#"{"iss":"localhost","sub":"a","iat":1,"x":1,"x":1}"#,
        // Spelled with an escape it is the same name.
        r#"{"iss":"localhost","sub":"a","iat":1,"\u0073ub":"b"}"#,
    ] {
        assert_eq!(
            twice(r#"{"alg":"ES256"}"#, claims),
            Error::TokenDuplicate(TokenPart::Claims),
            "{claims}"
        );
    }
    // Inside a claim it is that claim's own affair: it is passed on untouched.
    assert!(Token::parse(&issued(r#"{"act":{"sub":1,"sub":2}}"#, &signer)).is_ok());
}

#[test]
fn algorithms_are_told_apart_and_only_es256_verifies() {
    let verifier = Verifier::new(&host_public_key()).unwrap();
    for (alg, expected) in [
        (r#""ES256""#, Algorithm::Es256),
        (r#""RS256""#, Algorithm::Rs256),
        (r#""HS256""#, Algorithm::Hmac),
        (r#""HS384""#, Algorithm::Hmac),
        (r#""HS512""#, Algorithm::Hmac),
        (r#""EdDSA""#, Algorithm::EdDsa),
        (r#""Ed25519""#, Algorithm::EdDsa),
        (r#""none""#, Algorithm::None),
        (r#""nOnE""#, Algorithm::None),
        (r#""ES384""#, Algorithm::Other),
        (r#""ES256K""#, Algorithm::Other),
        (r#""PS256""#, Algorithm::Other),
        // RFC 7515, section 4.1.1: names are case-sensitive.
        (r#""es256""#, Algorithm::Other),
        (r#""""#, Algorithm::Other),
        ("null", Algorithm::Other),
        ("256", Algorithm::Other),
        (r#"["ES256"]"#, Algorithm::Other),
    ] {
        // Truly signed by the key, whatever the header says.
        let token = signed(format!(r#"{{"typ":"JWT","alg":{alg}}}"#), CLAIMS, &host_signer());
        let token = Token::parse(&token).unwrap();
        assert_eq!(token.algorithm(), expected, "{alg}");
        assert_eq!(token.is_signed_by(&verifier), expected == Algorithm::Es256, "{alg}");
    }
    let token = signed("{}", CLAIMS, &host_signer());
    assert_eq!(Token::parse(&token).unwrap().algorithm(), Algorithm::Other);
}

// ---- The publisher's claims -----------------------------------------------------------------

#[test]
fn claims_that_no_server_takes_are_refused() {
    use Claim::{Audience, HexIdentity, Issuer, Subject};
    use Error::{ClaimInvalid, ClaimMissing};
    for (claims, expected) in [
        (r#"{"sub":"s"}"#, ClaimMissing(Issuer)),
        (r#"{"iss":"i"}"#, ClaimMissing(Subject)),
        (r#"{"iss":"","sub":"s"}"#, ClaimInvalid(Issuer)),
        (r#"{"iss":"i","sub":""}"#, ClaimInvalid(Subject)),
        (r#"{"iss":null,"sub":"s"}"#, ClaimInvalid(Issuer)),
        (r#"{"iss":["i"],"sub":"s"}"#, ClaimInvalid(Issuer)),
        (r#"{"iss":"i","sub":1}"#, ClaimInvalid(Subject)),
        (r#"{"iss":"i","sub":"\ud800"}"#, ClaimInvalid(Subject)),
        (r#"{"iss":"i","sub":"s","aud":null}"#, ClaimInvalid(Audience)),
        (r#"{"iss":"i","sub":"s","aud":1}"#, ClaimInvalid(Audience)),
        (r#"{"iss":"i","sub":"s","aud":{}}"#, ClaimInvalid(Audience)),
        (r#"{"iss":"i","sub":"s","aud":["a",1]}"#, ClaimInvalid(Audience)),
        (r#"{"iss":"i","sub":"s","aud":[null]}"#, ClaimInvalid(Audience)),
        (r#"{"iss":"i","sub":"s","hex_identity":1}"#, ClaimInvalid(HexIdentity)),
        (r#"{"iss":"i","sub":"s","hex_identity":""}"#, ClaimInvalid(HexIdentity)),
        (r#"{"iss":"i","sub":"s","hex_identity":"c200"}"#, ClaimInvalid(HexIdentity)),
    ] {
        assert_eq!(publisher(claims).err(), Some(expected), "{claims}");
    }
    let stating = |identity: &str| {
        let claims =
            format!(r#"{{"iss":"localhost","sub":"{SUBJECT}","hex_identity":"{identity}"}}"#);
        publisher(&claims)
    };
    assert!(stating(IDENTITY).is_ok());
    assert!(stating(&IDENTITY.to_uppercase()).is_ok());
    assert_eq!(stating(&format!("0x{IDENTITY}")), Err(ClaimInvalid(HexIdentity)));
    assert_eq!(stating(&IDENTITY.replacen('a', "b", 1)), Err(Error::TokenIdentityMismatch));
    assert_eq!(stating(&"0".repeat(64)), Err(Error::TokenIdentityMismatch));
}

#[test]
fn claims_that_servers_take_are_taken() {
    for claims in [
        r#"{"iss":"i","sub":"s"}"#,
        r#"{"iss":"i","sub":"s","aud":""}"#,
        r#"{"iss":"i","sub":"s","aud":[]}"#,
        r#"{"iss":"i","sub":"s","aud":["a","b"]}"#,
        r#"{"iss":"i","sub":"s","hex_identity":null}"#,
        r#"{"iss":"\u0069","sub":"s"}"#,
    ] {
        assert_eq!(publisher(claims).unwrap(), Publisher::new("i", "s").unwrap(), "{claims}");
    }
}

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
