//! What is refused, and how: the exit code, the error's code, a hint, and nothing changed on disk.
//!
//! Where the hint names a command, the test runs just that, and looks whether it is a way out.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
// Of a table, the line at which a test failed.
#![allow(clippy::print_stdout)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::process::{Command, Stdio};

use common::{
    CLI_TOML, Content, Host, IDENTITY, PRIVATE, PROGRAM, PUBLIC, Run, STORE, token, tree,
};
use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

const REFUSED: i32 = 3;
const FAILED: i32 = 4;

const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];
const RESUME: &[&str] = &["resume", "--env", "local"];
const ROLLBACK: &[&str] = &["rollback", "--env", "local"];
const SYNC: &[&str] = &["sync", "--env", "local"];
const RESIGN: &[&str] = &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE];
const RESTORE: &[&str] = &["token", "restore", "--env", "local"];

/// Runs a command as a program does and as a person does. Both times it must be refused, with a
/// hint, and leave everything as it was. The answer is the JSON one.
#[track_caller]
fn refused(host: &Host, arguments: &[&str], exit: i32, code: &str) -> Run {
    let before = host.tree();
    let with_json = host.run(&and(arguments, &["--json"]));
    assert_eq!((with_json.status, &*with_json.code()), (Some(exit), code), "{with_json:?}");
    assert!(!with_json.hint().is_empty(), "{with_json:?}");
    let in_words = host.run(arguments);
    assert_eq!(in_words.status, Some(exit), "{in_words:?}");
    assert_eq!(in_words.stdout, "");
    let end = in_words.stderr.lines().rev().take(2).collect::<Vec<_>>();
    assert!(end[0].starts_with("hint:  ") && end[1].starts_with("error: "), "{in_words:?}");
    assert_eq!(host.tree(), before, "{arguments:?} changed something");
    with_json
}

fn and<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

/// Does what the hint says: the first command of ours in it, to the letter.
#[track_caller]
fn follow(host: &Host, refusal: &Run) {
    let hint = refusal.hint();
    let mut quoted = hint.split('`').skip(1).step_by(2);
    let command =
        quoted.find_map(|text| text.strip_prefix("spacetime-keys ")).unwrap_or_else(|| {
            panic!("no command in the hint: {hint}");
        });
    host.run(&command.split(' ').collect::<Vec<_>>()).success();
}

/// All is well in this environment and on this host, and the publisher is who it was.
#[track_caller]
fn proven(host: &Host, environment: &str) {
    let run = host.run(&["verify", "--env", environment, "--json"]).success();
    let report = run.json();
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["mounted"]["environment"], environment, "{report}");
    assert_eq!(report["publisher"]["identity"], IDENTITY, "{report}");
    assert_eq!(report["publisher"]["verified_with"], host.mounted().to_string(), "{report}");
}

/// A folder in the store; the group of `dev` and `local` has the vaults `kv-dev` and `kv-local`.
fn stored(vault: &str, half: &str, version: u32) -> String {
    format!("{STORE}/kv-{vault}/spacetimedb-jwt-{half}-key/{version:08}")
}

// ---- Asking -----------------------------------------------------------------------------------

#[test]
fn without_a_terminal_a_rotation_needs_yes() {
    let host = Host::new();
    for environment in ["prod", "local", "all"] {
        refused(&host, &["rotate", "--env", environment], REFUSED, "ERR_NOT_CONFIRMED");
    }
    host.run(ROTATE).success();
    proven(&host, "local");
}

// ---- One at a time ----------------------------------------------------------------------------

#[test]
fn a_second_run_while_one_is_at_work() {
    let host = Host::rotated("local");
    let lock = File::open(host.path(STORE).join(".state/lock")).unwrap();
    lock.lock().unwrap();
    for command in [ROTATE, RESUME, &["resume"], ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, REFUSED, "ERR_LOCKED");
    }
    lock.unlock().unwrap();
    host.run(ROTATE).success();
    proven(&host, "local");
}

