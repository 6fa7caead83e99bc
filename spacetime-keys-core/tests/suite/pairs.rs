//! Which pair a plan leads to, and that every vault is looked at before that is called proven.

use spacetime_keys_core::error::Proof;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    CliTomlFacts, Environment, Escrow, Host, KeyState, Mounted, Operation, Snapshot, Source,
    StoredVersion, Tags, Vault, plan, prove,
};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey};

use crate::fleet::request;
use crate::fleet_model::policy;

fn keys() -> [PrivateKey; 3] {
    [(); 3].map(|()| PrivateKey::generate().unwrap())
}

fn fingerprint(key: &PrivateKey) -> Fingerprint {
    key.public_key().fingerprint()
}

/// A vault with these pairs, the oldest first, as other tools write them: without tags.
fn vault(environment: &str, keys: &[&PrivateKey]) -> Vault {
    let mut versions: Vec<StoredVersion> = keys
        .iter()
        .zip(1_i64..)
        .map(|(key, number)| StoredVersion {
            version: format!("{number:08}"),
            fingerprint: Some(fingerprint(key)),
            created: 1_000 * number,
            position: None,
            tags: Tags::default(),
        })
        .collect();
    let newest = keys.last().unwrap();
    Vault {
        environment: Environment::new(environment).unwrap(),
        name: format!("kv-{environment}"),
        private: KeyState::of_private(newest.to_pem().as_bytes()).0,
        public: KeyState::of_public(newest.public_key().to_pem()).0,
        latest: versions.pop(),
        earlier: versions,
        escrow: Ok(Escrow::default()),
        retired: Ok(None),
        retired_before: RetiredKeys::default(),
    }
}

/// Of `dev` and `local`, which share their keys.
fn snapshot(dev: &[&PrivateKey], local: &[&PrivateKey]) -> Snapshot {
    Snapshot {
        vaults: vec![vault("dev", dev), vault("local", local)],
        host: Host::of(Mounted::of(None, None), false, CliTomlFacts::of(None)),
        unfinished: None,
    }
}

fn pair_of(operation: Operation, snapshot: &Snapshot) -> Fingerprint {
    let plan = plan(&policy(), snapshot, &request(operation, &["local"], None)).unwrap();
    match &plan.targets[0].source {
        Source::Stored { fingerprint, .. } => *fingerprint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rollback_returns_to_the_newest_other_pair() {
    let [first, second, third] = keys();
    let all = [&first, &second, &third];
    assert_eq!(pair_of(Operation::Rollback, &snapshot(&all, &all)), fingerprint(&second));
}

#[test]
fn a_divided_group_takes_the_pair_that_came_after_the_other() {
    let [first, second, _] = keys();
    for (dev, local) in [(&[&first, &second][..], &[&first][..]), (&[&first], &[&first, &second])] {
        assert_eq!(pair_of(Operation::Resume, &snapshot(dev, local)), fingerprint(&second));
    }
}

#[test]
fn each_vault_of_a_group_is_proven() {
    let [first, second, _] = keys();
    let rotate = request(Operation::Rotate, &["local"], None);
    let plan = plan(&policy(), &snapshot(&[&first], &[&first]), &rotate).unwrap();
    let pairs = [fingerprint(&second)];
    let (old, new) = (&[&first][..], &[&first, &second][..]);
    let after = |dev, local| prove(&plan, &rotate, &pairs, &snapshot(dev, local));
    assert_eq!(after(new, new), Ok(()));
    for (dev, local) in [(old, new), (new, old), (old, old)] {
        assert_eq!(after(dev, local), Err(Error::Unproven(Proof::Store)));
    }
}
