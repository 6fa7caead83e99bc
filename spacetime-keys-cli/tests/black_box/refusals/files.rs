//! Files that cannot be written.

use super::*;

#[test]
fn a_symbolic_link_in_a_files_place() {
    for (file, folder) in [(CLI_TOML, "--cli-toml"), (PRIVATE, "--keys-dir")] {
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

#[track_caller]
fn refused_to(user: &Unprivileged, arguments: &[&str]) {
    let before = user.host.tree();
    let run = user.run(&and(arguments, &["--json"]));
    assert_eq!((run.status, &*run.code()), (Some(FAILED), "ERR_IO"), "{run:?}");
    assert!(run.hint().contains("writable"), "{run:?}");
    assert!(run.stdout.contains("permission denied"), "{run:?}");
    assert_eq!(user.host.tree(), before);
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
        refused_to(&unprivileged, ROTATE);
        if path == CLI_TOML || path.starts_with("data/") {
            refused_to(&unprivileged, RESIGN);
            refused_to(&unprivileged, RESTORE);
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
