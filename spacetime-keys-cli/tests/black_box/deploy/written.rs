//! What is written, once and again, beside what is there already.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::{DEPLOY, ENTRYPOINT, FILES, just, run};
use crate::common::{Content, Host, PRIVATE, PROGRAM, Run};

/// The `files[]` of a report: a path inside the folder, and its status.
fn statuses(host: &Host, report: &Value) -> BTreeMap<String, String> {
    let files = report["files"].as_array().unwrap();
    let folder = fs::canonicalize(host.path("")).unwrap();
    let one = |file: &Value| {
        let path = fs::canonicalize(file["path"].as_str().unwrap()).unwrap();
        let inside = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        (inside, file["status"].as_str().unwrap().to_owned())
    };
    files.iter().map(one).collect()
}

fn all(status: &str) -> BTreeMap<String, String> {
    FILES.iter().map(|file| ((*file).to_owned(), status.to_owned())).collect()
}

#[test]
fn the_whole_kit_and_the_same_again() {
    let host = Host::empty();
    let named = [&DEPLOY[..], &["--database", "game", "--env", "prod", "--json"]].concat();
    let report = host.run(&named).success().json();
    assert_eq!(statuses(&host, &report), all("created"));
    for file in FILES {
        let mode = fs::metadata(host.path(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if file == ENTRYPOINT { 0o755 } else { 0o644 }, "{file}");
        assert!(!host.read(file).contains("DATABASE_NAME"), "{file}");
    }
    assert!(host.read("compose.yaml").contains("SPACETIMEDB_DATABASE: \"game\""));
    let before = host.tree();
    // With the same arguments, and with none: the configuration says them.
    for arguments in [named.clone(), [&DEPLOY[..], &["--json"]].concat()] {
        let again = host.run(&arguments).success().json();
        assert_eq!(statuses(&host, &again), all("unchanged"));
        assert_eq!(host.tree(), before);
    }
    // The configuration is one that the program understands.
    let shown = host.run(&["config", "show", "--json"]).success().stdout;
    for value in ["prod", "game", "http://127.0.0.1:3000", "docker compose up"] {
        assert!(shown.contains(value), "{value}: {shown}");
    }
    // What holds keys, tokens or data is kept out of a repository.
    for line in [
        "/.spacetime-keys/",
        "/.generated/spacetimedb-keys/",
        "/data/.config/spacetime/cli.toml",
        ".env",
        "/.config/spacetimedb/",
    ] {
        assert!(host.read(".gitignore").lines().any(|known| known == line), "{line}");
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let host = Host::empty();
    let dry = [&DEPLOY[..], &["--dry-run", "--json"]].concat();
    let report = host.run(&dry).success().json();
    assert_eq!(report["files"].as_array().unwrap().len(), FILES.len());
    assert!(host.tree().keys().all(|path| path.as_os_str().is_empty()), "{:?}", host.tree());
    let other = Host::empty();
    let elsewhere = host.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let there = [&DEPLOY[..], &["--dir", elsewhere.to_str().unwrap()]].concat();
    other.run(&there).success();
    assert!(elsewhere.join(ENTRYPOINT).exists() && !other.path("compose.yaml").exists());
}

#[test]
fn what_differs_is_named_and_left() {
    let host = Host::empty();
    host.write("compose.yaml", "services: {}\n");
    host.write("Caddyfile", "");
    let before = host.tree();
    let run = host.run(&[&DEPLOY[..], &["--json"]].concat());
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_FILE_DIFFERS"), "{run:?}");
    let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("compose.yaml") && message.contains("Caddyfile"), "{message}");
    assert!(!message.contains("compose.prod.yaml"), "{message}");
    assert!(run.hint().contains("init --with deploy --diff"), "{run:?}");
    assert_eq!(host.tree(), before, "all or nothing");
    let diff = host.run(&[&DEPLOY[..], &["--diff"]].concat()).success().stdout;
    assert!(diff.contains("-services: {}") && diff.contains("+    stop_signal: SIGINT"), "{diff}");
    assert_eq!(host.tree(), before);
    // Each file of the kit, changed by one byte.
    let host = Host::empty();
    host.run(&DEPLOY).success();
    for file in FILES.iter().filter(|file| !["justfile", ".gitignore"].contains(file)) {
        let text = host.read(file);
        host.write(file, format!("{text}#"));
        let run = host.run(&[&DEPLOY[..], &["--json"]].concat());
        assert_eq!(run.status, Some(3), "{file}: {run:?}");
        assert_eq!(host.read(file), format!("{text}#"));
        host.write(file, text);
    }
    host.run(&DEPLOY).success();
}

#[test]
fn a_justfile_of_ones_own_stays() {
    for name in ["justfile", "Justfile", ".justfile"] {
        let host = Host::empty();
        host.write(name, "mine:\n    echo mine\n");
        let report = host.run(&[&DEPLOY[..], &["--json"]].concat()).success().json();
        assert_eq!(statuses(&host, &report)[name], "kept");
        let next = report["next"].to_string();
        assert!(next.contains("import 'spacetimedb.just'") && next.contains(name), "{next}");
        assert_eq!(host.read(name), "mine:\n    echo mine\n");
        // The line that is told does it.
        host.write(name, "import 'spacetimedb.just'\n\nmine:\n    echo mine\n");
        let report = host.run(&[&DEPLOY[..], &["--json"]].concat()).success().json();
        assert_eq!(statuses(&host, &report)[name], "unchanged");
        let listed = run(&host, just(), &["--list"]).success().stdout;
        assert!(listed.contains("mine") && listed.contains("spacetimedb-deploy"), "{listed}");
    }
}

#[test]
fn names_that_no_database_can_have() {
    let host = Host::empty();
    let before = host.tree();
    let long = "a".repeat(64);
    for name in [
        "", "Game", "a_b", "-a", "a-", "a--b", "a b", "a\"b", "a'b", "$(x)", "{{x}}", "a/b", "ä",
        "a\nb", &long,
    ] {
        let argument = format!("--database={name}");
        let run = host.run(&[&DEPLOY[..], &[&argument, "--json"]].concat());
        assert_eq!((run.status, run.code().as_str()), (Some(2), "ERR_USAGE"), "{name}: {run:?}");
        assert_eq!(host.tree(), before, "{name}");
    }
    for name in ["a", "7", "null", "my-game-2", &"a".repeat(63)] {
        let host = Host::empty();
        host.run(&[&DEPLOY[..], &["--database", name]].concat()).success();
        assert!(host.read("spacetimedb.just").contains(&format!("\"{name}\"")), "{name}");
    }
    // These belong to the kit's own places.
    for flags in [["--keys-dir", "."], ["--cli-toml", "x"], ["--with", "other"]] {
        let run = host.run(&[&DEPLOY[..], &flags].concat());
        assert_eq!(run.status, Some(2), "{run:?}");
    }
}

/// The server that this machine happens to run, and the keys of the one who works here, are others'.
#[test]
fn what_lies_elsewhere_is_not_taken() {
    let host = Host::new();
    for name in ["id_ecdsa", "id_ecdsa.pub"] {
        let key = host.read(&format!(".generated/spacetimedb-keys/{name}"));
        host.write(&format!("home/.config/spacetime/{name}"), key);
    }
    host.write("home/.config/spacetime/cli.toml", host.read("data/.config/spacetime/cli.toml"));
    host.remove(".generated");
    host.remove("data");
    let report = host.run(&[&DEPLOY[..], &["--new-keys", "--json"]].concat()).success().json();
    assert!(report["keys_dir"].is_null() && report["cli_toml"].is_null(), "{report}");
    assert!(host.path(PRIVATE).exists(), "a first pair of its own");
    assert_ne!(host.read(PRIVATE), host.read("home/.config/spacetime/id_ecdsa"));
}

/// Killed at each moment at which a file takes its name: no file is half there, and the same command
/// again writes what is missing.
#[cfg(target_os = "linux")]
#[test]
fn killed_at_each_file_and_begun_again() {
    let whole = Host::empty();
    whole.run(&DEPLOY).success();
    let whole = whole.tree();
    let (mut killed, mut at) = (0, 0);
    loop {
        at += 1;
        let host = Host::empty();
        let mut traced = Command::new("strace");
        traced.args(["-f", "-o", "/dev/null", "-e", "trace=link,linkat,rename,renameat,renameat2"]);
        let inject =
            format!("inject=link,linkat,rename,renameat,renameat2:signal=SIGKILL:when={at}");
        traced.args(["-e", &inject]).arg(PROGRAM).args(DEPLOY);
        traced.current_dir(host.path("")).env("HOME", host.path("home"));
        let run = Run::of(&mut traced, b"");
        if run.status == Some(0) {
            break;
        }
        killed += 1;
        for (path, entry) in host.tree() {
            let is_temporary = path.to_string_lossy().contains(".spacetime-keys-tmp-");
            assert!(is_temporary || whole.get(&path) == Some(&entry), "{}", path.display());
        }
        host.run(&DEPLOY).success();
        let after = host.tree();
        assert!(whole.iter().all(|(path, entry)| after.get(path) == Some(entry)));
    }
    println!("killed {killed} times");
    assert!(killed >= FILES.len(), "{killed}");
}

/// A place that cannot be written is named; what was written before it is whole.
#[test]
fn a_file_where_a_folder_is_to_be() {
    let host = Host::empty();
    host.write("spacetimedb", "");
    let run = host.run(&[&DEPLOY[..], &["--json"]].concat());
    assert_eq!(run.status, Some(4), "{run:?}");
    host.remove("spacetimedb");
    host.run(&DEPLOY).success();
    // What is a link, a pipe or a folder is no file to be compared.
    for make in ["mkdir compose.yaml", "mkfifo compose.yaml"] {
        let host = Host::empty();
        Run::of(Command::new("sh").args(["-c", make]).current_dir(host.path("")), b"").success();
        let run = host.run(&[&DEPLOY[..], &["--json"]].concat());
        assert_eq!(run.status, Some(4), "{make}: {run:?}");
        assert!(!host.path("Caddyfile").exists(), "{make}");
    }
}

/// With a host's keys and token there, none of them is in any file that is written.
#[test]
fn no_secret_is_in_a_file() {
    let host = Host::new();
    let (key, token) = (host.read(PRIVATE), host.token());
    host.run(&[&DEPLOY[..], &["--database", "game"]].concat()).success();
    let secrets: Vec<&str> = key.lines().filter(|line| !line.starts_with("---")).collect();
    let secrets: Vec<&str> = secrets.into_iter().chain(token.split('.')).collect();
    for file in FILES {
        let text = host.read(file);
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{file}");
        assert!(!text.contains("BEGIN") && !text.contains("eyJ"), "{file}");
    }
    let scanned = host.run(&[&["scan", "--json"], &FILES[..]].concat());
    assert_eq!(scanned.status, Some(0), "{scanned:?}");
    assert!(host.tree().values().all(|entry| entry.content != Content::File(Vec::new())));
}
