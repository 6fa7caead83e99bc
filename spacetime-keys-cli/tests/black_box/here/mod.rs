//! Where a command is run: which configuration is in force, what is said of the place, and that no
//! keys are made in a wrong one.

mod mounts;
mod places;
mod states;

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

use serde_json::json;

use crate::common::{CLI_TOML, CONFIG, Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE};

const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];

/// Runs the program in a folder of the host.
fn in_folder(host: &Host, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    fs::create_dir_all(host.path(folder)).unwrap();
    let mut command = host.command(arguments);
    command.current_dir(host.path(folder)).envs(variables.iter().copied());
    Run::of(&mut command, b"")
}

fn real(host: &Host, folder: &str) {
    let real = Host::new();
    for path in [PRIVATE, PUBLIC, CLI_TOML] {
        host.write(&format!("{folder}/{path}"), real.read(path));
    }
    host.set_mode(&format!("{folder}/{PRIVATE}"), 0o600);
}

fn in_one_folder(host: &Host, folder: &str) {
    let real = Host::new();
    for (path, name) in [(PRIVATE, "id_ecdsa"), (PUBLIC, "id_ecdsa.pub"), (CLI_TOML, "cli.toml")] {
        host.write(&format!("{folder}/{name}"), real.read(path));
    }
    host.set_mode(&format!("{folder}/id_ecdsa"), 0o600);
}

#[test]
fn a_configuration_is_found_in_the_folders_above_and_names_its_own_folder() {
    let host = Host::new();
    host.write(CONFIG, "[host]\nenvironment = \"local\"\n");
    let run = in_folder(&host, "src/deep", &["rotate", "--yes", "--json"], &[]).success();
    assert_eq!(run.json()["publisher"]["identity_after"], IDENTITY);
    assert!(host.path(STORE).is_dir() && !host.path("src/deep").join(STORE).exists());
    // It says so before anything else.
    let header = run.stderr;
    let folder = fs::canonicalize(host.path("")).unwrap();
    assert!(header.contains(&format!("{}/{CONFIG}", folder.display())), "{header}");
    assert!(header.starts_with("folder "), "{header}");
    // With -q it does not.
    let quiet = in_folder(&host, ".", &["verify", "-q"], &[]).success();
    assert_eq!(quiet.stderr, "");
    // The nearest one is in force.
    host.write("other/spacetime-keys.toml", "");
    let run = in_folder(&host, "other/below", &["verify", "--env", "local", "--json"], &[]);
    assert_eq!(run.json()["environments"][0]["status"], "not set up", "{run:?}");
}

#[test]
fn a_configuration_can_be_named_by_a_variable() {
    let host = Host::new();
    host.write("etc/keys.toml", "[host]\nkeys_dir = \"../.generated/spacetimedb-keys\"\ncli_toml = \"../data/.config/spacetime/cli.toml\"\n");
    let file = host.path("etc/keys.toml");
    let variable = [("SPACETIME_KEYS_CONFIG", file.to_str().unwrap())];
    in_folder(&host, "elsewhere", ROTATE, &variable).success();
    assert!(host.path("etc/.spacetime-keys").is_dir(), "the store is beside the configuration");
    // The flag is stronger; an empty variable is none; one that names nothing is an error.
    host.write("empty.toml", "");
    let flag = in_folder(
        &host,
        "elsewhere",
        &["config", "show", "--json", "--config", "../empty.toml"],
        &variable,
    );
    assert!(flag.json()["file"].as_str().unwrap().ends_with("empty.toml"), "{flag:?}");
    let none = in_folder(
        &host,
        "elsewhere",
        &["config", "show", "--json"],
        &[("SPACETIME_KEYS_CONFIG", "")],
    );
    assert_eq!(none.json()["file"], json!(null));
    let gone = in_folder(&host, ".", ROTATE, &[("SPACETIME_KEYS_CONFIG", "gone.toml")]);
    assert_eq!(gone.status, Some(4), "{gone:?}");
}

