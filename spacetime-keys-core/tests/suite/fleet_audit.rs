//! What an audit calls well, and what a plan refuses of a publisher that nobody knows.

use crate::fleet::{OPERATIONS, request};
use crate::fleet_model::{World, all_environments, environment, policy};
use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::{
    Damage, DamagedPart, Escrow, Inspected, KeyState, Operation, Place, PlaceKind, PublisherState,
    Request, Scope, Severity, Snapshot, StoredVersion, Tags, Unfinished, audit, plan,
};

fn all() -> Scope {
    Scope::of(all_environments(), None)
}

fn codes(snapshot: &Snapshot) -> Vec<&'static str> {
    let problems = audit(&policy(), snapshot, &all(), 0).problems;
    problems.into_iter().map(|problem| problem.code).collect()
}

/// Nobody is taken into an escrow that knows somebody, unless that very identity was named or the run
/// that is continued had found it good.
#[test]
fn an_unknown_publisher_is_taken_only_by_name() {
    let mut world = World::sound();
    let stranger = world.log_in_by_mistake();
    let mut snapshot = world.snapshot();
    assert_eq!(codes(&snapshot), ["ERR_PUBLISHER_UNKNOWN"]);
    for operation in OPERATIONS {
        let asked = request(operation, &["local"], Some("local"));
        let refused = |snapshot: &Snapshot, request: &Request| {
            plan(&policy(), snapshot, request).err().map(|refusal| refusal.error)
        };
        let unknown = Some(Error::PublisherUnknown);
        // There is nothing to go back to.
        let none = (operation == Operation::Rollback).then_some(Error::NoEarlierPair);
        let or_none = |error: Option<Error>| if none.is_some() { none } else { error };
        assert_eq!(refused(&snapshot, &asked), or_none(unknown));
        let unverified = Request { allow_unverified: true, ..asked.clone() };
        assert_eq!(refused(&snapshot, &unverified), or_none(unknown));
        let named = Request { expect_identity: Some(stranger.identity), ..asked.clone() };
        assert_eq!(refused(&snapshot, &named), none);
        let alone = Request { preserve_publisher: false, ..asked.clone() };
        assert_eq!(refused(&snapshot, &alone), none);
        if let Ok(plan) = plan(&policy(), &snapshot, &alone) {
            assert_eq!(plan.escrow, None, "it is added to no escrow unasked");
        }
        let continuing = Request { continuing: true, ..asked };
        for (identity, error) in [(Some(stranger.identity), None), (None, unknown)] {
            snapshot.unfinished = Some(Unfinished { running: false, identity });
            // A rollback that has nothing to go back to any more is finished by repairing.
            assert_eq!(refused(&snapshot, &continuing), error);
        }
        snapshot.unfinished = None;
    }
    // An empty escrow, and one that cannot be read, know nobody.
    for escrow in [Ok(Escrow::default()), Err(Error::EscrowDamaged)] {
        snapshot.vaults.iter_mut().for_each(|vault| vault.escrow = escrow.clone());
        assert_eq!(codes(&snapshot), [""; 0]);
        let rotate = request(Operation::Rotate, &["local"], Some("local"));
        assert!(plan(&policy(), &snapshot, &rotate).is_ok());
    }
}

/// Two environments share a pair, and each of two hosts mounts it for another one.
#[test]
fn a_publisher_is_looked_for_in_each_environment_that_has_the_mounted_pair() {
    let mut world = World::sound();
    let stranger = world.log_in_by_mistake();
    let mut snapshot = world.snapshot();
    let mut escrow = Escrow::default();
    escrow.add(stranger, None);
    snapshot.vaults[2].escrow = Ok(escrow);
    assert_eq!(codes(&snapshot), [""; 0]);
    let report = audit(&policy(), &snapshot, &all(), 0);
    assert_eq!(report.mounted.and_then(|mounted| mounted.environment), Some(environment("local")));
}

