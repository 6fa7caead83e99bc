//! Two operators at once: the later one notices, and stops before harm.

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::fleet::Escrow;
use spacetime_keys_core::jwt::Publisher;
use spacetime_keys_stand_ins::{Fault, Matcher, Operation};

use super::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET};
use super::state::{check_any, check_proven, keys_in};

/// Another operator's write, as this request finds it.
fn another_operator(secret: &str) -> Fault {
    let key = PrivateKey::generate().unwrap();
    let value =
        if secret == PRIVATE_SECRET { key.to_pem().to_string() } else { key.public_key().to_pem() };
    let tags = [("rotation-id".to_owned(), "another-run".to_owned())];
    Fault::SecondWriter { value, tags: tags.into() }
}

/// Before this run wrote anything: it ends, and leaves nothing to finish.
#[test]
fn before_the_first_write() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    let before = (keys_in(&fleet, &host), host.mounted());
    fleet.stand_in.clear_log();
    // The first look is the snapshot; the second one comes right before the write.
    let look = Matcher::vault("kv-local").operation(Operation::ListVersions);
    let look = look.secret(PRIVATE_SECRET).occurrence(1);
    fleet.stand_in.fault(look, another_operator(PRIVATE_SECRET));
    let prod = fleet.count("kv-prod", PRIVATE_SECRET);
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_STORE_CHANGED"), "{run:?}");
    assert_eq!(fleet.stand_in.struck(), 1);
    // kv-local was not written by us; kv-dev, at work at the same moment, may have been.
    assert_eq!(fleet.count("kv-local", PRIVATE_SECRET), 3);
    assert_eq!(fleet.count("kv-prod", PRIVATE_SECRET), prod);
    assert_eq!(host.mounted(), before.1, "nothing is mounted");
    check_any(&fleet, &host, &before.0, "before the first write");
}

#[test]
fn a_run_that_stopped_before_its_first_write_leaves_nothing_to_finish() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "prod", "--host-env", "local", "--yes"]);
    fleet.stand_in.clear_log();
    let look = Matcher::vault("kv-prod").operation(Operation::ListVersions);
    let look = look.secret(PRIVATE_SECRET).occurrence(1);
    fleet.stand_in.fault(look, another_operator(PRIVATE_SECRET));
    let arguments = ["rotate", "--env", "prod", "--host-env", "local", "--yes"];
    let run = fleet.bad(&host, &arguments);
    assert_eq!(run.code(), "ERR_STORE_CHANGED", "{run:?}");
    assert!(!host.path(".spacetime-keys/.state/unfinished.json").exists());
    assert!(!run.hint().contains("resume"), "{run:?}");
}

/// At each write of a rotation, the other one comes in between; the one who resumes repairs it.
#[test]
fn in_the_middle() {
    for (vault, secret) in [
        ("kv-local", PRIVATE_SECRET),
        ("kv-local", PUBLIC_SECRET),
        ("kv-dev", PRIVATE_SECRET),
        ("kv-dev", PUBLIC_SECRET),
    ] {
        for operation in [Operation::Put, Operation::GetLatest, Operation::ListVersions] {
            let context = format!("{operation:?} {secret} in {vault}");
            let fleet = Fleet::new();
            let host = Fleet::host();
            fleet.good(&host, &["rotate", "--env", "local", "--yes"]);
            let before = keys_in(&fleet, &host);
            fleet.stand_in.clear_log();
            // Of reads, the one that follows the write.
            let at = match (operation, secret) {
                (Operation::Put, _) => 0,
                (_, PRIVATE_SECRET) => 2,
                _ => 1,
            };
            let request = Matcher::vault(vault).operation(operation).secret(secret).occurrence(at);
            fleet.stand_in.fault(request, another_operator(secret));
            let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
            assert_eq!(fleet.stand_in.struck(), 1, "{context}");
            assert_eq!(run.code(), "ERR_STORE_CHANGED", "{context}: {run:?}");
            check_any(&fleet, &host, &before, &context);
            fleet.good(&host, &["resume"]);
            check_proven(&fleet, &host, &["kv-dev", "kv-local"], &context);
            assert!(before.is_subset(&keys_in(&fleet, &host)), "{context}");
        }
    }
}

/// Two real runs at the same time on two machines: one fleet comes out, whichever way.
#[test]
fn two_rotations_at_the_same_moment() {
    let fleet = Fleet::new();
    let hosts = [Fleet::host(), Fleet::host()];
    fleet.good(&hosts[0], &["rotate", "--env", "local", "--yes"]);
    fleet.good(&hosts[1], &["sync", "--env", "local"]);
    let before = keys_in(&fleet, &hosts[0]);
    fleet.stand_in.set_latency(std::time::Duration::from_millis(20));
    for _ in 0..3 {
        let runs = std::thread::scope(|scope| {
            let runs = hosts.each_ref().map(|host| {
                let fleet = &fleet;
                scope.spawn(move || {
                    fleet.run(host, &["rotate", "--env", "local", "--yes", "--json"])
                })
            });
            runs.map(|run| run.join().unwrap())
        });
        for run in &runs {
            let fine = run.status == Some(0)
                || ["ERR_STORE_CHANGED", "ERR_UNPROVEN", "ERR_GROUP_UNSOUND"]
                    .contains(&run.code().as_str());
            assert!(fine, "{run:?}");
        }
        // Those who were stopped go on, one after the other; then both follow the vault.
        for host in &hosts {
            fleet.good(host, &["resume"]);
        }
        for host in &hosts {
            fleet.good(host, &["sync", "--env", "local"]);
            check_proven(&fleet, host, &["kv-dev", "kv-local"], "two at once");
        }
        assert!(before.is_subset(&keys_in(&fleet, &hosts[0])));
    }
}

/// Developers share kv-local: publishers that go into escrow at the same moment all stay in it.
#[test]
fn two_publishers_at_the_same_moment() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let mut other = Escrow::default();
    other.add(Publisher::new("localhost", "somebody-else").unwrap(), None);
    let put = Matcher::vault("kv-local").operation(Operation::Put).secret(ESCROW_SECRET);
    let tags = std::collections::BTreeMap::new();
    fleet.stand_in.fault(put, Fault::SecondWriter { value: other.to_json(), tags });
    fleet.good(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(fleet.stand_in.struck(), 1);
    let escrow = fleet.value("kv-local", ESCROW_SECRET);
    assert!(escrow.contains("somebody-else"), "the other publisher is lost");
    check_proven(&fleet, &host, &["kv-dev", "kv-local"], "two publishers");
}
