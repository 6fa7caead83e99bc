//! The remedies: run as they are printed, they cure, and the owner stays the same.

use std::collections::BTreeMap;

use spacetime_keys_test_support::{Random, again, count, seed};

use super::cure::follow;
use super::faults::{KeyFault, TokenFault};
use super::owner::OwnersHost;

/// One case: what went wrong with the cure, if anything did.
fn cure(owners: &mut OwnersHost, keys: KeyFault, token: TokenFault) -> Result<String, String> {
    owners.reset();
    owners.befall(keys, token);
    let before = owners.diagnosis();
    let outcome = before.outcome().to_owned();
    let told = |what: &str, error: &str| {
        Err(format!("{keys:?}, {token:?}: {what}: {error}\n{:#}", before.document))
    };
    if let Err(error) = follow(&owners.host, &before, || {
        owners.server.restart();
        Ok(())
    }) {
        return told("a step", &error);
    }
    if let Err(error) = owners.publishes() {
        return told("afterwards the publish fails", &error);
    }
    // At the next start, too.
    owners.server.restart();
    if let Err(error) = owners.publishes() {
        return told("after another restart the publish fails", &error);
    }
    let after = owners.diagnosis();
    if after.code != Some(0) || after.outcome() != "updates" {
        return told("doctor is not content", &format!("{:#}", after.document));
    }
    Ok(outcome)
}

// Slow: dozens of hosts, each with four restarts of the server and two publishes.
#[test]
fn remedies_cure() {
    let seed = seed();
    println!("{}", again(seed));
    let mut random = Random::new(seed);
    let mut cases: Vec<(KeyFault, TokenFault)> = Vec::new();
    // Each by itself, then at random together.
    cases.extend(KeyFault::ALL.map(|fault| (fault, TokenFault::None)));
    cases.extend(TokenFault::ALL.map(|fault| (KeyFault::None, fault)));
    for _ in 0..count(4, 24) {
        cases.push((random.pick(&KeyFault::ALL), random.pick(&TokenFault::ALL)));
    }
    let mut owners = OwnersHost::new();
    let (mut outcomes, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for (keys, token) in &cases {
        match cure(&mut owners, *keys, *token) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(error) => wrong.push(error),
        }
    }
    println!("{} of {} cured: {outcomes:?}", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{}:\n{}", again(seed), wrong.join("\n\n"));
}
