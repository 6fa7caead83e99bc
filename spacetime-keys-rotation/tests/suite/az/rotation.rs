//! A host's whole life on this store.

use spacetime_keys_core::fleet::Operation;
use spacetime_keys_rotation::site::PRIVATE_SECRET;

use super::host::{Host, VAULTS, check_proven};
use super::stand_in::{PATIENT, StandIn};

#[test]
fn two_rotations_another_host_and_the_way_back() {
    let (stand_in, host) = (StandIn::new(), Host::new());
    let behind = host.copy();
    let first = host.mounted();

    host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
    let second = check_proven(&host, &stand_in, "rotated");
    assert_ne!(first, second);
    let (planned, done) = host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
    let third = check_proven(&host, &stand_in, "rotated again");
    assert_ne!(second, third);
    assert_eq!((&planned.previous[..], &done.pairs[..]), (&[Some(second)][..], &[third][..]));
    assert!(done.versions.iter().flatten().all(|version| version.len() == 32));

    // Another host has the first pair mounted, and follows.
    behind.run(&stand_in, Operation::Sync, PATIENT).unwrap();
    assert_eq!(check_proven(&behind, &stand_in, "synced"), third);

    host.run(&stand_in, Operation::Rollback, PATIENT).unwrap();
    assert_eq!(check_proven(&host, &stand_in, "rolled back"), second);
    assert!([first, second, third].iter().all(|pair| host.keys(&stand_in).contains(pair)));

    let recorded = stand_in.recorded();
    for vault in VAULTS {
        for pem in stand_in.values(vault, PRIVATE_SECRET) {
            let line = pem.lines().nth(1).unwrap();
            assert!(!recorded.contains(line), "a key is in an argument or a variable");
        }
    }
}

/// Nothing was found to be wrong: the store's own words are what helps.
#[test]
fn a_vault_that_cannot_be_read_for_the_proof_is_told_in_the_stores_words() {
    let (empty, host) = (StandIn::new(), Host::new());
    let (clean, other) = (empty.copy(), host.copy());
    other.run(&clean, Operation::Rotate, PATIENT).unwrap();
    let last = clean.count("show");

    let stand_in = empty.copy();
    stand_in.fault("show", &last.to_string(), "rbac");
    let failure = host.run(&stand_in, Operation::Rotate, PATIENT).err().unwrap();
    assert!(stand_in.has_struck());
    assert_eq!(failure.kind().code(), "ERR_STORE_FORBIDDEN", "{failure}");
    assert!(failure.to_string().starts_with("step `prove "), "{failure}");
    assert!(failure.to_string().contains("Key Vault Secrets User"), "{failure}");
    assert!(failure.is_resumable());

    stand_in.clear_faults();
    host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
    check_proven(&host, &stand_in, "the same again");
}
