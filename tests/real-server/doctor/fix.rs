//! `doctor --fix --yes`: cures what it calls curable, whatever is wrong, and the restart is its own.

use std::collections::BTreeMap;

use serde_json::Value;
use spacetime_keys_test_support::{Random, again, count, seed};

use crate::host::{DATABASE, Host};
use crate::restart::Restarts;

use super::cure::publishes;
use super::diagnosis::Diagnosis;
use super::faults::{KeyFault, TokenFault};
use super::keys::Oddity;
use super::owner::OwnersHost;
use super::set_up::{Serving, SetUp};
use super::world::World;

/// Runs `doctor --fix` with a restart command that is answered by `restart`, in this process.
fn fix(
    host: &Host,
    url: &str,
    database: &str,
    restart: impl FnMut() -> Result<(), String>,
) -> Diagnosis {
    let restarts = Restarts::of(host);
    let mut command = host.command(env!("CARGO_BIN_EXE_spacetime-keys"));
    command.args(["doctor", "--fix", "--yes", "--json", "--timeout", "60s", "--server", url]);
    command.arg(format!("--database={database}")).args(["--restart", &restarts.command_line()]);
    let ended = restarts.run(&mut command, restart);
    let document = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("stdout is no JSON ({error}):\n{}", ended.output()));
    Diagnosis { code: ended.code, document, printed: ended.output() }
}

/// Whether something is wrong that doctor has steps for which, it says, are enough.
fn is_curable(diagnosis: &Diagnosis) -> bool {
    diagnosis.code != Some(0) && diagnosis.document.get("cures") == Some(&Value::Bool(true))
}

/// Whether a step asks for a password.
fn needs_a_person(diagnosis: &Diagnosis) -> bool {
    let asks = |step: &&str| step.starts_with("openssl pkey") && !step.contains("-pubout");
    diagnosis.remedy().iter().any(asks)
}

/// Whether every step was taken, and what the server said afterwards is good.
fn is_content(fixed: &Diagnosis) -> bool {
    let steps = fixed.list("fixed");
    fixed.code == Some(0)
        && !steps.is_empty()
        && steps.iter().all(|step| step.get("ok") == Some(&Value::Bool(true)))
        && ["updates", "creates"].contains(&fixed.outcome())
}

/// An owner's host, with something wrong: fixed, asked again, published to, restarted once more.
fn fix_owners(owners: &mut OwnersHost, before: &Diagnosis) -> Result<(), String> {
    let url = owners.server.url().to_owned();
    let server = &mut owners.server;
    let fixed = fix(&owners.host, &url, DATABASE, || {
        server.restart();
        Ok(())
    });
    if !is_content(&fixed) {
        return Err(format!("{:#}\nafter\n{:#}", fixed.document, before.document));
    }
    for round in ["at once", "after another restart"] {
        owners.publishes().map_err(|error| format!("the publish fails {round}: {error}"))?;
        let after = owners.diagnosis();
        if after.code != Some(0) || after.outcome() != "updates" {
            return Err(format!("doctor is not content {round}: {:#}", after.document));
        }
        owners.server.restart();
    }
    Ok(())
}