#[test]
fn of_two_rotations_at_once_each_wins_or_is_refused() {
    for _ in 0..5 {
        let host = Host::rotated("local");
        let start = || {
            let mut command = host.command(&and(ROTATE, &["--json"]));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let runs = [start(), start()].map(|child| Run::from(child.wait_with_output().unwrap()));
        let winners = runs.iter().filter(|run| run.status == Some(0)).count();
        assert!(winners > 0, "{runs:?}");
        for run in runs.iter().filter(|run| run.status != Some(0)) {
            assert_eq!(run.status, Some(REFUSED), "{run:?}");
        }
        // The adopted pair, the one that `rotated` made, and one a winner.
        let versions = host.path(STORE).join("kv-local/spacetimedb-jwt-private-key");
        assert_eq!(fs::read_dir(versions).unwrap().count(), 2 + winners);
        proven(&host, "local");
    }
}

#[test]
fn a_damaged_note_of_an_unfinished_run() {
    let host = Host::rotated("local");
    host.write(&format!("{STORE}/.state/unfinished.json"), "{");
    for command in [ROTATE, RESUME, ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, FAILED, "ERR_JOURNAL_DAMAGED");
    }
    // As the hint says.
    host.remove(&format!("{STORE}/.state/unfinished.json"));
    host.run(RESUME).success();
    proven(&host, "local");
}

// ---- Groups -----------------------------------------------------------------------------------

/// What somebody did to a host.
enum Change {
    Remove(String),
    Write(String, String),
}

use Change::{Remove, Write};

impl Change {
    fn make(&self, host: &Host) {
        match self {
            Remove(path) => host.remove(path),
            Write(path, content) => host.write(path, content),
        }
    }
}

/// Ways in which a group can be unsound, on a host that was rotated once: version 1 is the adopted
/// pair, version 2 the present one.
fn unsound_groups() -> Vec<(&'static str, Vec<Change>)> {
    let other = PrivateKey::generate().unwrap();
    let all = |vault: &str, half: &str| format!("{STORE}/kv-{vault}/spacetimedb-jwt-{half}-key");
    let value = |vault: &str, half: &str| stored(vault, half, 2) + "/value";
    vec![
        ("a public key that is behind", vec![Remove(stored("local", "public", 2))]),
        ("a private key that is behind", vec![Remove(stored("dev", "private", 2))]),
        ("no public key", vec![Remove(all("local", "public"))]),
        ("no private key", vec![Remove(all("dev", "private"))]),
        ("one vault empty", vec![Remove(format!("{STORE}/kv-local"))]),
        (
            "one vault behind",
            vec![Remove(stored("dev", "private", 2)), Remove(stored("dev", "public", 2))],
        ),
        (
            "no private key but the mounted one",
            vec![Remove(all("dev", "private")), Remove(all("local", "private"))],
        ),
        (
            "a public key cut off",
            vec![Write(value("local", "public"), "-----BEGIN PUBLIC".to_owned())],
        ),
        ("an empty private key", vec![Write(value("dev", "private"), String::new())]),
        (
            "a pair of its own",
            vec![
                Write(value("dev", "private"), other.to_pem().to_string()),
                Write(value("dev", "public"), other.public_key().to_pem()),
            ],
        ),
    ]
}

#[test]
fn an_unsound_group_is_refused_and_resume_mends_it() {
    for (what, changes) in unsound_groups() {
        println!("{what}");
        let host = Host::rotated("local");
        for change in changes {
            change.make(&host);
        }
        let refusal = refused(&host, ROTATE, REFUSED, "ERR_GROUP_UNSOUND");
        refused(&host, ROLLBACK, REFUSED, "ERR_GROUP_UNSOUND");
        let verified = host.run(&["verify", "--env", "dev", "--env", "local"]);
        assert_eq!(verified.status, Some(1), "{verified:?}");
        follow(&host, &refusal);
        proven(&host, "local");
        host.run(&["verify", "--env", "dev"]).success();
        host.run(ROTATE).success();
    }
}

#[test]
fn sync_takes_only_a_sound_pair() {
    let host = Host::rotated("local");
    host.remove(&stored("local", "public", 2));
    let refusal = refused(&host, SYNC, REFUSED, "ERR_GROUP_UNSOUND");
    refused(&host, RESTORE, REFUSED, "ERR_GROUP_UNSOUND");
    follow(&host, &refusal);
    proven(&host, "local");
}

