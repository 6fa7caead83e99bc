//! At least 100,000 tokens a run, judged by the servers' own crates and by us: no disagreement on
//! accept or refuse, on the identity, or on the reason.
//!
//! `SPACETIME_KEYS_TEST_SEED=… TOKENS=… cargo test` repeats a run, or makes it longer.

use std::sync::LazyLock;

use spacetime_keys_core::server::Rules;
use spacetime_keys_oracle::judge::NotJudged;
use spacetime_keys_oracle::regression;
use spacetime_keys_oracle::run::{Disagreement, Outcome, Servers, Statistics, tokens};
use spacetime_keys_test_support::{again, count, number, seed};

/// What was found once is judged first.
#[test]
fn regressions() {
    let mut cases = 0;
    for (name, case) in regression::all() {
        let Some(token) = &case.token else { continue };
        let rules = Rules::ALL.iter().position(|rules| rules.name() == case.rules);
        let rules = rules.unwrap_or_else(|| panic!("{name}: no such rules"));
        let outcome = Servers::new(case.jwks.as_deref()).compare(rules, token);
        assert!(!matches!(outcome, Outcome::Disagreed { .. }), "{name}: {outcome:?}");
        cases += 1;
    }
    println!("{cases} regressions, no disagreement");
}

// Slow: all tests here wait for one run of tens of thousands of tokens.
#[test]
fn tokens_are_judged_as_servers_do() {
    let Run { seed, statistics, reports } = run();
    print(statistics);
    assert!(reports.is_empty(), "{}\n{}", again(*seed), reports.join("\n"));
    println!("{} tokens by 3 sets of rules, no disagreement", statistics.tokens);
}

struct Run {
    seed: u64,
    statistics: Statistics,
    reports: Vec<String>,
}

/// One run for all tests.
fn run() -> &'static Run {
    static RUN: LazyLock<Run> = LazyLock::new(|| {
        let seed = seed();
        println!("{}", again(seed));
        let (statistics, disagreements) =
            tokens(seed, number("TOKENS").unwrap_or_else(|| count(50_000, 100_000)));
        let reports = disagreements.into_iter().map(Disagreement::report).collect();
        Run { seed, statistics, reports }
    });
    &RUN
}

fn print(statistics: &Statistics) {
    for (rules, name) in Rules::ALL.iter().enumerate() {
        let (accepted, refused) = (statistics.accepted[rules], statistics.refused[rules]);
        println!("rules {name}: {accepted} accepted, {refused} refused");
    }
    println!("not judged: {:?}", statistics.not_judged);
    println!("accepted by which: {:?}", statistics.patterns);
}

/// The generator itself must reach what it is there for.
// Slow: all tests here wait for one run of tens of thousands of tokens.
#[test]
fn the_tokens_are_of_every_kind() {
    let statistics = &run().statistics;
    if statistics.tokens < 50_000 {
        println!("too few tokens to tell");
        return;
    }
    for (reason, counts) in &statistics.reasons {
        println!("{counts:?} {reason}");
    }
    for (tag, (count, accepted)) in &statistics.tags {
        println!("{count} {accepted:?} {tag}");
    }

    for rules in 0..3 {
        let (accepted, refused) = (statistics.accepted[rules], statistics.refused[rules]);
        let share = accepted * 100 / (accepted + refused);
        assert!((15..=60).contains(&share), "{share} % accepted");
    }
    for reason in [
        "InvalidToken",
        "Base64",
        "Json",
        "InvalidAlgorithm",
        "InvalidSignature",
        "ExpiredSignature",
        "Issuer too long",
        "Subject too long",
        "Issuer empty",
        "Subject empty",
        "Identity mismatch",
        "Error fetching",
        "KeyIDNotFound",
    ] {
        let counts = statistics.reasons.get(reason).copied().unwrap_or_default();
        assert!(counts.iter().all(|&count| count >= 10), "{reason}: {counts:?}");
    }
    // What only servers of the newer generation say.
    assert!(statistics.reasons.contains_key("InvalidEcdsaKey"));
    assert!(statistics.reasons.contains_key("No kid found"));
    assert!(statistics.not_judged.contains_key(&NotJudged::Hazard));
    assert!(statistics.not_judged.contains_key(&NotJudged::Hmac));

    // Where the rules differ, this must be seen.
    for pattern in [[true, false, false], [true, true, false], [false, false, true]] {
        let count = statistics.patterns.get(&pattern).copied().unwrap_or_default();
        assert!(count >= 10, "{pattern:?}: {count}");
    }
    let accepted = |tag: &str| statistics.tags.get(tag).copied().unwrap_or_default().1;
    let accepts = |tag: &str| accepted(tag).map(|count| count > 0);
    for tag in
        ["claims: lone surrogate in an unknown claim", "claims: invalid UTF-8 in an unknown claim"]
    {
        assert!(accepts(tag) == [true, false, false], "{tag}: {:?}", accepted(tag));
    }
    assert!(accepts("claims: exp negative") == [true, true, false]);
    let deep = accepted("claims: deep unknown claim");
    assert!(deep[0] > deep[1] && deep[1] > 0, "{deep:?}");
    for tag in ["signature: s negated", "claims: hex_identity in capitals", "claims: spaced"] {
        assert!(accepts(tag) == [true; 3], "{tag}: {:?}", accepted(tag));
    }
    for tag in ["signature: DER", "signature: HMAC", "encoding: padding", "header: no alg"] {
        let (count, accepted) = statistics.tags.get(tag).copied().unwrap_or_default();
        assert!(count > 0 && accepted == [0; 3], "{tag}: {count} {accepted:?}");
    }
}
