//! Keys that the guide's commands, or the portal, flattened onto one line.

use super::fleet::{Fleet, PRIVATE_SECRET, PUBLIC_SECRET};
use super::state::{check_proven, pair_of};

/// Repaired on read, reported, and written back clean by the next rotation.
#[test]
fn flattened_keys_are_mended() {
    for join in ["", " ", "\\n"] {
        let fleet = Fleet::new();
        let host = Fleet::host();
        for vault in ["kv-dev", "kv-local"] {
            for (file, secret) in
                [(crate::common::PRIVATE, PRIVATE_SECRET), (crate::common::PUBLIC, PUBLIC_SECRET)]
            {
                let flat = host.read(file).trim_end().replace('\n', join);
                fleet.stand_in.write(vault, secret, &flat, None, &[]);
            }
        }
        let before = host.mounted();
        // A server starts with the first two forms, and refuses the third.
        let run = fleet.run(&host, &["verify", "--env", "local", "--env", "dev", "--json"]);
        assert_eq!(run.status, Some(i32::from(join == "\\n")), "joined by {join:?}: {run:?}");
        let report = run.json();
        let problems = report["problems"].as_array().unwrap();
        let reported = problems.iter().filter(|p| p["code"] == "ERR_KEY_NOT_CANONICAL").count();
        assert!(reported >= 2, "joined by {join:?}: {problems:#?}");

        let report = fleet.good(&host, &["rotate", "--env", "local", "--yes"]);
        assert_eq!(report["pairs"][0]["previous_fingerprint"], before.to_string());
        check_proven(&fleet, &host, &["kv-dev", "kv-local"], join);
        // A flattened version can be returned to, and is clean then.
        fleet.good(&host, &["rollback", "--env", "local", "--yes"]);
        assert_eq!(pair_of(&fleet, "kv-local", join), before);
        check_proven(&fleet, &host, &["kv-dev", "kv-local"], join);
    }
}
