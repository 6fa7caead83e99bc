//! What `verify` calls well: nothing that locks the owner out, or lets somebody else in, passes.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::Command;

use crate::common::{
    CLI_TOML, Host, IDENTITY, NOBODY, PRIVATE, PUBLIC, RETIRED, Run, STORE, token,
};
use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

const KEYS: &str = ".generated/spacetimedb-keys";
const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];
const COMMANDS: [&[&str]; 4] = [
    ROTATE,
    &["rollback", "--env", "local"],
    &["sync", "--env", "local"],
    &["resume", "--env", "local"],
];

/// The report, and the one problem of this code in it.
#[track_caller]
fn finds(host: &Host, exit: i32, code: &str) -> Value {
    let run = host.run(&["verify", "--env", "local", "--json"]);
    assert_eq!(run.status, Some(exit), "{run:?}");
    let report = run.json();
    let problems = report["problems"].as_array().unwrap().iter();
    let found: Vec<_> = problems.filter(|problem| problem["code"] == code).collect();
    assert_eq!(found.len(), 1, "{code}: {report:#}");
    let severity = if exit == 0 { "warning" } else { "error" };
    assert_eq!(found[0]["severity"], severity, "{report:#}");
    found[0].clone()
}

#[track_caller]
fn is_well(host: &Host) {
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"], json!([]), "{report:#}");
    assert_eq!(report["publisher"]["identity"], IDENTITY, "{report:#}");
}

/// Does what a hint says: its first command, to the letter.
#[track_caller]
fn follow(host: &Host, hint: &str) {
    let command = hint.split('`').nth(1).unwrap_or_else(|| panic!("no command: {hint}"));
    let Some(ours) = command.strip_prefix("spacetime-keys ") else {
        let mut shell = Command::new("sh");
        Run::of(shell.args(["-c", command]).current_dir(host.path("")), b"").success();
        return;
    };
    host.run(&ours.split(' ').collect::<Vec<_>>()).success();
}

#[track_caller]
fn follow_problem(host: &Host, problem: &Value) {
    follow(host, problem["hint"].as_str().unwrap());
}

/// An empty vault has nothing that `sync` could bring.
#[test]
fn a_damaged_public_key_before_the_first_rotation() {
    for damaged in ["", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n"] {
        let host = Host::new();
        host.write(PUBLIC, damaged);
        let report = host.run(&["verify", "--env", "local", "--json"]).json();
        let problems = report["problems"].as_array().unwrap().iter();
        let hints: Vec<_> = problems.map(|problem| problem["hint"].as_str().unwrap()).collect();
        assert!(!hints.iter().any(|hint| hint.contains("sync")), "{hints:#?}");
        follow(&host, hints.iter().find(|hint| hint.contains('`')).unwrap());
        is_well(&host);
    }
}

/// What `spacetime login` does: a new `sub`, signed by the server that is there.
fn log_in_again(host: &Host) -> String {
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    host.set_token(&token(&key, &json!({ "iss": "localhost", "sub": "a-new-login", "iat": 1 })));
    Identity::from_claims("localhost", "a-new-login").to_string()
}

fn escrow(host: &Host) -> Value {
    let escrow = host.stored("kv-local", "spacetimedb-publisher-claims").unwrap();
    serde_json::from_str(&escrow).unwrap()
}

fn and<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

#[test]
fn a_mistaken_login() {
    let start = || {
        let host = Host::rotated("local");
        log_in_again(&host);
        host
    };
    for command in COMMANDS {
        let host = start();
        let before = host.tree();
        let refused = host.run(&and(command, &["--json"]));
        assert_eq!((refused.status, &*refused.code()), (Some(3), "ERR_PUBLISHER_UNKNOWN"));
        let hint = refused.hint();
        assert!(hint.contains("token restore") && hint.contains("--expect-identity HEX"), "{hint}");
        assert_eq!(before, host.tree(), "{command:?}");
        // Left alone, it gets into no escrow.
        host.run(&and(command, &["--no-preserve-publisher-token"])).success();
        assert_eq!(escrow(&host)["publishers"].as_array().unwrap().len(), 1);
        let problem = finds(&host, 1, "ERR_PUBLISHER_UNKNOWN");
        follow_problem(&host, &problem);
        // Whatever server's key cli.toml still remembers.
        host.run(&["sync", "--env", "local"]).success();
        is_well(&host);
    }
}

#[test]
fn another_publisher_by_name() {
    for command in COMMANDS {
        let host = Host::rotated("local");
        let other = log_in_again(&host);
        let wrong = host.run(&and(command, &["--expect-identity", IDENTITY, "--json"]));
        assert_eq!((wrong.status, &*wrong.code()), (Some(3), "ERR_TOKEN_UNEXPECTED_IDENTITY"));
        host.run(&and(command, &["--expect-identity", &other])).success();
        let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
        assert_eq!(report["publisher"]["identity"], other.as_str());
        // The known one stays, and it can be told which was first.
        let publishers = escrow(&host)["publishers"].clone();
        assert_eq!(
            (&publishers[0]["identity"], &publishers[1]["identity"]),
            (&json!(IDENTITY), &json!(other))
        );
        let added = |place: usize| publishers[place]["added"].as_i64().unwrap();
        assert!(0 < added(0) && added(0) <= added(1), "{publishers}");
        // It is known now.
        host.run(&["sync", "--env", "local"]).success();
    }
}

#[test]
fn nothing_is_mounted() {
    let host = Host::rotated("local");
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    let all = host.run(&["verify", "--json"]).json();
    assert!(all["problems"].to_string().contains("sync --env local"), "{all:#}");
    let problem = finds(&host, 1, "ERR_MOUNTED_MISSING");
    follow_problem(&host, &problem);
    is_well(&host);

    // Nor is there a token that could be re-signed: the way out leaves it alone at first.
    let host = Host::rotated("local");
    host.write(CLI_TOML, "default_server = \"local\"\n");
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    let problem = finds(&host, 1, "ERR_MOUNTED_MISSING");
    follow_problem(&host, &problem);
    let problem = finds(&host, 1, "ERR_TOKEN_MISSING");
    follow_problem(&host, &problem);
    is_well(&host);
}

#[test]
fn the_token_is_gone() {
    let host = Host::rotated("local");
    host.write(CLI_TOML, "default_server = \"local\"\n");
    let problem = finds(&host, 1, "ERR_TOKEN_MISSING");
    follow_problem(&host, &problem);
    is_well(&host);

    host.remove(CLI_TOML);
    let problem = finds(&host, 0, "ERR_CLI_TOML_MISSING");
    follow_problem(&host, &problem);
    is_well(&host);

    // Where nobody was ever in escrow, there is nobody to bring back.
    let host = Host::configured();
    host.run(ROTATE).success();
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"], json!([]));
}

#[test]
fn modes() {
    let version = format!("{STORE}/kv-local/spacetimedb-jwt-private-key/00000001");
    let value = format!("{version}/value");
    let public = format!("{STORE}/kv-dev/spacetimedb-jwt-public-key/00000002/value");
    for (path, mode, code) in [
        (STORE, 0o777, "ERR_STORE_ACCESSIBLE"),
        (STORE, 0o750, "ERR_STORE_ACCESSIBLE"),
        (&version, 0o755, "ERR_STORE_ACCESSIBLE"),
        (&value, 0o640, "ERR_STORE_ACCESSIBLE"),
        (&value, 0o666, "ERR_STORE_ACCESSIBLE"),
        (&public, 0o602, "ERR_STORE_ACCESSIBLE"),
        (&format!("{STORE}/.state"), 0o703, "ERR_STORE_ACCESSIBLE"),
        (KEYS, 0o777, "ERR_KEYS_FOLDER_WRITABLE"),
        (KEYS, 0o1777, "ERR_KEYS_FOLDER_WRITABLE"),
        (CLI_TOML, 0o666, "ERR_CLI_TOML_ACCESSIBLE"),
        (CLI_TOML, 0o602, "ERR_CLI_TOML_ACCESSIBLE"),
        (PRIVATE, 0o660, "ERR_KEY_WORLD_ACCESSIBLE"),
        (PRIVATE, 0o604, "ERR_KEY_WORLD_ACCESSIBLE"),
        (PUBLIC, 0o646, "ERR_PUBLIC_KEY_WRITABLE"),
        (RETIRED, 0o646, "ERR_RETIRED_KEYS_WRITABLE"),
    ] {
        println!("{path} {mode:o}");
        let host = Host::new();
        host.run(&and(ROTATE, &["--honor-old-tokens", "30d"])).success();
        is_well(&host);
        host.set_mode(path, mode);
        let problem = finds(&host, 1, code);
        assert!(problem["hint"].as_str().unwrap().contains("`chmod "), "{problem}");
        follow_problem(&host, &problem);
        is_well(&host);
    }
    // The SpacetimeDB CLI makes its file so.
    let host = Host::rotated("local");
    host.set_mode(CLI_TOML, 0o644);
    let problem = finds(&host, 0, "ERR_CLI_TOML_ACCESSIBLE");
    follow_problem(&host, &problem);
    is_well(&host);
    // A server may run under a group.
    let host = Host::rotated("local");
    host.set_mode(PRIVATE, 0o640);
    is_well(&host);
    let alone = host.run(&["verify", "--keys-dir", KEYS]);
    assert_eq!(alone.status, Some(0), "{alone:?}");
    host.set_mode(KEYS, 0o777);
    let alone = host.run(&["verify", "--keys-dir", KEYS]);
    assert_eq!(alone.status, Some(1), "{alone:?}");
    assert!(alone.stdout.contains(&format!("`chmod go-w {KEYS}`")), "{alone:?}");
}

#[test]
fn a_run_closes_the_folders_of_its_store_and_no_other() {
    let secret = format!("{STORE}/kv-local/spacetimedb-jwt-private-key");
    let folders = [
        STORE.to_owned(),
        format!("{STORE}/.state"),
        format!("{STORE}/kv-local"),
        secret.clone(),
        format!("{secret}/00000001"),
    ];
    let mode = |host: &Host, path: &str| fs::metadata(host.path(path)).unwrap().mode() & 0o777;
    for command in COMMANDS {
        let host = Host::rotated("local");
        for folder in &folders {
            host.set_mode(folder, 0o777);
        }
        let around = mode(&host, "");
        host.set_mode(KEYS, 0o775);
        host.run(command).success();
        for folder in &folders {
            assert_eq!(mode(&host, folder), 0o700, "{command:?} {folder}");
        }
        assert_eq!((mode(&host, ""), mode(&host, KEYS)), (around, 0o775));
    }
    // A store in a folder that is in use otherwise.
    let host = Host::new();
    host.write("spacetime-keys.toml", "[store]\npath = \".\"\n");
    host.set_mode("", 0o755);
    host.run(ROTATE).success();
    host.run(ROTATE).success();
    assert_eq!((mode(&host, ""), mode(&host, "kv-local")), (0o755, 0o700));
    host.set_mode("kv-local", 0o755);
    let problem = finds(&host, 1, "ERR_STORE_ACCESSIBLE");
    follow_problem(&host, &problem);
    is_well(&host);
    assert_eq!(mode(&host, ""), 0o755);
}

#[test]
fn a_version_without_its_properties() {
    let secrets = ["private-key", "public-key"].map(|half| format!("spacetimedb-jwt-{half}"));
    let escrow = ("kv-local", "spacetimedb-publisher-claims".to_owned(), 1);
    let mut places = vec![escrow];
    for vault in ["kv-dev", "kv-local"] {
        for version in [1, 2] {
            places.extend(secrets.iter().map(|secret| (vault, secret.clone(), version)));
        }
    }
    for (number, (vault, secret, version)) in places.into_iter().enumerate() {
        let file = format!("{STORE}/{vault}/{secret}/{version:08}/properties.json");
        for command in COMMANDS {
            println!("{file} {command:?}");
            let host = Host::rotated("local");
            match number % 3 {
                0 => host.remove(&file),
                1 => host.write(&file, ""),
                _ => host.write(&file, "{\"created\":"),
            }
            let problem = finds(&host, 0, "ERR_STORE_DAMAGED");
            assert!(problem["message"].as_str().unwrap().contains(&file), "{problem}");
            host.run(command).success();
            finds(&host, 0, "ERR_STORE_DAMAGED");
        }
    }
}

#[test]
fn a_version_without_its_value() {
    let value = |vault: &str, half: &str, version: u32| {
        format!("{STORE}/{vault}/spacetimedb-jwt-{half}-key/{version:08}/value")
    };
    // The pair before, in one of two vaults: the other one has it.
    for spoil in [
        |host: &Host, file: &str| host.remove(file),
        |host: &Host, file: &str| {
            host.write(file, "no key");
        },
    ] {
        let host = Host::rotated("local");
        let file = value("kv-dev", "private", 1);
        spoil(&host, &file);
        let problem = finds(&host, 0, "ERR_VERSION_DAMAGED");
        assert!(problem["message"].as_str().unwrap().contains(&file), "{problem}");
        host.run(&["rollback", "--env", "local"]).success();
        host.run(ROTATE).success();

        // In both, a rollback has nothing to return to. A rotation goes on.
        let host = Host::rotated("local");
        for vault in ["kv-dev", "kv-local"] {
            spoil(&host, &value(vault, "private", 1));
        }
        let run = host.run(&["verify", "--env", "local", "--json"]);
        assert_eq!(run.status, Some(1), "{run:?}");
        assert!(run.stdout.contains("ERR_VERSION_DAMAGED"), "{run:?}");
        assert_ne!(host.run(&["rollback", "--env", "local"]).status, Some(0));
        host.run(ROTATE).success();
        host.run(&["verify", "--env", "local"]).success();
        host.run(&["rollback", "--env", "local"]).success();
        host.run(&["verify", "--env", "local"]).success();
    }
    // An earlier public key is never read.
    let host = Host::rotated("local");
    host.remove(&value("kv-dev", "public", 1));
    finds(&host, 0, "ERR_VERSION_DAMAGED");
    host.run(ROTATE).success();

    // The latest version is half-written, as it would be with an empty value.
    for vault in ["kv-dev", "kv-local"] {
        let host = Host::rotated("local");
        fs::create_dir(host.path(&format!("{STORE}/{vault}/spacetimedb-jwt-private-key/00000003")))
            .unwrap();
        host.set_mode(&format!("{STORE}/{vault}/spacetimedb-jwt-private-key/00000003"), 0o700);
        let problem = finds(&host, 1, "ERR_GROUP_UNSOUND");
        follow_problem(&host, &problem);
        host.run(&["verify", "--env", "local"]).success();
    }
}

fn is_root(host: &Host) -> bool {
    fs::metadata(host.path("")).unwrap().uid() == 0
}

/// What root makes on another user's host is that user's.
#[test]
fn what_root_makes_belongs_to_the_user() {
    let host = Host::new();
    if !is_root(&host) {
        return;
    }
    let owner = |host: &Host, path: &str| fs::metadata(host.path(path)).unwrap().uid();
    let give = |host: &Host| {
        for path in host.tree().into_keys() {
            chown(host.path(path.to_str().unwrap()), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    };
    give(&host);
    host.run(ROTATE).success();
    let of_others: Vec<_> =
        host.tree().into_iter().filter(|(_, entry)| entry.owner != (NOBODY, NOBODY)).collect();
    assert_eq!(of_others, []);
    for files in [&[PRIVATE][..], &[PUBLIC], &[PRIVATE, PUBLIC], &[CLI_TOML]] {
        for file in files {
            host.remove(file);
        }
        host.run(&["sync", "--env", "local"]).success();
        if files == [CLI_TOML] {
            host.run(&["token", "restore", "--env", "local"]).success();
        }
        for file in files {
            assert_eq!(owner(&host, file), NOBODY, "{files:?} {file}");
        }
        is_well(&host);
    }
    // A folder of somebody else: the other file counts.
    chown(host.path(KEYS), Some(0), Some(0)).unwrap();
    host.remove(PRIVATE);
    host.run(&["sync", "--env", "local"]).success();
    assert_eq!(owner(&host, PRIVATE), NOBODY);

    chown(host.path(PRIVATE), Some(0), Some(0)).unwrap();
    let problem = finds(&host, 1, "ERR_KEY_OWNER");
    assert!(problem["hint"].as_str().unwrap().contains(&format!("chown {NOBODY}:{NOBODY} ")));
    follow_problem(&host, &problem);
    is_well(&host);
}