#[test]
fn a_host_without_its_keys_or_its_token() {
    let severity = |snapshot: &Snapshot| {
        let problems = audit(&policy(), snapshot, &all(), 0).problems;
        problems.into_iter().map(|p| (p.code, p.severity, p.hint.to_string())).collect::<Vec<_>>()
    };
    let mut world = World::sound();
    world.unmount();
    let found = severity(&world.snapshot());
    assert_eq!((found[0].0, found[0].1), ("ERR_MOUNTED_MISSING", Severity::Error), "{found:?}");

    let mut snapshot = World::sound().snapshot();
    snapshot.host.publisher = PublisherState::Bad(Error::TomlNoToken);
    let found = severity(&snapshot);
    assert_eq!((found[0].0, found[0].1), ("ERR_TOKEN_MISSING", Severity::Error), "{found:?}");
    assert!(found[0].2.contains("`spacetime-keys token restore --env dev`"), "{found:?}");
    snapshot.host.publisher = PublisherState::NoFile;
    let found = severity(&snapshot);
    assert_eq!((found[0].0, found[0].1), ("ERR_CLI_TOML_MISSING", Severity::Warning), "{found:?}");
    assert!(found[0].2.contains("`spacetime-keys token restore --env dev`"), "{found:?}");

    // A machine with nothing of a host's, and a host that was never set up.
    (snapshot.host.private, snapshot.host.public) = (KeyState::Missing, KeyState::Missing);
    snapshot.host.has_folder = false;
    assert!(audit(&policy(), &snapshot, &all(), 0).ok);
    for vault in &mut snapshot.vaults {
        (vault.private, vault.public) = (KeyState::Missing, KeyState::Missing);
        (vault.latest, vault.escrow) = (None, Ok(Escrow::default()));
    }
    snapshot.host.has_folder = true;
    let found = severity(&snapshot);
    assert!(found.iter().all(|(code, severity, _)| {
        *code == "ERR_VAULT_EMPTY" || *severity == Severity::Warning
    }));
}

#[test]
fn a_rule_over_a_vault_that_was_not_read_is_not_ok() {
    let mut snapshot = World::sound().snapshot();
    (snapshot.vaults[1].private, snapshot.vaults[1].public) =
        (KeyState::Unavailable, KeyState::Unavailable);
    let local = Scope { environments: vec![environment("local")], ..all() };
    let report = audit(&policy(), &snapshot, &local, 0);
    assert!(!report.ok);
    assert!(report.policy.iter().all(|rule| !rule.ok && !rule.checked), "{:?}", report.policy);
    let found: Vec<_> = report.problems.iter().map(|p| (p.code, p.environment.clone())).collect();
    assert_eq!(found, [("ERR_VAULT_UNAVAILABLE", Some(environment("dev")))]);
    // Of another group, it says that nothing can be compared with it.
    let prod = Scope { environments: vec![environment("prod")], host: false, ..all() };
    let report = audit(&policy(), &snapshot, &prod, 0);
    assert!(report.ok && !report.policy[0].ok && !report.policy[0].checked);
}

/// A rotation makes the first pair of an empty vault, and refuses while another vault of the group is
/// half-written (found by chaos, seed 707).
#[test]
fn a_groups_damage_is_named_before_the_vault_that_a_rotation_fills() {
    let mut snapshot = World::sound().snapshot();
    let local = snapshot.vaults.iter().position(|v| v.environment == environment("local")).unwrap();
    let dev = snapshot.vaults.iter().position(|v| v.environment == environment("dev")).unwrap();
    let vault = &mut snapshot.vaults[local];
    (vault.private, vault.public) = (KeyState::Missing, KeyState::Missing);
    snapshot.vaults[dev].public = KeyState::Missing;
    let scope = Scope { environments: vec![environment("local")], ..all() };
    let report = audit(&policy(), &snapshot, &scope, 0);
    let position = |code: &str| report.problems.iter().position(|problem| problem.code == code);
    let [damage, empty] = ["ERR_GROUP_UNSOUND", "ERR_VAULT_EMPTY"].map(position);
    assert!(damage.is_some() && damage < empty, "{:?}", report.problems);
}

fn place(kind: PlaceKind, mode: u32, owner: (u32, u32)) -> Place {
    Place { kind, path: "a b".to_owned(), mode, owner }
}

#[test]
fn modes_by_which_others_get_at_what_is_ours() {
    use PlaceKind::{
        CliToml, KeysFolder, PrivateKey, PublicKey, StoreFile, StoreFolder, StoreSecret,
    };
    for (kind, good, bad) in [
        (StoreFolder, &[0o700][..], &[0o750, 0o701, 0o777][..]),
        (StoreSecret, &[0o600, 0o400], &[0o640, 0o604, 0o666]),
        (StoreFile, &[0o600, 0o644], &[0o664, 0o646]),
        (KeysFolder, &[0o755, 0o700], &[0o775, 0o757, 0o1777]),
        (PrivateKey, &[0o600, 0o640], &[0o660, 0o604, 0o602]),
        (PublicKey, &[0o644], &[0o664, 0o646]),
        (CliToml, &[0o600, 0o640], &[0o660, 0o644, 0o602]),
    ] {
        let exposed = |mode: &u32| place(kind, *mode, (1000, 50)).is_exposed();
        assert!(!good.iter().any(exposed), "{kind:?}");
        assert!(bad.iter().all(exposed), "{kind:?}");
    }
    // A user's own group is nobody else.
    for kind in [KeysFolder, PublicKey, CliToml] {
        assert!(!place(kind, 0o770, (1000, 1000)).is_exposed());
        assert!(place(kind, 0o770, (0, 0)).is_exposed());
    }
    // The SpacetimeDB CLI makes cli.toml for everybody to read: no reason to fail.
    for (mode, severity) in [(0o644, Severity::Warning), (0o646, Severity::Error)] {
        let places = vec![place(CliToml, mode, (1000, 1000))];
        let problems = Inspected { places, ..Inspected::default() }
            .problems(&policy(), &World::sound().snapshot());
        assert_eq!(problems[0].severity, severity);
    }
    let inspected = Inspected {
        store: vec!["the store".to_owned()],
        places: [KeysFolder, PrivateKey, PublicKey, CliToml, StoreFolder]
            .map(|kind| place(kind, 0o777, (1000, 1000)))
            .to_vec(),
        ..Inspected::default()
    };
    let problems = inspected.problems(&policy(), &World::sound().snapshot());
    let hints: Vec<_> = problems.iter().map(|problem| problem.hint.to_string()).collect();
    assert_eq!(
        hints,
        [
            "`chmod go-w 'a b'`",
            "`chmod g-w,o= 'a b'`",
            "`chmod go-w 'a b'`",
            "`chmod g-w,o= 'a b'`",
            "`chmod -R go= 'the store'`"
        ]
    );
}

