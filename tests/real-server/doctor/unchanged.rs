//! Doctor reads: nothing on the host, on the server's disk or in its log is another afterwards, and
//! nobody new is known to the server.

use std::fs;
use std::path::PathBuf;

use spacetime_keys_test_support::{Random, again, sample, seed};

use crate::host::Host;

use super::diagnosis::Diagnosis;
use super::keys::Oddity;
use super::proxy::{Proxy, Seen};
use super::set_up::{Configs, Database, Mounted, Serving, SetUp};
use super::token::{Kind, SignedBy};
use super::tree::{Tree, tree};
use super::world::World;

const TOKENS: [Kind; 9] = [
    Kind::Local(SignedBy::Served),
    Kind::Local(SignedBy::Foreign),
    Kind::Expired(SignedBy::Served),
    Kind::OtherIssuerLocalKey,
    Kind::External,
    Kind::ExternalUnreachable,
    Kind::Opaque,
    Kind::Empty,
    Kind::Missing,
];

const DATABASES: [Database; 4] =
    [Database::Own, Database::Others, Database::New, Database::BadName];

/// What may go to a server: questions, and the token only where it is asked about.
fn assert_only_questions(seen: &[Seen], set_up: &SetUp) {
    assert!(!seen.is_empty(), "{}", set_up.describe());
    for request in seen {
        let line = format!("{} {}: {}", request.method, request.path, set_up.describe());
        assert!(["GET", "HEAD"].contains(&&*request.method), "{line}");
        assert_eq!(request.body, 0, "{line}");
        assert_ne!(request.path, "/v1/identity", "{line}");
        assert!(!request.path.contains(['?', '.']), "a token in the URL: {line}");
        let has_token = !matches!(set_up.token, Kind::Missing | Kind::NoFile);
        assert!(has_token || !request.authorized, "{line}");
        // A server makes up an identity for a client who asks about a database without a token. It
        // keeps none of them; all the same, nobody with a good token has to ask that way about a
        // database that is there.
        let made_up = request.reply.contains("spacetime-identity-token:") && !request.authorized;
        let good = matches!(set_up.token, Kind::Local(SignedBy::Served) | Kind::External);
        assert!(!(made_up && good) || set_up.database == Database::New, "{line}");
    }
}

/// How often the questions are asked again before a change is theirs.
const ATTEMPTS: usize = 3;

// Slow: a hundred runs, and nothing counts before the server has written all down.
#[test]
fn nothing_changes() {
    let seed = seed();
    println!("{}", again(seed));
    let mut random = Random::new(seed);
    let mut world = World::new(&mut random);
    let servings = [
        Serving::Current(Oddity::None),
        Serving::Current(Oddity::NoPublicKeyInside),
        Serving::ItsOwn,
    ];
    let mut set_ups = Vec::new();
    for serving in servings {
        for token in TOKENS {
            for database in DATABASES {
                set_ups.push(SetUp {
                    serving,
                    mounted: Mounted::AsServed,
                    token,
                    configs: Configs::Stale,
                    database,
                    by_cli: false,
                    number: set_ups.len(),
                });
            }
        }
    }
    let set_ups = sample(set_ups, 36, seed);
    let stocked: Vec<String> = set_ups.iter().map(|set_up| world.stock(set_up)).collect();

    let mut counts = Counts::default();
    for serving in servings {
        world.serve(serving);
        let stocked: Vec<(&SetUp, &str)> = set_ups
            .iter()
            .zip(&stocked)
            .filter(|(set_up, _)| set_up.serving == serving)
            .map(|(set_up, name)| (set_up, name.as_str()))
            .collect();
        // A busy server may still be writing down what it was stocked with. What the questions
        // change, they change each time.
        let mut changed = Vec::new();
        for _ in 0..ATTEMPTS {
            changed = changed_by_questions(&world, &stocked, &mut counts);
            if changed.is_empty() {
                break;
            }
        }
        assert!(changed.is_empty(), "{serving:?}: {changed:?}");
    }
    println!("{} runs, {} requests, all of them GET or HEAD", counts.runs, counts.requests);
}

#[derive(Default)]
struct Counts {
    runs: usize,
    requests: usize,
}

/// Which of the server's files, its logs aside, are others after the questions.
fn changed_by_questions(
    world: &World,
    set_ups: &[(&SetUp, &str)],
    counts: &mut Counts,
) -> Vec<PathBuf> {
    world.server.wait_until_flushed();
    let proxy = Proxy::before(world.server.url());
    let before = files_of(world);
    let logged = fs::metadata(world.folder().join("server.log")).unwrap().len();
    let logged = usize::try_from(logged).unwrap();
    for (set_up, stocked) in set_ups {
        let host = Host::empty();
        world.write(set_up, &host, world.token(set_up.token).as_deref());
        let files = tree(&host.path(""));
        let name = set_up.name(stocked);
        for database in [Some(&*name), None] {
            Diagnosis::of(&host, proxy.url(), database);
            let seen = proxy.take();
            assert_only_questions(&seen, set_up);
            counts.runs += 1;
            counts.requests += seen.len();
        }
        assert!(tree(&host.path("")) == files, "{}", set_up.describe());
    }
    world.server.wait_until_flushed();
    // With the server's keys and all of its data.
    let after = files_of(world);
    assert!(after.len() > 20, "the server's data is elsewhere");
    assert_eq!(after.len(), before.len());
    // The log tells of questions that could not be answered, and of nothing else.
    let log = fs::read_to_string(world.folder().join("server.log")).unwrap();
    for line in log.get(logged..).unwrap().lines().filter(|line| !line.trim().is_empty()) {
        let told = ["issuer", "InvalidEcdsaKey"];
        assert!(told.iter().any(|words| line.contains(words)), "the server logged: {line}");
    }
    after
        .iter()
        .filter(|(path, entry)| before.get(*path) != Some(*entry))
        .map(|(path, _)| path.clone())
        .collect()
}

/// The server's files without its logs: a new day begins a new one.
fn files_of(world: &World) -> Tree {
    let mut files = tree(&world.folder());
    files.retain(|path, _| path.extension().is_none_or(|kind| kind != "log"));
    files
}