#[test]
fn a_configuration_of_somebody_else_is_used_only_where_it_is_named() {
    let refused = |host: &Host, folder: &str, what: &str| {
        let before = host.tree();
        for command in [ROTATE, &["verify"], &["sync", "--env", "local"], &["config", "show"]] {
            let run = in_folder(host, folder, &[command, &["--json"][..]].concat(), &[]);
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(3), "ERR_CONFIG_UNTRUSTED"),
                "{what}"
            );
            assert!(run.hint().contains("--config"), "{what}: {run:?}");
            assert_eq!(host.tree(), before, "{what}");
        }
    };
    let host = Host::new();
    host.write(CONFIG, "");
    host.set_mode(CONFIG, 0o666);
    refused(&host, ".", "everybody may write it");
    fs::create_dir_all(host.path("below")).unwrap();
    refused(&host, "below", "the same, from below");
    in_folder(&host, ".", &[ROTATE, &["--config", CONFIG]].concat(), &[]).success();

    let host = Host::new();
    host.write("theirs.toml", "");
    host.set_mode("theirs.toml", 0o606);
    symlink("theirs.toml", host.path(CONFIG)).unwrap();
    refused(&host, ".", "a link to one that everybody may write");

    let host = Host::new();
    host.write(CONFIG, "");
    // Only root can give a file away.
    if chown(host.path(CONFIG), Some(65_534), None).is_ok() {
        refused(&host, ".", "another user's");
        // The user who became root by sudo is trusted.
        in_folder(&host, ".", ROTATE, &[("SUDO_UID", "65534")]).success();
    }
}

#[test]
fn the_environment_need_not_be_named_each_time() {
    let host = Host::new();
    host.write(CONFIG, "[host]\nenvironment = \"prod\"\n");
    let rotated = |run: Run| run.success().json()["environments"].clone();
    assert_eq!(rotated(host.run(&["rotate", "--yes", "--json"])), json!(["prod"]));
    // Its own group is what `verify` looks at.
    let report = host.run(&["verify", "--json"]).success().json();
    let names: Vec<_> =
        report["environments"].as_array().unwrap().iter().map(|e| e["name"].clone()).collect();
    assert_eq!(names, ["prod"]);
    host.run(&["sync", "--yes"]).success();
    host.run(&["rollback", "--yes"]).success();
    host.run(&["token", "restore"]).success();
    // Another environment is rotated in its vault only: this host mounts prod's keys.
    let mounted = host.mounted();
    assert_eq!(rotated(host.run(&["rotate", "--env", "test", "--yes", "--json"])), json!(["test"]));
    assert_eq!(host.mounted(), mounted);
    let wrong = host.run(&["sync", "--env", "test", "--json"]);
    assert_eq!((wrong.status, wrong.code().as_str()), (Some(3), "ERR_OTHER_HOST"), "{wrong:?}");
    assert_eq!(host.mounted(), mounted);
    // The variable is stronger than the file, and the flag than both.
    let variable = [("SPACETIME_KEYS_ENV", "test")];
    let run = in_folder(&host, ".", &["rotate", "--yes", "--json"], &variable);
    assert_eq!(rotated(run), json!(["test"]));
    let run = in_folder(&host, ".", &["rotate", "--env", "dev", "--yes", "--json"], &variable);
    assert_eq!(rotated(run), json!(["dev", "local"]));
    let all = host.run(&["verify", "--env", "all", "--json"]).json();
    assert_eq!(all["environments"].as_array().unwrap().len(), 4);

    host.write(CONFIG, "[host]\nenvironment = \"nowhere\"\n");
    let unknown = host.run(&["verify", "--json"]);
    assert_eq!(unknown.status, Some(2), "{unknown:?}");
    host.write(CONFIG, "");
    let unnamed = host.run(&["rotate", "--yes", "--json"]);
    assert_eq!(unnamed.status, Some(2), "{unnamed:?}");
    assert!(unnamed.hint().contains("prod, test, dev, local"), "{unnamed:?}");
}

#[test]
fn what_was_never_set_up_is_said_and_is_no_problem_unless_it_was_named() {
    // A host with keys, before anything else: healthy, and its keys are the only copy.
    let host = Host::new();
    host.set_mode(PRIVATE, 0o600);
    host.set_mode(CLI_TOML, 0o600);
    let report = host.run(&["verify", "--json"]).success().json();
    assert_eq!(report["environments"], json!([]));
    let codes: Vec<_> = report["problems"].as_array().unwrap().iter().map(|p| &p["code"]).collect();
    assert_eq!(codes, ["ERR_NOT_KEPT"]);
    // One environment is set up: it is what there is.
    host.run(&["rotate", "--env", "prod", "--yes"]).success();
    let report = host.run(&["verify", "--json"]).success().json();
    assert_eq!(report["environments"].as_array().unwrap().len(), 1);
    assert_eq!(report["problems"], json!([]));
    // Those that a configuration has are listed, all of them.
    host.write(CONFIG, "[policy]\nmax_age_days = 30\n");
    let report = host.run(&["verify", "--json"]).success().json();
    let states: Vec<_> =
        report["environments"].as_array().unwrap().iter().map(|e| &e["status"]).collect();
    assert_eq!(states, ["ok", "not set up", "not set up", "not set up"]);
    for named in ["test", "all", "test,prod"] {
        let report = host.run(&["verify", "--env", named, "--json"]);
        assert_eq!(report.status, Some(1), "{named}");
        assert!(report.stdout.contains("ERR_VAULT_EMPTY"), "{named}");
    }
    // Emptied is another thing than never set up.
    for secret in ["spacetimedb-jwt-private-key", "spacetimedb-jwt-public-key"] {
        host.remove(&format!("{STORE}/kv-prod/{secret}"));
    }
    let report = host.run(&["verify", "--json"]);
    assert_eq!(report.status, Some(1));
    assert_eq!(report.json()["environments"][0]["status"], "missing");
}

