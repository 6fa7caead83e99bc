//! Whether what was found is a fleet's own.

use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::scan::{Ring, Scanner, Secret, Wanted};
use spacetime_keys_core::{Identity, PrivateKey};

use crate::common::{IDENTITY, PRIVATE_PEM, host_public_key, host_token, issued, new_signer};

fn secrets(ring: &Ring, text: &str) -> Vec<Secret> {
    let mut all = Vec::new();
    let mut scanner = Scanner::new(Wanted::Secrets);
    let mut found = |found| all.extend(ring.secret(&found));
    scanner.feed(text.as_bytes(), &mut found);
    scanner.finish(&mut found);
    all
}

#[test]
fn a_key_is_named_with_its_environment() {
    let prod = Environment::new("prod").unwrap();
    let mut ring = Ring::default();
    ring.add_key(&host_public_key(), None).unwrap();
    ring.add_key(&host_public_key(), Some(&prod)).unwrap();
    ring.add_key(&host_public_key(), Some(&Environment::new("dev").unwrap())).unwrap();
    let fingerprint = host_public_key().fingerprint();
    let expected = Secret::PrivateKey { fingerprint, environment: Some(prod) };
    assert_eq!(secrets(&ring, PRIVATE_PEM), [expected]);
    let other = PrivateKey::generate().unwrap();
    let fingerprint = other.public_key().fingerprint();
    let expected = Secret::PrivateKey { fingerprint, environment: None };
    assert_eq!(secrets(&ring, &other.to_pem()), [expected]);
}

#[test]
fn a_token_is_ours_if_a_key_of_ours_signed_it() {
    let mut ring = Ring::default();
    assert_eq!(secrets(&ring, host_token()), [Secret::OtherToken]);
    ring.add_key(&host_public_key(), None).unwrap();
    let told = |owner| Secret::Token {
        fingerprint: host_public_key().fingerprint(),
        environment: None,
        identity: Some(Identity::parse(IDENTITY).unwrap()),
        owner,
    };
    assert_eq!(secrets(&ring, host_token()), [told(false)]);
    ring.add_owner(Identity::parse(IDENTITY).unwrap());
    assert_eq!(secrets(&ring, host_token()), [told(true)]);
    let stranger = new_signer();
    let of_server = issued(r#"{"iss":"localhost","sub":"x"}"#, &stranger);
    let of_issuer = issued(r#"{"iss":"https://id.example.com","sub":"x"}"#, &stranger);
    assert_eq!(secrets(&ring, &of_server), [Secret::OtherToken]);
    assert_eq!(secrets(&ring, &of_issuer), []);
}
