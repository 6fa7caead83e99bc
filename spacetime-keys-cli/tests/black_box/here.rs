//! Where a command is run: which configuration is in force, what is said of the place, and that no
//! keys are made in a wrong one.

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

/// What somebody has made of a folder before the program is run in it.
struct Wrong {
    what: &'static str,
    prepare: fn(&Host),
    folder: &'static str,
    /// What the refusal names.
    says: &'static str,
}

/// Places in which nothing of a server is where the program looks, and nobody has said that it
/// belongs there.
const WRONG: &[Wrong] = &[
    Wrong { what: "an empty folder", prepare: |_| (), folder: ".", says: "init --new-keys" },
    Wrong {
        what: "a folder below an empty one",
        prepare: |_| (),
        folder: "a/b/c",
        says: "init --new-keys",
    },
    Wrong {
        what: "a repository of something else",
        prepare: |host| {
            fs::create_dir_all(host.path(".git")).unwrap();
            host.write("src/main.rs", "fn main() {}");
        },
        folder: ".",
        says: "init --new-keys",
    },
    Wrong {
        what: "`data` of the guide's layout",
        prepare: |host| real(host, "."),
        folder: "data",
        says: "run it in ",
    },
    Wrong {
        what: "the keys' own folder",
        prepare: |host| real(host, "."),
        folder: ".generated/spacetimedb-keys",
        says: "run it in ",
    },
    Wrong {
        what: "a folder beside the store",
        prepare: |host| {
            real(host, ".");
            in_folder(host, ".", ROTATE, &[]).success();
        },
        folder: "src",
        says: ".spacetime-keys",
    },
    Wrong {
        what: "a home folder with the CLI's files",
        prepare: |host| in_one_folder(host, "home/.config/spacetime"),
        folder: "home",
        says: "home/.config/spacetime/id_ecdsa",
    },
    Wrong {
        what: "a project of somebody whose keys are in the home folder",
        prepare: |host| in_one_folder(host, "home/.config/spacetime"),
        folder: "project",
        says: "home/.config/spacetime/cli.toml",
    },
    Wrong {
        what: "a server's --root-dir",
        prepare: |host| in_one_folder(host, "stdb/config"),
        folder: "stdb",
        says: "stdb/config/id_ecdsa",
    },
    Wrong {
        what: "a data folder whose config.toml names keys of other names",
        prepare: |host| {
            host.write("etc/jwt.key", "");
            host.write("etc/jwt.pub", "");
            let etc = host.path("etc");
            host.write("data/config.toml", format!(
                "[certificate-authority]\njwt-priv-key-path = \"{0}/jwt.key\"\njwt-pub-key-path = \"{0}/jwt.pub\"\n",
                etc.display()
            ));
        },
        folder: ".",
        says: "etc/jwt.key",
    },
];

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
fn in_a_wrong_place_nothing_is_made_and_it_is_said_what_is_where() {
    let commands: &[&[&str]] = &[
        ROTATE,
        &["rotate", "--yes"],
        &["rotate", "--env", "all", "--yes"],
        &["rotate", "--env", "prod", "--dry-run"],
        &["rotate", "--env", "local", "--yes", "--no-sync-mounted-keys"],
        &["resume"],
        &["resume", "--env", "local"],
        &["sync", "--env", "local"],
        &["rollback", "--env", "local", "--yes"],
        &["token", "restore", "--env", "local"],
    ];
    for Wrong { what, prepare, folder, says } in WRONG {
        let host = Host::empty();
        prepare(&host);
        fs::create_dir_all(host.path(folder)).unwrap();
        let before = host.tree();
        for command in commands {
            let run = in_folder(&host, folder, &[command, &["--json"][..]].concat(), &[]);
            assert_eq!(run.status, Some(3), "{what}: {command:?}: {run:?}");
            assert_eq!(run.code(), "ERR_NOTHING_HERE", "{what}: {command:?}");
            assert!(run.stdout.contains(says), "{what}: {run:?}");
            // Where it has looked, in a person's words, before anything else.
            assert!(run.stdout.contains(".generated/spacetimedb-keys"), "{what}: {run:?}");
            assert_eq!(host.tree(), before, "{what}: {command:?}");
        }
        let run = in_folder(&host, folder, &["verify", "--json"], &[]);
        assert_eq!(run.status, Some(1), "{what}: {run:?}");
        let codes: Vec<_> =
            run.json()["problems"].as_array().unwrap().iter().map(|p| p["code"].clone()).collect();
        assert!(codes.contains(&json!("ERR_NOTHING_HERE")), "{what}: {codes:?}");
        assert_eq!(host.tree(), before, "{what}");
    }
    println!("{} places, {} commands each", WRONG.len(), commands.len() + 1);
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
    refused(None, &["--mounted-keys-dir", "keys"], "--mounted-keys-dir");
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

/// Mounts need root, and a system that lets it. Whoever cannot is told that it was not tried.
fn in_mount_namespace(host: &Host, script: &str) -> Option<Run> {
    let program = crate::common::program();
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", script]).current_dir(host.path(""));
    command.env("KEYS", program).env("HOME", host.path("home"));
    let run = Run::of(&mut command, b"");
    let cannot = run.stderr.contains("unshare:") || run.stderr.contains("mount:");
    if cannot {
        println!("not tried: {}", run.stderr);
    }
    (!cannot).then_some(run)
}

#[test]
fn a_file_that_is_a_mount_of_its_own_is_told_before_anything_is_pushed() {
    for path in [PRIVATE, PUBLIC, CLI_TOML] {
        for command in
            ["rotate --env local --yes", "rotate --env local --dry-run", "sync --env local"]
        {
            let host = Host::new();
            if command.starts_with("sync") {
                // Something to bring here.
                host.run(ROTATE).success();
                host.write(PRIVATE, Host::new().read(PRIVATE));
                host.write(PUBLIC, Host::new().read(PUBLIC));
                host.write(CLI_TOML, Host::new().read(CLI_TOML));
            }
            let store =
                |host: &Host| host.tree().keys().filter(|path| path.starts_with(STORE)).count();
            let before = store(&host);
            let script =
                format!("cp {path} own; mount --bind own {path}; exec \"$KEYS\" {command} --json");
            let Some(run) = in_mount_namespace(&host, &script) else { return };
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(3), "ERR_MOUNT_POINT"),
                "{path}: {command}: {run:?}"
            );
            assert!(run.stdout.contains(path), "{run:?}");
            assert!(run.hint().contains("mount its folder"), "{run:?}");
            assert_eq!(store(&host), before, "{path}: {command}: something was pushed");
        }
    }
    // The way out, as it is printed.
    let host = Host::new();
    let script = format!(
        "cp {PRIVATE} own; mount --bind own {PRIVATE}; exec \"$KEYS\" rotate --env local --yes --no-sync-mounted-keys --json"
    );
    let Some(run) = in_mount_namespace(&host, &script) else { return };
    run.success();
}