#[test]
fn a_private_key_that_is_nowhere() {
    let host = Host::rotated("local");
    let present = host.read(PRIVATE);
    for vault in ["dev", "local"] {
        host.remove(&format!("{STORE}/kv-{vault}/spacetimedb-jwt-private-key"));
    }
    host.remove(PRIVATE);
    let refusal = refused(&host, RESUME, REFUSED, "ERR_PRIVATE_KEY_LOST");
    // As the hint says: from a backup, as id_ecdsa.
    host.write(PRIVATE, present);
    follow(&host, &refusal);
    proven(&host, "local");
}

#[test]
fn nothing_to_take_and_nothing_to_go_back_to() {
    let host = Host::new();
    for command in [ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, REFUSED, "ERR_VAULT_EMPTY");
    }
    // Mending an empty vault: the mounted pair becomes its first.
    host.run(RESUME).success();
    proven(&host, "local");
    refused(&host, ROLLBACK, REFUSED, "ERR_NO_EARLIER_PAIR");
    refused(&Host::empty(), RESUME, REFUSED, "ERR_VAULT_EMPTY");
}

// ---- cli.toml ---------------------------------------------------------------------------------

/// The claims of the real host's token.
fn claims() -> Value {
    let subject = "5fc4710d-c991-4ff0-805e-03cb70013bc0";
    json!({
        "hex_identity": IDENTITY, "sub": subject, "iss": "localhost", "aud": ["spacetimedb"],
        "iat": 1_795_315_075, "exp": null,
    })
}

/// The same, with some of them changed.
fn claims_but(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[track_caller]
fn mounted_key(host: &Host) -> PrivateKey {
    PrivateKey::from_pem(host.read(PRIVATE)).unwrap()
}

/// Every command that would sign the token of this `cli.toml` anew refuses it, and with
/// `--no-preserve-publisher-token` those that can go on without it leave the file alone.
#[track_caller]
fn bad_cli_toml(exit: i32, code: &str, spoil: impl Fn(&Host)) {
    let host = Host::new();
    spoil(&host);
    refused(&host, ROTATE, exit, code);
    refused(&host, RESIGN, exit, code);
    let bad = fs::read(host.path(CLI_TOML)).unwrap();
    host.run(&and(ROTATE, &["--no-preserve-publisher-token"])).success();

    for command in [RESUME, ROLLBACK, SYNC] {
        let host = Host::rotated("local");
        spoil(&host);
        refused(&host, command, exit, code);
        host.run(&and(command, &["--no-preserve-publisher-token"])).success();
    }
    assert_eq!(fs::read(host.path(CLI_TOML)).unwrap(), bad);
}

#[test]
fn cli_toml_that_is_not_toml() {
    bad_cli_toml(FAILED, "ERR_TOML_SYNTAX", |host| {
        let text = host.read(CLI_TOML);
        host.write(CLI_TOML, text.replacen('"', "", 1));
    });
}

#[test]
fn cli_toml_whose_token_is_no_string() {
    bad_cli_toml(FAILED, "ERR_TOML_TYPE", |host| host.write(CLI_TOML, "spacetimedb_token = 5\n"));
}

#[test]
fn cli_toml_without_a_token() {
    bad_cli_toml(REFUSED, "ERR_TOML_NO_TOKEN", |host| {
        host.write(CLI_TOML, "default_server = \"local\"\n");
    });
}

#[test]
fn a_lost_token_comes_back_from_escrow() {
    let host = Host::rotated("local");
    host.write(CLI_TOML, "default_server = \"local\"\n");
    follow(&host, &refused(&host, ROTATE, REFUSED, "ERR_TOML_NO_TOKEN"));
    proven(&host, "local");
    host.run(ROTATE).success();
    proven(&host, "local");
}

#[test]
fn nothing_in_escrow() {
    let host = Host::new();
    host.remove(CLI_TOML);
    host.run(ROTATE).success();
    refused(&host, RESTORE, REFUSED, "ERR_ESCROW_EMPTY");
}

#[test]
fn several_publishers_in_escrow() {
    let host = Host::rotated("local");
    let other = claims_but(&json!({ "sub": "another", "hex_identity": null }));
    host.set_token(&token(&mounted_key(&host), &other));
    host.run(ROTATE).success();
    let refusal = refused(&host, RESTORE, REFUSED, "ERR_ESCROW_AMBIGUOUS");
    let other = Identity::from_claims("localhost", "another").to_string();
    assert!(refusal.hint().contains(IDENTITY) && refusal.hint().contains(&other));
    let stranger = Identity::from_claims("localhost", "stranger").to_string();
    let choose = |identity| and(RESTORE, &["--expect-identity", identity]);
    refused(&host, &choose(&stranger), REFUSED, "ERR_TOKEN_UNEXPECTED_IDENTITY");
    host.run(&choose(IDENTITY)).success();
    proven(&host, "local");
}

#[test]
fn a_damaged_escrow() {
    let host = Host::rotated("local");
    host.write(&format!("{STORE}/kv-local/spacetimedb-publisher-claims/00000001/value"), "{");
    refused(&host, RESTORE, FAILED, "ERR_ESCROW_DAMAGED");
    // Where the token is still there, the next run writes it anew.
    host.run(ROTATE).success();
    host.run(RESTORE).success();
    proven(&host, "local");
}

#[test]
fn a_token_is_restored_only_for_the_mounted_key() {
    let (host, _) = with_an_unknown_pair();
    follow(&host, &refused(&host, RESTORE, REFUSED, "ERR_MOUNTED_DIFFERS"));
    host.run(RESTORE).success();
    proven(&host, "local");
}

#[test]
fn an_opaque_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_OPAQUE", |host| host.set_token("gho_16C7e42F292c6912E7710c"));
}