#[test]
fn what_was_named_and_is_not_there_is_an_error() {
    let refused = |config: Option<&str>, flags: &[&str], by: &str| {
        let host = Host::new();
        if let Some(config) = config {
            host.write(CONFIG, config);
        }
        let before = host.tree();
        for command in [
            ROTATE,
            &["sync", "--env", "local"],
            &["resume", "--env", "local"],
            &["rollback", "--env", "local", "--yes"],
        ] {
            let run = host.run(&[command, flags, &["--json"]].concat());
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(4), "ERR_NAMED_MISSING"),
                "{by}: {run:?}"
            );
            assert!(run.stdout.contains(by), "{by}: {run:?}");
        }
        assert_eq!(host.tree(), before);
    };
    refused(None, &["--cli-toml", "data/.config/spacetime/cli.tml"], "--cli-toml");
    refused(None, &["--keys-dir", "keys"], "--keys-dir");
    refused(Some("[host]\ncli_toml = \"cli.toml\"\n"), &[], "[host] cli_toml");
    refused(Some("[host]\nkeys_dir = \"keys\"\n"), &[], "[host] keys_dir");
    // Of what the run leaves as it is, nothing is needed.
    let host = Host::new();
    host.write(CONFIG, "[host]\ncli_toml = \"cli.toml\"\n");
    host.run(&[ROTATE, &["--no-preserve-publisher-token"]].concat()).success();
    let verify = host.run(&["verify", "--json"]);
    assert_eq!((verify.status, verify.code().as_str()), (Some(4), "ERR_NAMED_MISSING"));
    // `token restore` makes the file.
    let host = Host::rotated("local");
    host.run(&["token", "restore", "--env", "local", "--cli-toml", "new/cli.toml"]).success();
    assert!(host.read("new/cli.toml").contains("spacetimedb_token"));
}

#[test]
fn paths_with_a_tilde_or_a_variable() {
    let host = Host::new();
    let home = host.path("home");
    fs::create_dir_all(home.join(".config/spacetime")).unwrap();
    fs::rename(host.path(CLI_TOML), home.join(".config/spacetime/cli.toml")).unwrap();
    host.write(CONFIG, "[host]\ncli_toml = \"~/.config/spacetime/cli.toml\"\n");
    let report = host.run(&[ROTATE, &["--json"]].concat()).success().json();
    assert_eq!(report["publisher"]["identity_after"], IDENTITY);
    // No shell puts a flag's value in.
    host.run(&["verify", "--env", "local", "--cli-toml=~/.config/spacetime/cli.toml"]).success();
    for (config, says) in [
        ("[host]\ncli_toml = \"$HOME/cli.toml\"\n", "$HOME"),
        ("[host]\nkeys_dir = \"${KEYS_DIR}\"\n", "$KEYS_DIR"),
        ("[store]\npath = \"/srv/$USER/store\"\n", "$USER"),
        ("[host]\ncli_toml = \"~operator/cli.toml\"\n", "~"),
    ] {
        host.write(CONFIG, config);
        let before = host.tree();
        let run = host.run(&[ROTATE, &["--json"]].concat());
        assert_eq!((run.status, run.code().as_str()), (Some(2), "ERR_CONFIG"), "{config}: {run:?}");
        assert!(run.stdout.contains(says), "{config}: {run:?}");
        assert_eq!(host.tree(), before);
    }
    // A dollar sign that begins no name is one of the path's own.
    host.write(
        CONFIG,
        "[store]\npath = \"a$1\"\n[host]\ncli_toml = \"~/.config/spacetime/cli.toml\"\n",
    );
    host.run(ROTATE).success();
    assert!(host.path("a$1/kv-local").is_dir());
}

