//! Files and folders that are mounts of their own, or read-only.

use super::*;

/// Mounts need root, and a system that lets it. Elsewhere the test says that it was not tried.
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
