//! Random sequences: commands, kills, damage, other programs, and then whatever is printed.
//!
//! The judge shares no code with the program: `keys` reads PEM by its fixed layout and tokens by
//! `jsonwebtoken`. After each command, by letter:
//!
//! - `K` no private key that was ever in use is gone, but those that a step itself destroyed;
//! - `I` the publisher in `cli.toml` is the same, unless it was restored;
//! - `W` no file is half-written, and no stored version changes;
//! - `S` no output has a secret; `M` nobody else can read a key; `P` no panic, no odd exit, an end;
//! - `V` where `verify` says ok, it is;
//! - `H` what is printed leads to a host that is well, in three commands.

mod judge;
mod keys;
mod lists;
mod mend;
mod mischief;
mod steps;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use spacetime_keys_test_support::{Random, again, count, number, seed};
use world::{Record, World};

/// Does only one sequence, and shows all of it. Kills fall differently each time.
const ONE: &str = "SPACETIME_KEYS_CHAOS_SEQUENCE";

fn sequence(seed: u64, number: u64) -> Record {
    let mut random = Random::part(seed, number);
    let mut world = World::new(&mut random);
    for _ in 0..3 + random.below(8) {
        steps::step(&mut world, &mut random);
    }
    world.end();
    world.record
}

/// All sequences, on all processors.
fn all(seed: u64, numbers: std::ops::Range<u64>) -> Vec<(u64, Record)> {
    let next = AtomicU64::new(numbers.start);
    let worker = || {
        let own = std::iter::from_fn(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < numbers.end).then(|| (number, sequence(seed, number)))
        });
        own.collect::<Vec<_>>()
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

// Slow: some thousand commands, each a process, and a look at all files after each.
#[test]
fn chaos() {
    let (seed, started) = (seed(), Instant::now());
    let one = number::<u64>(ONE);
    let numbers = one.map_or(0..count(300, 3000), |one| one..one + 1);
    let records = all(seed, numbers);
    if one.is_some() {
        println!("{}", records[0].1.log.join("\n"));
    }

    let sum =
        |of: &dyn Fn(&Record) -> usize| records.iter().map(|(_, record)| of(record)).sum::<usize>();
    println!("{}: {} sequences in {:.0?}", again(seed), records.len(), started.elapsed());
    let clean = sum(&|record| usize::from(record.violations.is_empty()));
    println!(
        "{} commands, {} killed, {} repairs by hand, {clean} sequences clean",
        sum(&|record| record.commands),
        sum(&|record| record.killed),
        sum(&|record| record.by_hand),
    );
    let needed: Vec<usize> = (0..10)
        .map(|number| sum(&|record| record.needed.iter().filter(|&&n| n == number).count()))
        .collect();
    println!("commands that mending took, 0 to 9: {needed:?}");

    let mut kinds: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for (number, record) in &records {
        for (kind, log) in &record.violations {
            kinds.entry(kind).or_default().push((*number, log));
        }
    }
    let mut report = String::new();
    for (kind, found) in &kinds {
        let numbers: Vec<_> = found.iter().map(|(number, _)| number).take(20).collect();
        println!("{:>5}  {kind}  {numbers:?}", found.len());
        let shortest = found.iter().min_by_key(|(_, log)| log.len()).unwrap();
        let _ = writeln!(report, "\n=== {kind}: {ONE}={}\n{}", shortest.0, shortest.1);
    }
    assert!(kinds.is_empty(), "{}\n{report}", again(seed));
}