#[test]
fn what_is_in_force_can_be_shown() {
    let host = Host::empty();
    let value = |run: &Run, name: &str| {
        let values = run.json()["values"].as_array().unwrap().clone();
        let found = values.into_iter().find(|value| value["name"] == name).unwrap();
        (found["value"].clone(), found["source"].as_str().unwrap().to_owned())
    };
    let none = host.run(&["config", "show", "--json"]).success();
    assert_eq!(
        value(&none, "host.keys_dir"),
        (json!(".generated/spacetimedb-keys"), "default".to_owned())
    );
    host.write(CONFIG, "[store]\nkind = \"azure-key-vault\"\nauth = \"managed-identity\"\n[environments]\nprod = \"kv-acme\"\n[host]\nenvironment = \"prod\"\nserver = \"http://127.0.0.1:3000\"\nmounted_keys_dir = \"k\"\n");
    let shown = host.run(&["config", "show", "--json"]).success();
    let of_file = CONFIG.to_owned();
    assert_eq!(value(&shown, "store.auth"), (json!("managed-identity"), of_file.clone()));
    assert_eq!(value(&shown, "environments.prod"), (json!("kv-acme"), of_file.clone()));
    assert_eq!(value(&shown, "host.environment"), (json!("prod"), of_file.clone()));
    assert_eq!(value(&shown, "host.server"), (json!("http://127.0.0.1:3000"), of_file.clone()));
    // The earlier name of an entry.
    assert_eq!(value(&shown, "host.keys_dir"), (json!("k"), of_file));
    let variable = [("SPACETIME_KEYS_ENV", "test")];
    let shown = in_folder(&host, ".", &["config", "show", "--json"], &variable);
    assert!(value(&shown, "host.environment").1.contains("SPACETIME_KEYS_ENV"));
    let text = in_folder(&host, ".", &["config", "show"], &[]).success().stdout;
    assert!(text.contains("kv-acme") && text.contains("default"), "{text}");
}

#[test]
fn a_dry_run_refuses_where_the_run_would() {
    let dry: &[&str] = &["rotate", "--env", "local", "--dry-run"];
    let both = |host: &Host, status: i32, code: &str| {
        let before = host.tree();
        for command in [dry, ROTATE] {
            let run = host.run(&[command, &["--json"][..]].concat());
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(status), code),
                "{command:?}: {run:?}"
            );
            assert_eq!(host.tree(), before, "{command:?}");
        }
    };
    for path in [PRIVATE, PUBLIC, CLI_TOML] {
        let host = Host::new();
        let real = host.path(&format!("{path}.real"));
        fs::rename(host.path(path), &real).unwrap();
        symlink(real.file_name().unwrap(), host.path(path)).unwrap();
        both(&host, 3, "ERR_SYMLINK");
    }
    // What a run warns of, its dry run warns of, too.
    let host = Host::new();
    host.remove(CLI_TOML);
    for command in [dry, ROTATE] {
        let run = host.run(command).success();
        assert!(run.stderr.contains("there is no cli.toml"), "{command:?}: {run:?}");
    }
    let host = crate::common::Unprivileged::of(Host::new());
    host.forbid(".generated/spacetimedb-keys");
    for command in [dry, ROTATE] {
        let run = host.run(&[command, &["--json"][..]].concat());
        assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_IO"), "{command:?}: {run:?}");
    }
}

/// What is judged is what is read: somebody who may write in the folder exchanges the file meanwhile.
#[test]
fn a_configuration_that_is_exchanged_between_two_looks() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let host = Host::empty();
    host.write("mine", "[host]\ndatabase = \"mine\"\n");
    host.write("theirs", "[host]\ndatabase = \"theirs\"\n");
    // Only root can give a file away.
    if chown(host.path("theirs"), Some(65_534), None).is_err() {
        return;
    }
    host.write(CONFIG, "");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = host.path("other");
            while !ended.load(Ordering::Relaxed) {
                for name in ["mine", "theirs"] {
                    fs::hard_link(host.path(name), &other).unwrap();
                    fs::rename(&other, host.path(CONFIG)).unwrap();
                }
            }
        });
        let mut read = 0;
        let all: Vec<String> = (0..400)
            .map(|_| host.run(&["config", "show", "--json"]))
            .inspect(|run| read += usize::from(run.status == Some(0)))
            .map(|run| run.stdout)
            .collect();
        ended.store(true, Ordering::Relaxed);
        assert!(!all.iter().any(|text| text.contains("\"theirs\"")), "what another user wrote");
        assert!(read > 0, "the file was never mine");
    });
}