// Slow: each host has four restarts of the server and two publishes.
#[test]
fn an_owners_host_is_fixed() {
    let seed = seed();
    println!("{}", again(seed));
    let mut random = Random::new(seed);
    let mut owners = OwnersHost::new();
    let (mut outcomes, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    let wanted = count(6, 50);
    let (mut curable, mut others) = (0, 0);
    while curable < wanted {
        let (keys, token) = (random.pick(&KeyFault::ALL), random.pick(&TokenFault::ALL));
        owners.reset();
        owners.befall(keys, token);
        let before = owners.diagnosis();
        // Nothing that stops anybody is wrong: there is nothing to fix.
        if before.code == Some(0) {
            continue;
        }
        // A server that can sign nothing does not tell whose the database is. The steps are the right
        // ones all the same, although doctor cannot know that they are enough.
        let unknown = before.text("owner").is_none();
        if is_curable(&before) {
            curable += 1;
        } else {
            others += 1;
            if !unknown {
                wrong.push(format!("{keys:?}, {token:?}: not curable: {:#}", before.document));
            }
        }
        match fix_owners(&mut owners, &before) {
            Ok(()) => *outcomes.entry(before.outcome().to_owned()).or_default() += 1,
            Err(error) => wrong.push(format!("{keys:?}, {token:?}: {error}")),
        }
    }
    println!("{curable} curable and {others} other hosts, {} not fixed: {outcomes:?}", wrong.len());
    assert!(wrong.is_empty(), "{}:\n{}", again(seed), wrong.join("\n\n"));
}

/// A random set-up, by any of its makers. `None`: doctor does not call it curable.
fn fix_set_up(world: &mut World, set_up: &SetUp, stocked: &str) -> Option<Result<(), String>> {
    let host = Host::empty();
    let token = world.token(set_up.token);
    world.write(set_up, &host, token.as_deref());
    let name = set_up.name(stocked);
    let url = world.server.url().to_owned();
    let before = Diagnosis::of(&host, &url, Some(&name));
    if !is_curable(&before) {
        return None;
    }
    let who = before.text("owner").or(before.text("identity")).map(str::to_owned);
    let mut restarted = false;
    let fixed = fix(&host, &url, &name, || {
        restarted = true;
        world.restart_with(&host)
    });
    let again = Diagnosis::of(&host, &url, Some(&name));
    if needs_a_person(&before) {
        // Nothing is begun that only a person can go on with.
        let same = again.remedy() == before.remedy();
        return (!same).then(|| Err(format!("{:#}\nafter\n{:#}", fixed.document, before.document)));
    }
    let result = if !is_content(&fixed) {
        Err(format!("{:#}\nafter\n{:#}", fixed.document, before.document))
    } else if again.code != Some(0) {
        Err(format!("doctor is not content: {:#}", again.document))
    } else {
        let who = who.ok_or_else(|| "nobody to publish as is known".to_owned());
        who.and_then(|who| publishes(world, &host, &name, &who))
    };
    if restarted {
        world.serve(set_up.serving);
    }
    Some(result)
}

// Slow: dozens of set-ups, and the server is restarted for many of them.
#[test]
fn curable_set_ups_are_fixed() {
    let seed = seed();
    println!("{}", again(seed));
    let mut random = Random::new(seed);
    let mut world = World::new(&mut random);
    // Of each way in which a server can run, a few that are curable among many that are not.
    let (drawn, of_each) = (count(4, 32), count(1, 8));
    let (mut fixed, mut wrong) = (0, Vec::new());
    let mut number = 0;
    for serving in Serving::all() {
        world.serve(Serving::Current(Oddity::None));
        let set_ups: Vec<SetUp> =
            (number..number + drawn).map(|n| SetUp::draw(&mut random, serving, n)).collect();
        number += drawn;
        let stocked: Vec<String> = set_ups.iter().map(|set_up| world.stock(set_up)).collect();
        world.serve(serving);
        let mut left = of_each;
        for (set_up, stocked) in set_ups.iter().zip(&stocked) {
            if left == 0 {
                break;
            }
            match fix_set_up(&mut world, set_up, stocked) {
                None => continue,
                Some(Ok(())) => fixed += 1,
                Some(Err(error)) => wrong.push(format!("{}\n  {error}", set_up.describe())),
            }
            left -= 1;
        }
    }
    println!("{fixed} of {} curable set-ups fixed, of {number} drawn", fixed + wrong.len());
    assert!(wrong.is_empty(), "{}:\n{}", again(seed), wrong.join("\n\n"));
    assert!(fixed >= count(2, 50), "too few were curable: {fixed}");
}
