//! Tokens that no key can have signed as they are: cut off, shortened, padded, in DER.

use spacetime_keys_core::Error;
use spacetime_keys_core::error::{SignatureFlaw, TokenFormat, TokenPart};
use spacetime_keys_core::jwt::{Token, TokenVerifier, VerifyOptions};
use spacetime_keys_core::server::{Remedy, Rules, Server, Verdict};

use crate::common::{encode, host_public_key, host_token};

const NOW: i64 = 1_795_316_539;

fn check(token: &str) -> Verdict {
    let server = Server::new(Rules::default()).with_local_key(&host_public_key()).unwrap();
    server.check(token, NOW)
}

fn verify(token: &str) -> Error {
    let verifier = TokenVerifier::new(&host_public_key().into()).unwrap();
    verifier.verify(token, &VerifyOptions::at(NOW)).unwrap_err()
}

/// The host's token with another signature.
fn with_signature(bytes: &[u8]) -> String {
    let (message, _) = host_token().rsplit_once('.').unwrap();
    format!("{message}.{}", encode(bytes))
}

#[test]
fn a_signature_of_fewer_bytes_is_cut_off() {
    let cut_off = Error::TokenSignatureForm(SignatureFlaw::CutOff);
    for size in [0, 1, 32, 63] {
        let token = with_signature(&vec![7; size]);
        let verdict = check(&token);
        assert_eq!((verdict.cause, verdict.remedy), (Some(cut_off), Some(Remedy::CopyAgain)));
        assert_eq!(verify(&token), cut_off, "{size}");
    }
    for size in [64, 65, 72] {
        let token = with_signature(&vec![7; size]);
        assert_eq!((check(&token).cause, verify(&token)), (None, Error::TokenSignature), "{size}");
    }
}

/// Numbers of each length that DER gives them, and bytes that only begin like DER.
#[test]
fn a_signature_in_der_is_told_from_others() {
    let der = |r: &[u8], s: &[u8]| {
        let integer = |number: &[u8]| [&[2, u8::try_from(number.len()).unwrap()], number].concat();
        let both = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(both.len()).unwrap()], both.as_slice()].concat()
    };
    for (r, s) in [(33, 33), (32, 33), (32, 32), (31, 32), (30, 30), (1, 29)] {
        let token = with_signature(&der(&vec![5; r], &vec![6; s]));
        let found = Error::TokenSignatureForm(SignatureFlaw::Der);
        let verdict = check(&token);
        assert_eq!((verdict.cause, verdict.remedy), (Some(found), Some(Remedy::ConvertSignature)));
        assert_eq!(verify(&token), found, "{r} and {s}");
    }
    let mut other = der(&[5; 32], &[6; 32]);
    other.push(0);
    assert_eq!(verify(&with_signature(&other)), Error::TokenSignature);
    assert_eq!(verify(&with_signature(&der(&[5; 34], &[6; 34]))), Error::TokenSignature);
}

#[test]
fn other_formats_are_named() {
    let json = r#"{"payload":"e30","protected":"e30","signature":"AA"}"#;
    let general = r#"{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]}"#;
    for (token, format) in [
        ("v4.public.eyJzdWIiOiJhIn0", TokenFormat::Paseto),
        ("v2.local.QUJD.QUJD", TokenFormat::Paseto),
        ("v1.public.QUJD", TokenFormat::Paseto),
        (json, TokenFormat::JsonJws),
        (general, TokenFormat::JsonJws),
    ] {
        let found = Error::TokenOtherFormat(format);
        assert_eq!(verify(token), found);
        let verdict = check(token);
        assert_eq!((verdict.cause, verdict.remedy), (Some(found), Some(Remedy::AskForJwt)));
    }
    for token in ["v5.public.QUJD", "v4.other.QUJD"] {
        assert_eq!(verify(token), Error::TokenMalformed(TokenPart::Header), "{token}");
    }
    assert_eq!(verify(r#"{"payload":"e30"}"#), Error::TokenOpaque);
}

#[test]
fn the_usual_alphabet_is_named() {
    // Two bytes of ones are `//8` there.
    let signature = [0xff; 64];
    let token = with_signature(&signature).replace('_', "/");
    assert_eq!(verify(&token), Error::TokenAlphabet(TokenPart::Signature));
    assert_eq!(check(&token).remedy, Some(Remedy::SendBase64Url));
    assert_eq!(verify(&format!("{token}==")), Error::TokenAlphabet(TokenPart::Signature));
    assert_eq!(verify(&format!("{token}+%")), Error::TokenMalformed(TokenPart::Signature));
}

#[test]
fn padding_and_ellipses_are_named() {
    let parts: Vec<_> = host_token().split('.').collect();
    for (index, part) in
        [TokenPart::Header, TokenPart::Claims, TokenPart::Signature].into_iter().enumerate()
    {
        let mut padded = parts.clone();
        let text = format!("{}=", padded[index]);
        padded[index] = &text;
        let token = padded.join(".");
        assert_eq!(Token::parse(&token).unwrap_err(), Error::TokenPadded(part));
        assert_eq!(check(&token).remedy, Some(Remedy::SendUnpadded));
    }
    let begin = &host_token()[..30];
    for token in [format!("{begin}…"), format!("{begin}...{begin}"), format!("{begin}.e30....")] {
        assert_eq!(verify(&token), Error::TokenElided, "{token}");
        let verdict = check(&token);
        assert_eq!(
            (verdict.cause, verdict.remedy),
            (Some(Error::TokenElided), Some(Remedy::CopyAgain))
        );
    }
    assert_eq!(verify("opaque..."), Error::TokenOpaque);
}

/// Microsoft Graph's access tokens: <https://github.com/AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet/issues/609>.
#[test]
fn a_token_of_microsoft_graph_is_named() {
    let nonce = r#"{"typ":"JWT","nonce":"AQABAAAAAABeStGS","alg":"ES256"}"#;
    let plain = r#"{"typ":"JWT","alg":"ES256"}"#;
    let token = |header: &str, claims: &str| {
        format!("{}.{}.{}", encode(header), encode(claims), encode([7; 64]))
    };
    let graph = Error::TokenSignatureForm(SignatureFlaw::Graph);
    for claims in [
        r#"{"aud":"00000003-0000-0000-c000-000000000000","iss":"https://a.example","sub":"u","iat":1}"#,
        r#"{"aud":"https://graph.microsoft.com/","iss":"https://a.example","sub":"u","iat":1}"#,
        r#"{"aud":"x","iss":"https://sts.windows.net/72f988bf/","sub":"u","iat":1}"#,
        r#"{"aud":"x","iss":"https://login.microsoftonline.com/72f988bf/v2.0","sub":"u","iat":1}"#,
    ] {
        let of_graph = token(nonce, claims);
        let verdict = check(&of_graph);
        assert_eq!(
            (verdict.cause, verdict.remedy),
            (Some(graph), Some(Remedy::AskForOwnAudience)),
            "{claims}"
        );
        assert_eq!(verify(&of_graph), graph, "{claims}");
        assert_eq!(verify(&token(plain, claims)), Error::TokenSignature, "{claims}");
    }
    let other = r#"{"aud":"x","iss":"https://a.example","sub":"u","iat":1}"#;
    assert_eq!(verify(&token(nonce, other)), Error::TokenSignature);
}

#[test]
fn blanks_around_a_token_count_towards_its_size() {
    let padded = |size: usize| format!("{}{}", " ".repeat(size), host_token());
    assert!(Token::parse(&padded(100)).is_ok());
    assert_eq!(Token::parse(&padded(3 << 20)).unwrap_err(), Error::TokenTooLarge);
}