#[test]
fn an_encrypted_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_ENCRYPTED", |host| host.set_token("e30.QQ.QQ.QQ.QQ"));
}

#[test]
fn a_malformed_token() {
    bad_cli_toml(FAILED, "ERR_TOKEN_MALFORMED", |host| host.set_token("e30.no-json.AAAA"));
}

#[test]
fn an_unsigned_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_ALGORITHM", |host| {
        // {"alg":"none"}
        host.set_token("eyJhbGciOiJub25lIn0.e30.");
    });
}

#[test]
fn a_token_without_a_subject() {
    bad_cli_toml(REFUSED, "ERR_CLAIM_MISSING", |host| {
        host.set_token(&token(&mounted_key(host), &json!({ "iss": "localhost", "iat": 1 })));
    });
}

#[test]
fn a_token_with_a_wrong_hex_identity() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_IDENTITY_MISMATCH", |host| {
        let other = Identity::from_claims("localhost", "another").to_string();
        let claims = claims_but(&json!({ "hex_identity": other }));
        host.set_token(&token(&mounted_key(host), &claims));
    });
}

fn set_external_token(host: &Host) -> String {
    let issuer = "https://id.example.com";
    let identity = Identity::from_claims(issuer, "somebody").to_string();
    let claims = json!({ "iss": issuer, "sub": "somebody", "iat": 1, "exp": 4_000_000_000_u32 });
    host.set_token(&token(&mounted_key(host), &claims));
    identity
}

#[test]
fn a_token_of_an_external_issuer() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_EXTERNAL_ISSUER", |host| {
        set_external_token(host);
    });
    for command in [ROTATE, RESIGN] {
        let host = Host::new();
        let identity = set_external_token(&host);
        let run = host.run(&and(command, &["--allow-external-issuer", "--json"])).success();
        let report = run.json();
        let found = report["identity"].as_str().or(report["publisher"]["identity"].as_str());
        assert_eq!(found, Some(identity.as_str()), "{report}");
    }
}

fn set_unverified_token(host: &Host) {
    host.set_token(&token(&PrivateKey::generate().unwrap(), &claims()));
}

#[test]
fn a_token_that_no_known_key_has_signed() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_UNVERIFIED", set_unverified_token);
    let other = Identity::from_claims("localhost", "another").to_string();
    for command in [ROTATE, RESIGN] {
        for lift in [&["--allow-unverified"][..], &["--expect-identity", IDENTITY]] {
            let host = Host::new();
            set_unverified_token(&host);
            let unexpected = and(command, &["--expect-identity", &other]);
            refused(&host, &unexpected, REFUSED, "ERR_TOKEN_UNEXPECTED_IDENTITY");
            host.run(&and(command, lift)).success();
            let decoded = host.run(&["token", "decode", "--cli-toml", CLI_TOML, "--json"]);
            assert_eq!(decoded.json()["identity"], IDENTITY);
        }
    }
}

