//! A folder's vaults copied by `az`, and back.

use std::path::Path;

use spacetime_keys_core::fleet::{Copied, Operation, Origin, Tags};
use spacetime_keys_rotation::copy::{Copy, CopyJob, copy};
use spacetime_keys_rotation::site::{PRIVATE_SECRET, PUBLIC_SECRET};
use spacetime_keys_rotation::store::{Directory, KeyStore, NewSecret};
use spacetime_keys_rotation::{Failure, Paths, Settings, Silent, Site};

use super::host::{Host, VAULTS, check_proven};
use super::stand_in::{PATIENT, StandIn};

fn settings(state: &Path) -> Settings {
    let mut settings = Settings::of_guide(state).unwrap();
    settings.environments.retain(|(_, vault)| VAULTS.contains(&vault.as_str()));
    settings
}

fn copied(
    host: &Host,
    from: (&dyn KeyStore, &Settings),
    to: (&dyn KeyStore, &Settings),
) -> Result<Copy, Failure> {
    let watch = Silent;
    let source = Site::new(from.1, from.0, &watch);
    let destination = Site::new(to.1, to.0, &watch);
    let paths = || Paths {
        mounted_keys_dir: host.path(".generated/spacetimedb-keys"),
        cli_toml: host.path("data/.config/spacetime/cli.toml"),
    };
    let job = CopyJob {
        environments: Vec::new(),
        source_paths: paths(),
        destination_paths: paths(),
        dry_run: false,
        ask: false,
    };
    copy(&source, &destination, &job)
}

// Slow: some two hundred calls of az, each a process of its own.
#[test]
fn vaults_are_copied_to_a_folder_and_from_there_to_others() {
    let (stand_in, other, host) = (StandIn::new(), StandIn::new(), Host::new());
    host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
    check_proven(&host, &stand_in, "rotated");
    let (vaults, others) = (stand_in.store(), other.store());
    let folder = Directory::new(host.path("folder"));
    let of_az = settings(&host.path("state"));
    let of_folder = settings(&host.path("folder/.state"));

    let there = copied(&host, (&vaults, &of_az), (&folder, &of_folder)).unwrap();
    assert!(!there.steps.is_empty());
    // A call that fails, and one whose write came through although it says otherwise: again.
    other.fault("set", "3", "firewall");
    let failure = copied(&host, (&folder, &of_folder), (&others, &of_az)).unwrap_err();
    assert!(other.has_struck(), "{failure}");
    assert!(failure.advice().to_string().contains("store copy"), "{}", failure.advice());
    other.clear_faults();
    let back = copied(&host, (&folder, &of_folder), (&others, &of_az)).unwrap();
    assert!(back.steps.len() < there.steps.len(), "it went on");
    assert!(copied(&host, (&folder, &of_folder), (&others, &of_az)).unwrap().steps.is_empty());
    for vault in VAULTS {
        for secret in [PRIVATE_SECRET, PUBLIC_SECRET] {
            let first: Vec<_> = stand_in.values(vault, secret);
            assert_eq!(other.values(vault, secret), first, "{vault} {secret}");
        }
    }
    assert_eq!((stand_in.leftovers(), other.leftovers()), (Vec::new(), Vec::new()));
}

/// The two tags of a copy, and those of other programs, come back as they were written.
#[test]
fn tags_of_a_copy() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    let tags = Tags {
        rotation_id: Some("r1".to_owned()),
        origin: Some(Origin::Adopt),
        copied: Some(Copied { created: 1_700_000_000, position: 7 }),
        others: [("owner".to_owned(), "a = b".to_owned())].into(),
        ..Tags::default()
    };
    let new = NewSecret { value: "v", content_type: "text/plain", tags: tags.clone() };
    let version = store.put("kv-dev", "s", &new).unwrap();
    let found = store.get("kv-dev", "s", &version).unwrap().properties;
    assert_eq!((found.tags, found.position), (tags, Some(7)));
}
