//! Whether what was found is a fleet's own.

use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::scan::{Judged, Ring, Scanner, Secret, SecretKind, Wanted};
use spacetime_keys_core::{Fingerprint, Identity, PrivateKey};

use crate::common::{IDENTITY, PRIVATE_PEM, host_public_key, host_token, issued, new_signer};

fn judged(ring: &Ring, text: &str) -> Vec<Judged> {
    let mut all = Vec::new();
    let mut scanner = Scanner::new(Wanted::Secrets);
    let mut found = |found| all.push(ring.judge(&found));
    scanner.feed(text.as_bytes(), &mut found);
    scanner.finish(&mut found);
    all
}

fn key(fingerprint: Fingerprint, environment: Option<Environment>) -> Judged {
    let kind = SecretKind::PrivateKey;
    Judged::Secret(Secret { kind, fingerprint, environment, identity: None, owner: false })
}

#[test]
fn a_key_is_named_with_its_environment() {
    let prod = Environment::new("prod").unwrap();
    let mut ring = Ring::default();
    ring.add_key(&host_public_key(), None).unwrap();
    ring.add_key(&host_public_key(), Some(&prod)).unwrap();
    ring.add_key(&host_public_key(), Some(&Environment::new("dev").unwrap())).unwrap();
    let fingerprint = host_public_key().fingerprint();
    assert_eq!(judged(&ring, PRIVATE_PEM), [key(fingerprint, Some(prod))]);
    let other = PrivateKey::generate().unwrap();
    let fingerprint = other.public_key().fingerprint();
    assert_eq!(judged(&ring, &other.to_pem()), [key(fingerprint, None)]);
}

#[test]
fn a_token_is_ours_if_a_key_of_ours_signed_it() {
    let mut ring = Ring::default();
    assert_eq!(judged(&ring, host_token()), [Judged::OtherToken]);
    ring.add_key(&host_public_key(), None).unwrap();
    let told = |owner| {
        Judged::Secret(Secret {
            kind: SecretKind::Token,
            fingerprint: host_public_key().fingerprint(),
            environment: None,
            identity: Some(Identity::parse(IDENTITY).unwrap()),
            owner,
        })
    };
    assert_eq!(judged(&ring, host_token()), [told(false)]);
    ring.add_owner(Identity::parse(IDENTITY).unwrap());
    assert_eq!(judged(&ring, host_token()), [told(true)]);
    let stranger = new_signer();
    let of_server = issued(r#"{"iss":"localhost","sub":"x"}"#, &stranger);
    let of_issuer = issued(r#"{"iss":"https://id.example.com","sub":"x"}"#, &stranger);
    assert_eq!(judged(&ring, &of_server), [Judged::OtherToken]);
    assert_eq!(judged(&ring, &of_issuer), [Judged::Nothing]);
}