#[test]
fn the_previous_public_key_vouches_for_a_token() {
    let host = Host::new();
    fs::copy(host.path(PUBLIC), host.path("old.pub")).unwrap();
    host.mount(&PrivateKey::generate().unwrap());
    refused(&host, RESIGN, REFUSED, "ERR_TOKEN_UNVERIFIED");
    host.run(&and(RESIGN, &["--previous-public-key", "old.pub"])).success();
}

#[test]
fn an_expired_token_is_not_kept_expired() {
    let host = Host::new();
    host.set_token(&token(&mounted_key(&host), &claims_but(&json!({ "exp": 1_795_315_076 }))));
    refused(&host, &and(RESIGN, &["--expiry", "keep"]), REFUSED, "ERR_TOKEN_EXPIRED");
    host.run(&and(RESIGN, &["--expiry", "30d"])).success();
}

#[test]
fn a_missing_cli_toml_does_not_stop_a_rotation() {
    let host = Host::new();
    host.remove(CLI_TOML);
    refused(&host, RESIGN, FAILED, "ERR_IO");
    let before = host.mounted();
    let run = host.run(&and(ROTATE, &["--json"])).success();
    assert!(run.stderr.contains("there is no cli.toml"), "{run:?}");
    assert_eq!(run.json()["notes"], json!(["adopts", "no-cli-toml"]));
    assert_ne!(host.mounted(), before);
    host.run(&["verify", "--env", "local"]).success();
    for command in [RESUME, ROLLBACK, SYNC] {
        host.run(command).success();
    }
    assert!(!host.path(CLI_TOML).exists());
}

// ---- Mounted keys -----------------------------------------------------------------------------

#[test]
fn a_mounted_pair_that_is_none() {
    let other = PrivateKey::generate().unwrap();
    for (what, change) in [
        ("a public key of another pair", Write(PUBLIC.to_owned(), other.public_key().to_pem())),
        ("a private key of another pair", Write(PRIVATE.to_owned(), other.to_pem().to_string())),
        ("no public key", Remove(PUBLIC.to_owned())),
    ] {
        println!("{what}");
        let host = Host::new();
        change.make(&host);
        let refusal = refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNSOUND");
        follow(&host, &refusal);
        proven(&host, "local");
    }
}

#[test]
fn a_mounted_pair_that_is_none_beside_a_stored_one() {
    for missing in [PUBLIC, PRIVATE] {
        let host = Host::rotated("local");
        host.remove(missing);
        for command in [ROTATE, ROLLBACK] {
            let refusal = refused(&host, command, REFUSED, "ERR_MOUNTED_UNSOUND");
            assert!(refusal.hint().contains("resume --env local"), "{refusal:?}");
        }
        host.run(RESUME).success();
        proven(&host, "local");
    }
}

#[test]
fn a_mounted_private_key_that_is_no_key() {
    let host = Host::new();
    host.write(PRIVATE, "no key\n");
    refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNREADABLE");
    // As the hint says: a new pair, once both are out of the way.
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    host.run(&and(ROTATE, &["--expect-identity", IDENTITY])).success();
    proven(&host, "local");
}

/// A host whose vaults hold a pair, and which mounts one that they have never seen.
fn with_an_unknown_pair() -> (Host, PrivateKey) {
    let host = Host::rotated("local");
    let unknown = PrivateKey::generate().unwrap();
    host.mount(&unknown);
    (host, unknown)
}

#[test]
fn an_unknown_mounted_pair_is_refused() {
    let (host, _) = with_an_unknown_pair();
    for command in [ROTATE, RESUME, ROLLBACK] {
        refused(&host, command, REFUSED, "ERR_MOUNTED_UNKNOWN");
    }
}

#[test]
fn an_unknown_mounted_pair_can_be_adopted() {
    let (host, unknown) = with_an_unknown_pair();
    host.run(&and(ROTATE, &["--adopt-mounted"])).success();
    proven(&host, "local");
    assert_ne!(host.mounted(), unknown.public_key().fingerprint());
    host.run(ROLLBACK).success();
    proven(&host, "local");
    assert_eq!(host.mounted(), unknown.public_key().fingerprint());
}