#[test]
fn a_read_only_folder_is_told_before_anything_is_pushed() {
    for (folder, leave) in [
        (".generated/spacetimedb-keys", "--no-sync-mounted-keys"),
        ("data/.config/spacetime", "--no-preserve-publisher-token"),
    ] {
        for command in ["rotate --env local --yes", "rotate --env local --dry-run"] {
            let host = Host::new();
            let script = format!(
                "mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}; exec \"$KEYS\" {command} --json"
            );
            let Some(run) = in_mount_namespace(&host, &script) else { return };
            assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_IO"), "{run:?}");
            let hint = run.hint();
            assert!(hint.contains("mounted read-only") && hint.contains(leave), "{hint}");
            assert!(!hint.contains("resume") && !hint.contains("run as the user"), "{hint}");
            assert!(!host.path(&format!("{STORE}/kv-local")).exists(), "something was pushed");
        }
    }
}

/// A state in which a rotation would make, or overwrite, what nobody asked for.
struct State {
    what: &'static str,
    prepare: fn(&Host),
    /// Said beside the command.
    flags: &'static [&'static str],
    status: i32,
    code: &'static str,
    /// What the refusal names.
    says: &'static str,
}

const fn state(
    what: &'static str,
    prepare: fn(&Host),
    (status, code): (i32, &'static str),
    says: &'static str,
) -> State {
    State { what, prepare, flags: &[], status, code, says }
}

const STATES: &[State] = &[
    state(
        "a configuration that everybody may write",
        |host| {
            real(host, ".");
            host.write(CONFIG, "");
            host.set_mode(CONFIG, 0o666);
        },
        (3, "ERR_CONFIG_UNTRUSTED"),
        CONFIG,
    ),
    State {
        flags: &["--config", "../gone.toml"],
        ..state(
            "a configuration that is not there",
            |host| real(host, "."),
            (4, "ERR_IO"),
            "gone.toml",
        )
    },
    state(
        "a folder in the configuration's place",
        |host| {
            real(host, ".");
            fs::create_dir(host.path(CONFIG)).unwrap();
        },
        (4, "ERR_IO"),
        CONFIG,
    ),
    state(
        "a misspelt entry",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[host]\nkey_dir = \"keys\"\n");
        },
        (2, "ERR_CONFIG"),
        "key_dir",
    ),
    state(
        "a folder of keys that is named and not there",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[host]\nkeys_dir = \"keys\"\n");
        },
        (4, "ERR_NAMED_MISSING"),
        "keys",
    ),
    state(
        "a cli.toml that is named and not there",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[host]\ncli_toml = \"cli.tml\"\n");
        },
        (4, "ERR_NAMED_MISSING"),
        "cli.tml",
    ),
    state(
        "a variable in a path",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[host]\nkeys_dir = \"$KEYS\"\n");
        },
        (2, "ERR_CONFIG"),
        "$KEYS",
    ),
    state(
        "another user's home folder in a path",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[store]\npath = \"~operator/keys\"\n");
        },
        (2, "ERR_CONFIG"),
        "~NAME",
    ),
    state(
        "an environment that is not configured",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[environments]\nprod = \"kv-prod\"\n");
        },
        (2, "ERR_ENVIRONMENT_UNKNOWN"),
        "prod",
    ),
    state(
        "a host of an environment that is not configured",
        |host| {
            real(host, ".");
            host.write(CONFIG, "[host]\nenvironment = \"staging\"\n");
        },
        (2, "ERR_ENVIRONMENT_UNKNOWN"),
        "prod",
    ),
    state(
        "a file in the store's place",
        |host| {
            real(host, ".");
            host.write(STORE, "");
        },
        (4, "ERR_IO"),
        STORE,
    ),
    State {
        flags: &["--mounted-keys-dir", "notes"],
        ..state(
            "a file in the place of the keys' folder",
            |host| {
                real(host, ".");
                host.write("notes", "");
            },
            (4, "ERR_IO"),
            "notes",
        )
    },
    state(
        "a folder in the place of cli.toml",
        |host| {
            real(host, ".");
            host.remove(CLI_TOML);
            fs::create_dir(host.path(CLI_TOML)).unwrap();
        },
        (4, "ERR_IO"),
        CLI_TOML,
    ),
    state(
        "a symbolic link in the place of a key",
        |host| {
            real(host, ".");
            fs::rename(host.path(PRIVATE), host.path("key")).unwrap();
            symlink(host.path("key"), host.path(PRIVATE)).unwrap();
        },
        (3, "ERR_SYMLINK"),
        PRIVATE,
    ),
    state(
        "a private key that cannot be read",
        |host| {
            real(host, ".");
            host.write(PRIVATE, "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n");
        },
        (3, "ERR_MOUNTED_UNREADABLE"),
        PRIVATE,
    ),
    state(
        "halves of two pairs",
        |host| {
            real(host, ".");
            host.write(
                PRIVATE,
                spacetime_keys_core::PrivateKey::generate().unwrap().to_pem().as_bytes(),
            );
        },
        (3, "ERR_MOUNTED_UNSOUND"),
        "local",
    ),
    state(
        "keys of other names",
        |host| {
            real(host, ".");
            let folder = host.path(".generated/spacetimedb-keys");
            fs::rename(host.path(PRIVATE), folder.join("jwt.key")).unwrap();
            fs::rename(host.path(PUBLIC), folder.join("jwt.pub")).unwrap();
            host.remove(CLI_TOML);
            host.write(CONFIG, "");
        },
        (3, "ERR_MOUNTED_OTHER_NAMES"),
        "jwt.key",
    ),
    state(
        "a token, and its server's keys somewhere else",
        |host| {
            real(host, ".");
            host.remove(".generated");
        },
        (3, "ERR_TOKEN_UNVERIFIED"),
        "local",
    ),
    state(
        "a cli.toml that is no TOML",
        |host| {
            real(host, ".");
            host.write(CLI_TOML, "[[");
        },
        (4, "ERR_TOML_SYNTAX"),
        "line 1",
    ),
    state(
        "a note of another run that is damaged",
        |host| {
            real(host, ".");
            host.write(".spacetime-keys/.state/unfinished.json", "{");
        },
        (4, "ERR_JOURNAL_DAMAGED"),
        "unfinished.json",
    ),
    state(
        "keys that are in a container",
        |host| {
            host.write(
                "compose.yaml",
                "services: {stdb: {image: clockworklabs/spacetime, command: start}}\n",
            );
            host.run(&["init"]).success();
        },
        (4, "ERR_NAMED_MISSING"),
        "spacetimedb-keys",
    ),
];

#[test]
fn in_a_wrong_state_nothing_is_made_and_the_refusal_names_what_was_found() {
    for State { what, prepare, flags, status, code, says } in STATES {
        let host = Host::empty();
        prepare(&host);
        let before = host.tree();
        for command in [ROTATE, &["rotate", "--env", "local", "--dry-run"]] {
            let run = host.run(&[command, flags, &["--json"]].concat());
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(*status), *code),
                "{what}: {run:?}"
            );
            assert!(run.stdout.contains(says), "{what}: {run:?}");
            assert_eq!(host.tree(), before, "{what}: {command:?}");
        }
    }
    let all = STATES.len() + WRONG.len();
    println!("{all} places and states");
    assert!(all >= 30, "{all}");
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