#[test]
fn of_two_owners_one_is_odd() {
    let hint = |private: u32, public: u32, folder: u32| {
        let places = [(PlaceKind::PrivateKey, private), (PlaceKind::PublicKey, public)];
        let mut places = places.map(|(kind, user)| place(kind, 0o600, (user, user))).to_vec();
        places[1].path = "pub".to_owned();
        places.push(place(PlaceKind::KeysFolder, 0o755, (folder, folder)));
        let inspected = Inspected { places, ..Inspected::default() };
        let mut problems = inspected.problems(&policy(), &World::sound().snapshot());
        problems.pop().map(|problem| problem.hint.to_string())
    };
    assert_eq!(hint(5, 5, 0), None);
    for (private, public, folder, expected) in [
        (0, 65534, 65534, "`chown 65534:65534 'a b'`"),
        (65534, 0, 65534, "`chown 65534:65534 pub`"),
        (7, 8, 7, "`chown 7:7 pub`"),
        (7, 8, 8, "`chown 8:8 'a b'`"),
    ] {
        assert_eq!(hint(private, public, folder).as_deref(), Some(expected));
    }
}

/// Damage of the version that a rollback returns to is an error, unless the key is whole elsewhere.
#[test]
fn damage_counts_where_a_rollback_needs_the_version() {
    let mut snapshot = World::sound().snapshot();
    let [other, unneeded] = ["3", "4"].map(|digit| {
        spacetime_keys_core::Fingerprint::parse(&digit.repeat(64)).expect("64 digits")
    });
    let version = |number: u32, fingerprint| StoredVersion {
        version: format!("{number:08}"),
        fingerprint: Some(fingerprint),
        created: i64::from(number),
        position: None,
        tags: Tags { fingerprint: Some(fingerprint), ..Tags::default() },
    };
    for vault in &mut snapshot.vaults[1..] {
        vault.earlier = vec![version(1, unneeded), version(2, other)];
        vault.latest.as_mut().expect("a latest version").tags.previous = Some(other);
    }
    let damage = |name: &str, number: u32, fingerprint| Damage {
        environment: environment(name),
        part: DamagedPart::PrivateKey,
        version: format!("{number:08}"),
        fingerprint,
        place: "a file".to_owned(),
    };
    let severities = |snapshot: &Snapshot, damage: Vec<Damage>| -> Vec<Severity> {
        let inspected = Inspected { damage, ..Inspected::default() };
        let problems = inspected.problems(&policy(), snapshot);
        problems.into_iter().map(|problem| problem.severity).collect()
    };
    let warning = [Severity::Warning];
    assert_eq!(severities(&snapshot, vec![damage("dev", 2, Some(other))]), warning);
    assert_eq!(severities(&snapshot, vec![damage("dev", 1, Some(unneeded))]), warning);
    let both = || vec![damage("dev", 2, Some(other)), damage("local", 2, Some(other))];
    assert_eq!(severities(&snapshot, both()), [Severity::Error; 2]);
    // Without tags, a rollback takes the newest other pair.
    for vault in &mut snapshot.vaults[1..] {
        vault.latest.as_mut().expect("a latest version").tags = Tags::default();
    }
    assert_eq!(severities(&snapshot, both()), [Severity::Error; 2]);
    assert_eq!(severities(&snapshot, vec![damage("dev", 1, Some(unneeded))]), warning);
    for vault in &mut snapshot.vaults[1..] {
        vault.earlier[1].fingerprint = None;
    }
    assert_eq!(severities(&snapshot, vec![damage("dev", 2, None)]), warning);
    for vault in &mut snapshot.vaults[1..] {
        vault.earlier.remove(0);
    }
    assert_eq!(severities(&snapshot, vec![damage("dev", 2, None)]), [Severity::Error]);
}