#[test]
fn an_unknown_mounted_pair_is_set_aside_by_sync() {
    let (host, unknown) = with_an_unknown_pair();
    follow(&host, &refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNKNOWN"));
    proven(&host, "local");
    let aside = tree(&host.path(STORE).join(".state/set-aside"));
    let kept = aside.values().find_map(|entry| match &entry.content {
        Content::File(bytes) => Some((entry.mode, PrivateKey::from_pem(bytes).unwrap())),
        _ => None,
    });
    let (mode, kept) = kept.expect("the key is there");
    assert_eq!(kept.public_key().fingerprint(), unknown.public_key().fingerprint());
    assert_eq!(mode, 0o600);
}

#[test]
fn the_mounted_pair_of_another_environment() {
    let host = Host::rotated("prod");
    for _ in 0..2 {
        host.run(&and(ROTATE, &["--host-env", "prod"])).success();
    }
    let mounted = host.mounted();
    for command in [ROTATE, RESUME, ROLLBACK] {
        let refusal = refused(&host, command, REFUSED, "ERR_MOUNTED_ELSEWHERE");
        assert!(refusal.hint().contains("--host-env"), "{refusal:?}");
    }
    for command in [ROTATE, RESUME, ROLLBACK] {
        host.run(&and(command, &["--host-env", "prod"])).success();
    }
    assert_eq!(host.mounted(), mounted);
    proven(&host, "prod");
}

// ---- Files that cannot be written -------------------------------------------------------------

#[test]
fn a_symbolic_link_in_a_files_place() {
    for (file, folder) in [(CLI_TOML, "--cli-toml"), (PRIVATE, "--mounted-keys-dir")] {
        let host = Host::new();
        fs::create_dir(host.path("elsewhere")).unwrap();
        for name in [PRIVATE, PUBLIC, CLI_TOML] {
            let name_alone = host.path(name).file_name().unwrap().to_owned();
            fs::copy(host.path(name), host.path("elsewhere").join(name_alone)).unwrap();
        }
        let target = host.path("elsewhere").join(host.path(file).file_name().unwrap());
        host.remove(file);
        symlink(&target, host.path(file)).unwrap();
        let refusal = refused(&host, ROTATE, REFUSED, "ERR_SYMLINK");
        assert!(refusal.hint().contains(folder), "{refusal:?}");
        if file == CLI_TOML {
            refused(&host, RESIGN, REFUSED, "ERR_SYMLINK");
        }
        let place = if file == CLI_TOML { "elsewhere/cli.toml" } else { "elsewhere" };
        host.run(&and(ROTATE, &[folder, place])).success();
        assert!(host.path(file).is_symlink());
    }
}

#[test]
fn something_else_in_a_files_place() {
    for file in [CLI_TOML, PRIVATE, PUBLIC] {
        let host = Host::new();
        host.remove(file);
        fs::create_dir(host.path(file)).unwrap();
        refused(&host, ROTATE, FAILED, "ERR_IO");
    }
    for folder in [".generated/spacetimedb-keys", "data/.config/spacetime", STORE] {
        let host = Host::new();
        if host.path(folder).exists() {
            host.remove(folder);
        }
        host.write(folder, "a file\n");
        refused(&host, ROTATE, FAILED, "ERR_IO");
    }
}

/// The user of no rights at all, as whom the tests run the program if they are root themselves:
/// modes do not bind root.
const NOBODY: u32 = 65_534;

/// A host of a user who may not write everywhere.
struct Unprivileged {
    host: Host,
    is_root: bool,
}

impl Unprivileged {
    fn new() -> Self {
        let host = Host::rotated("local");
        let is_root = fs::metadata(host.path("")).unwrap().uid() == 0;
        if is_root {
            // Where the user of no rights can run it.
            fs::copy(PROGRAM, host.path("spacetime-keys")).unwrap();
            host.set_mode("", 0o755);
            for path in host.tree().into_keys() {
                chown(host.path(path.to_str().unwrap()), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        Self { host, is_root }
    }

    /// Takes the right to write away.
    fn forbid(&self, path: &str) {
        let is_folder = self.host.path(path).is_dir();
        self.host.set_mode(path, if is_folder { 0o555 } else { 0o444 });
    }

    fn run(&self, arguments: &[&str]) -> Run {
        if !self.is_root {
            return self.host.run(arguments);
        }
        // Of util-linux.
        let mut command = Command::new("setpriv");
        let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        command.args([&user, &group, "--clear-groups"]).arg(self.host.path("spacetime-keys"));
        command.args(arguments).current_dir(self.host.path("")).env_clear();
        Run::of(&mut command, b"")
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) {
        let before = self.host.tree();
        let run = self.run(&and(arguments, &["--json"]));
        assert_eq!((run.status, &*run.code()), (Some(FAILED), "ERR_IO"), "{run:?}");
        assert!(run.hint().contains("writable"), "{run:?}");
        assert!(run.stdout.contains("permission denied"), "{run:?}");
        assert_eq!(self.host.tree(), before);
    }
}

#[test]
fn what_may_not_be_written() {
    // It works without the prohibition: else the refusals below would mean nothing.
    Unprivileged::new().run(ROTATE).success();
    let lock = format!("{STORE}/.state/lock");
    for path in [
        CLI_TOML,
        PRIVATE,
        PUBLIC,
        "data/.config/spacetime",
        ".generated/spacetimedb-keys",
        &format!("{STORE}/.state"),
        &format!("{STORE}/kv-dev/spacetimedb-jwt-private-key"),
        &format!("{STORE}/kv-local/spacetimedb-jwt-public-key"),
        &lock,
    ] {
        println!("{path}");
        let unprivileged = Unprivileged::new();
        unprivileged.forbid(path);
        unprivileged.refused(ROTATE);
        if path == CLI_TOML || path.starts_with("data/") {
            unprivileged.refused(RESIGN);
            unprivileged.refused(RESTORE);
        }
    }
}

#[test]
fn a_replaced_file_keeps_its_owner_and_mode() {
    let host = Host::new();
    let is_root = fs::metadata(host.path("")).unwrap().uid() == 0;
    host.set_mode(CLI_TOML, 0o640);
    host.set_mode(PRIVATE, 0o640);
    host.set_mode(PUBLIC, 0o600);
    for file in [CLI_TOML, PRIVATE, PUBLIC] {
        if is_root {
            chown(host.path(file), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let owners = |host: &Host| {
        let tree = host.tree();
        [CLI_TOML, PRIVATE, PUBLIC].map(|file| tree[file.as_ref() as &std::path::Path].owner)
    };
    let before = owners(&host);
    for command in [ROTATE, ROLLBACK, RESIGN] {
        host.run(command).success();
        assert_eq!(owners(&host), before);
        let modes = [CLI_TOML, PRIVATE, PUBLIC]
            .map(|file| fs::metadata(host.path(file)).unwrap().mode() & 0o777);
        assert_eq!(modes, [0o640, 0o600, 0o644]);
    }
}

// ---- Key files --------------------------------------------------------------------------------

#[test]
fn key_generate_replaces_nothing_unasked() {
    let generate = &["key", "generate", "--out", ".generated/spacetimedb-keys"];
    let generate: &[&str] = generate;
    for left in [PRIVATE, PUBLIC] {
        let host = Host::new();
        host.remove(if left == PRIVATE { PUBLIC } else { PRIVATE });
        refused(&host, generate, REFUSED, "ERR_FILE_EXISTS");
        host.run(&and(generate, &["--force"])).success();
        host.run(&["key", "check", PRIVATE, PUBLIC]).success();
    }
}

#[test]
fn key_normalize_writes_all_or_nothing() {
    let host = Host::new();
    host.write("spaces.pub", host.read(PUBLIC).replace('\n', " "));
    host.write("bad.pub", "-----BEGIN PUBLIC KEY-----\n");
    let normalize = &["key", "normalize", "--write", "spaces.pub", "bad.pub"];
    refused(&host, normalize, FAILED, "ERR_PEM_CUT_OFF");
    host.remove("bad.pub");
    symlink("spaces.pub", host.path("bad.pub")).unwrap();
    refused(&host, normalize, REFUSED, "ERR_SYMLINK");
    host.run(&normalize[..4]).success();
    assert_eq!(host.read("spaces.pub"), host.read(PUBLIC));
}
