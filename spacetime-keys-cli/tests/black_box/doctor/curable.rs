//! Hosts with damage of several kinds at once: `--fix` cures them, and costs no identity and no key.

use std::fs;
use std::sync::Mutex;

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};

use super::doctor;
use super::live::{Live, RESTART};
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, Run, token};

type Damage = (&'static str, fn(&Host));

const FILES: [Damage; 7] = [
    ("nothing", |_| {}),
    ("private key for everybody", |host| host.set_mode(PRIVATE, 0o644)),
    ("no public key", |host| host.remove(PUBLIC)),
    ("no private key", |host| host.remove(PRIVATE)),
    ("another public key", |host| {
        host.write(PUBLIC, PrivateKey::generate().unwrap().public_key().to_pem());
    }),
    ("a private key that is none", |host| host.write(PRIVATE, "half of a key\n")),
    ("the pair before", |host| {
        let real = Host::new();
        host.write(PRIVATE, real.read(PRIVATE));
        host.write(PUBLIC, real.read(PUBLIC));
    }),
];

const TOKENS: [Damage; 7] = [
    ("nothing", |_| {}),
    ("a key that nobody knows", |host| {
        host.set_token(&signed(&PrivateKey::generate().unwrap(), host));
    }),
    ("a mistaken login", |host| {
        let claims = json!({ "iss": "localhost", "sub": "a-new-login", "iat": 1_795_315_000 });
        host.set_token(&token(&PrivateKey::generate().unwrap(), &claims));
    }),
    ("an empty token", |host| host.set_token("")),
    ("no cli.toml", |host| host.remove(CLI_TOML)),
    ("a cli.toml that is none", |host| host.write(CLI_TOML, "spacetimedb_token = ")),
    ("a run that was cut short", |host| {
        let mut killed = host.command(&["rotate", "--env", "local", "--yes"]);
        let run =
            Run::of(killed.env("SPACETIME_KEYS_FAILPOINT", "journal:before-removal=fail"), b"");
        assert_ne!(run.status, Some(0), "{run:?}");
    }),
];

/// The claims of the real host's token, signed by this key.
fn signed(key: &PrivateKey, host: &Host) -> String {
    let run = host.run(&["token", "decode", "--json", "--cli-toml", CLI_TOML]).success();
    let subject = run.json()["claims"]["sub"].clone();
    token(key, &json!({ "iss": "localhost", "sub": subject, "iat": 1_795_315_000 }))
}

/// Every private key that is anywhere under the host.
fn keys(host: &Host) -> Vec<String> {
    let files = host
        .tree()
        .into_keys()
        .filter_map(|path| fs::read_to_string(host.folder().join(path)).ok());
    let keys = files.filter_map(|text| PrivateKey::from_pem(text).ok());
    let mut keys: Vec<_> = keys.map(|key| key.public_key().fingerprint().to_string()).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The rounds that it took; or what went wrong.
fn cure(files: Damage, tokens: Damage) -> Result<usize, String> {
    let host = Host::rotated("local");
    let live = Live::serve(&host, Identity::parse(IDENTITY).unwrap());
    // The token's damage may be a run, which wants sound files.
    (tokens.1)(&host);
    (files.1)(&host);
    let before = keys(&host);
    let asked = ["--server", &live.server.url, "--database", "app"];
    let is_well = doctor(&host, &asked).run.status == Some(0);
    if is_well != (files.0 == tokens.0) {
        return Err("it is not damaged".to_owned());
    }
    let asked = [&asked[..], &["--fix", "--yes"]].concat();
    for round in 1..=3 {
        let said = doctor(&host, &[&asked[..], &["--restart", RESTART]].concat());
        let is_well = said.run.status == Some(0);
        if !is_well && round < 3 {
            continue;
        }
        let lost: Vec<_> = before.iter().filter(|key| !keys(&host).contains(key)).collect();
        if !is_well || said.outcome() != ("updates", Some(200)) || !lost.is_empty() {
            return Err(format!("{:#}\n{}\nlost: {lost:?}", said.document, said.run.stderr));
        }
        return Ok(round);
    }
    Err("no round".to_owned())
}

#[test]
fn damage_of_files_and_tokens_at_once() {
    let cases: Vec<_> =
        FILES.into_iter().flat_map(|files| TOKENS.map(|tokens| (files, tokens))).collect();
    let (todo, wrong) = (Mutex::new(cases.clone()), Mutex::new(Vec::new()));
    let rounds = Mutex::new([0; 4]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((files, tokens)) = { todo.lock().unwrap().pop() } {
                    match cure(files, tokens) {
                        Ok(number) => rounds.lock().unwrap()[number] += 1,
                        Err(why) => {
                            let case = format!("{} + {}: {why}", files.0, tokens.0);
                            wrong.lock().unwrap().push(case);
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    println!(
        "{} hosts cured, in 1, 2, 3 rounds: {:?}",
        cases.len(),
        &rounds.into_inner().unwrap()[1..]
    );
}
