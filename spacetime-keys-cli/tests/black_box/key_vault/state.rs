//! What must hold of vaults and host, looked at without the program under test.

use std::collections::BTreeSet;

use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::fleet::Escrow;
use spacetime_keys_core::jwt::{Publisher, Token};
use spacetime_keys_core::key::check_pair;
use spacetime_keys_core::{Fingerprint, PrivateKey, PublicKey};

use super::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET, VAULTS};
use crate::common::{Content, Host};

/// The identity of a host's publisher token.
#[track_caller]
pub(crate) fn identity_of(host: &Host) -> String {
    let token = host.token();
    Publisher::from_token(&Token::parse(&token).unwrap()).unwrap().identity.to_string()
}

/// Every private key that can be reached: any version in any vault, and any whole file of a host.
pub(crate) fn keys_in(fleet: &Fleet, host: &Host) -> BTreeSet<Fingerprint> {
    let stored = VAULTS.iter().flat_map(|vault| {
        fleet.stand_in.secret(vault, PRIVATE_SECRET).unwrap_or_default().into_iter()
    });
    let mut keys: BTreeSet<Fingerprint> = stored
        .filter_map(|version| PrivateKey::from_pem(version.value).ok())
        .map(|key| key.public_key().fingerprint())
        .collect();
    keys.extend(keys_of_host(host));
    keys
}

fn keys_of_host(host: &Host) -> BTreeSet<Fingerprint> {
    let tree = host.tree().into_iter();
    tree.filter(|(path, _)| !path.to_string_lossy().contains("spacetime-keys-tmp"))
        .filter_map(|(_, entry)| match entry.content {
            Content::File(content) => PrivateKey::from_pem(content).ok(),
            _ => None,
        })
        .map(|key| key.public_key().fingerprint())
        .collect()
}

/// A vault's latest pair; fails unless it is one.
#[track_caller]
pub(crate) fn pair_of(fleet: &Fleet, vault: &str, context: &str) -> Fingerprint {
    let private = PrivateKey::from_pem(fleet.value(vault, PRIVATE_SECRET)).unwrap();
    let public = PublicKey::from_pem(fleet.value(vault, PUBLIC_SECRET)).unwrap();
    assert!(check_pair(&private, &public).is_ok(), "{context}: {vault} holds no pair");
    // What we write is written clean.
    assert_eq!(*private.to_pem(), fleet.value(vault, PRIVATE_SECRET), "{context}: {vault}");
    public.fingerprint()
}

/// At any moment, however a run ended.
pub(crate) fn check_any(fleet: &Fleet, host: &Host, before: &BTreeSet<Fingerprint>, context: &str) {
    assert!(before.is_subset(&keys_in(fleet, host)), "{context}: a private key is lost");
    for (path, marker) in [
        (crate::common::PRIVATE, "-----END PRIVATE KEY-----\n"),
        (crate::common::PUBLIC, "-----END PUBLIC KEY-----\n"),
    ] {
        assert!(host.read(path).ends_with(marker), "{context}: {path} is cut off");
    }
    assert_eq!(identity_of(host), crate::common::IDENTITY, "{context}: the identity changed");
    // What a server may be started with is never for this host to decide.
    let mounted = host.mounted();
    let kept = before.contains(&mounted)
        || VAULTS.iter().any(|vault| {
            let versions = fleet.stand_in.secret(vault, PRIVATE_SECRET).unwrap_or_default();
            versions.iter().any(|version| {
                PrivateKey::from_pem(&version.value)
                    .is_ok_and(|key| key.public_key().fingerprint() == mounted)
            })
        });
    assert!(kept, "{context}: the mounted key is in no vault");
}

/// After a run that says that it is proven: the group's vaults, this host's files, the token.
pub(crate) fn check_proven(fleet: &Fleet, host: &Host, group: &[&str], context: &str) {
    let pairs: BTreeSet<Fingerprint> =
        group.iter().map(|vault| pair_of(fleet, vault, context)).collect();
    assert_eq!(pairs.len(), 1, "{context}: the group is divided");
    assert!(pairs.contains(&host.mounted()), "{context}: mounted and vault differ");
    let public = PublicKey::from_pem(host.read(crate::common::PUBLIC)).unwrap();
    assert_eq!(public.fingerprint(), host.mounted(), "{context}: the mounted files are no pair");
    let verifier = Verifier::new(&public).unwrap();
    let token = host.token();
    assert!(Token::parse(&token).unwrap().is_signed_by(&verifier), "{context}: the token is void");
    assert_eq!(identity_of(host), crate::common::IDENTITY, "{context}: the identity changed");
    let escrow = Escrow::parse(&fleet.value("kv-local", ESCROW_SECRET)).unwrap();
    let kept =
        escrow.publishers().iter().any(|p| p.identity.to_string() == crate::common::IDENTITY);
    assert!(kept, "{context}: the publisher's claims are not in escrow");
    let unfinished = host.path(".spacetime-keys/.state/unfinished.json");
    assert!(!unfinished.exists(), "{context}: a mark is left over");
}
