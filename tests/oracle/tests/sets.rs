//! At least 10,000 JWK sets a run: the lint calls one good exactly when servers of both
//! generations take all of it, and says of each generation whether it accepts the set.
//!
//! `SPACETIME_KEYS_TEST_SEED=… SETS=… cargo test` repeats a run, or makes it longer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use spacetime_keys_core::jwks::{Defect, lint};
use spacetime_keys_core::server::Rules;
use spacetime_keys_oracle::generate::sets::mutated;
use spacetime_keys_oracle::json::Json;
use spacetime_keys_oracle::lint::judge;
use spacetime_keys_oracle::regression::{self, Regression};
use spacetime_keys_oracle::shrink::shrink_set;
use spacetime_keys_test_support::{Random, again, count, number, seed};

/// Both answers, if they differ.
fn disagreement(json: &[u8]) -> Option<(String, String)> {
    let taken = judge(json);
    let report = lint(json);
    let nine = [Rules::V1_2, Rules::V2_8].map(|rules| report.taken_by.rules(rules));
    let agrees = report.ok == taken.flaw.is_none()
        && nine == [taken.by_nine; 2]
        && report.taken_by.rules(Rules::V2_14) == taken.by_eleven;
    (!agrees).then(|| (format!("{taken:?}"), format!("{report:?}")))
}

/// What kind of disagreement it is: one of each is enough.
fn kind(json: &[u8]) -> Option<String> {
    disagreement(json)?;
    let (taken, report) = (judge(json), lint(json));
    Some(format!("{taken:?} {} {:?}", report.ok, report.taken_by))
}

#[test]
fn regressions() {
    let mut cases = 0;
    for (name, case) in regression::all() {
        let (None, Some(jwks)) = (&case.token, &case.jwks) else { continue };
        assert_eq!(disagreement(jwks), None, "{name}");
        cases += 1;
    }
    println!("{cases} regressions, no disagreement");
}

struct Run {
    seed: u64,
    sets: u64,
    good: u64,
    /// Accepted by the older and by the newer generation.
    taken: [u64; 2],
    flaws: BTreeMap<&'static str, u64>,
    defects: BTreeMap<&'static str, u64>,
    reports: Vec<String>,
}

/// One run for all tests.
fn run() -> &'static Run {
    static RUN: LazyLock<Run> = LazyLock::new(|| {
        let mut run = Run {
            seed: seed(),
            sets: number("SETS").unwrap_or_else(|| count(10_000, 20_000)),
            good: 0,
            taken: [0; 2],
            flaws: BTreeMap::new(),
            defects: BTreeMap::new(),
            reports: Vec::new(),
        };
        println!("{}", again(run.seed));
        let mut kinds = Vec::new();
        for set in 0..run.sets {
            let (json, tags) = mutated(&mut Random::part(run.seed, set));
            let bytes = json.to_bytes();
            let (taken, report) = (judge(&bytes), lint(&bytes));
            run.good += u64::from(report.ok);
            run.taken[0] += u64::from(taken.by_nine);
            run.taken[1] += u64::from(taken.by_eleven);
            *run.flaws.entry(taken.flaw.unwrap_or("none")).or_default() += 1;
            for problem in &report.problems {
                *run.defects.entry(problem.defect.code()).or_default() += 1;
            }
            if let Some(found) = kind(&bytes)
                && run.reports.len() < 12
                && !kinds.contains(&found)
            {
                run.reports.push(write_down(set, json, &tags));
                kinds.push(found);
            }
        }
        run
    });
    &RUN
}

/// Makes it smaller, and writes it down.
fn write_down(set: u64, json: Json, tags: &[&str]) -> String {
    let wanted = kind(&json.to_bytes());
    let json = shrink_set(json, |smaller| kind(&smaller.to_bytes()) == wanted).to_bytes();
    let (server, core) = disagreement(&json).expect("it was kept while it still disagreed");
    let regression = Regression {
        token: None,
        jwks: Some(json.clone()),
        rules: "lint".to_owned(),
        server,
        core,
    };
    let path = regression.save();
    format!(
        "set {set}, {tags:?}: {}\n  servers: {}\n  we: {}\n  kept as {}",
        String::from_utf8_lossy(&json),
        regression.server,
        regression.core,
        path.display()
    )
}

#[test]
fn the_lint_says_what_servers_do() {
    let run = run();
    println!("{} of {} sets good", run.good, run.sets);
    println!("accepted by older servers {}, by newer ones {}", run.taken[0], run.taken[1]);
    println!("{:?}", run.flaws);
    println!("{:?}", run.defects);
    assert!(run.reports.is_empty(), "{}\n{}", again(run.seed), run.reports.join("\n"));
    println!("{} sets, no disagreement", run.sets);
}

/// The generator itself must reach what it is there for.
#[test]
fn the_sets_are_of_every_kind() {
    let run = run();
    if run.sets < 10_000 {
        println!("too few sets to tell");
        return;
    }
    let share = run.good * 100 / run.sets;
    assert!((15..=60).contains(&share), "{share} % good");
    for flaw in [
        "some server refuses the set",
        "an entry is lost",
        "no key verifies a token",
        "a private member",
        "a coordinate is not 32 bytes long",
        "no signature verifies with a P-256 key",
        "no signature verifies with an RSA key",
    ] {
        assert!(run.flaws.get(flaw).is_some_and(|&count| count >= 10), "{flaw}: {:?}", run.flaws);
    }
    for defect in Defect::ALL {
        // The first would make the sets big, the second says that we do not know why, and the last is
        // about no set at all.
        if !matches!(defect, Defect::Large | Defect::EntryRefused | Defect::Discovery(_)) {
            assert!(run.defects.contains_key(defect.code()), "{} not seen", defect.code());
        }
    }
}
