//! Places that are refused: nothing is written there.

use std::os::unix::fs::symlink;

use super::world::{AZURE, BACK, BACK_STORE, copied, copy, rotated, store, vaults};
use crate::common::{CONFIG, Host, Run, STORE};
use crate::key_vault::fleet::{Fleet, PRIVATE_SECRET, PUBLIC_SECRET, VAULTS};

#[track_caller]
fn refused(host: &Host, to: &str, more: &[&str], code: &str) -> Run {
    let before = host.tree();
    let copy = ["store", "copy", "--to", to, "--yes", "--json"];
    let run = host.run(&[&copy, more].concat());
    assert_eq!(run.code(), code, "{run:?}");
    assert!(matches!(run.status, Some(2 | 3)) && !run.hint().is_empty(), "{run:?}");
    assert!(host.tree() == before, "{to}: something was written");
    run
}

#[test]
fn a_store_is_not_copied_onto_itself() {
    let host = rotated();
    symlink(store(&host), host.path("link")).unwrap();
    host.write("links/kept", "");
    symlink(host.path(STORE).join("kv-dev"), host.path("links/kv-dev")).unwrap();
    std::fs::create_dir_all(host.path("inner/kv-test")).unwrap();
    let secret = store(&host).join("kv-test").join(PRIVATE_SECRET);
    symlink(secret, host.path("inner/kv-test").join(PRIVATE_SECRET)).unwrap();
    for (name, text) in [
        ("same.toml", String::new()),
        ("dots.toml", format!("[store]\npath = \"data/../{STORE}\"\n")),
        ("whole.toml", format!("[store]\npath = \"{}\"\n", store(&host).display())),
        ("linked.toml", "[store]\npath = \"link\"\n".to_owned()),
        ("vault.toml", "[store]\npath = \"links\"\n".to_owned()),
        ("secret.toml", "[store]\npath = \"inner\"\n".to_owned()),
    ] {
        host.write(name, text);
        refused(&host, name, &[], "ERR_COPY_SAME");
    }
    // Another environment's vault of the source.
    let crossed =
        "[environments]\nprod = \"kv-test\"\ntest = \"kv-prod\"\ndev = \"a\"\nlocal = \"b\"\n";
    host.write("crossed.toml", crossed);
    refused(&host, "crossed.toml", &[], "ERR_COPY_SAME");
    // A key vault has one name in all of Azure, in either case.
    let fleet = Fleet::new();
    let upper = host.read(AZURE) + "[environments]\nprod = \"KV-PROD\"\n";
    host.write("upper.toml", upper);
    let run = copy(&fleet, &host, AZURE, "upper.toml", &["--env", "prod"]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_SAME"), "{run:?}");
    assert!(fleet.stand_in.requests().is_empty());
}

#[test]
fn what_is_no_beginning_of_the_source_stays_as_it_is() {
    let host = rotated();
    // Somebody else's keys; the source's, but the second version first; one too many.
    for (name, prepare) in [
        (
            "foreign",
            (|host: &Host, to: &str| {
                let other = Host::new();
                other.run(&["rotate", "--env", "prod", "--host-env", "local", "--yes"]).success();
                let secret = format!("kv-prod/{PRIVATE_SECRET}/00000001");
                for file in ["value", "properties.json"] {
                    let text = other.read(&format!("{STORE}/{secret}/{file}"));
                    host.write(&format!("{to}/{secret}/{file}"), text);
                }
            }) as fn(&Host, &str),
        ),
        ("order", |host, to| {
            for (from, at) in [("00000002", "00000001"), ("00000001", "00000002")] {
                for file in ["value", "properties.json"] {
                    let text =
                        host.read(&format!("{STORE}/kv-prod/{PRIVATE_SECRET}/{from}/{file}"));
                    host.write(&format!("{to}/kv-prod/{PRIVATE_SECRET}/{at}/{file}"), text);
                }
            }
        }),
        ("tags", |host, to| {
            let from = format!("{STORE}/kv-dev/{PUBLIC_SECRET}/00000001/value");
            host.write(&format!("{to}/kv-dev/{PUBLIC_SECRET}/00000001/value"), host.read(&from));
        }),
    ] {
        host.write(&format!("{name}.toml"), format!("[store]\npath = \"{name}\"\n"));
        prepare(&host, name);
        let run = refused(&host, &format!("{name}.toml"), &[], "ERR_COPY_DIVERGED");
        let message = run.json()["error"]["message"].to_string();
        assert!(message.contains("version 00000001 of spacetimedb-jwt-"), "{message}");
        // The other environments are not begun either.
        refused(&host, &format!("{name}.toml"), &["--dry-run"], "ERR_COPY_DIVERGED");
    }
}

#[test]
fn configurations_that_do_not_fit() {
    let host = rotated();
    let all = "[environments]\nprod = \"a\"\ntest = \"b\"\ndev = \"c\"\nlocal = \"d\"\n";
    host.write(
        "groups.toml",
        format!("[store]\npath = \"to\"\n{all}[policy]\ngroups = [[\"dev\"], [\"local\"]]\n"),
    );
    let run = refused(&host, "groups.toml", &[], "ERR_COPY_GROUPS");
    assert_eq!(run.status, Some(3));
    assert!(run.json()["error"]["message"].to_string().contains("dev"), "{run:?}");
    host.write("few.toml", "[store]\npath = \"to\"\n[environments]\nprod = \"a\"\n");
    let run = refused(&host, "few.toml", &[], "ERR_ENVIRONMENT_UNKNOWN");
    assert_eq!(run.hint(), "one of: prod");
    host.run(&["store", "copy", "--to", "few.toml", "--env", "prod", "--yes"]).success();
    refused(&host, BACK, &["--env", "nowhere"], "ERR_ENVIRONMENT_UNKNOWN");
    let missing = host.run(&["store", "copy", "--to", "missing.toml", "--yes", "--json"]);
    assert_eq!((missing.status, &*missing.code()), (Some(4), "ERR_IO"), "{missing:?}");
    assert!(!host.path(BACK_STORE).exists());
    // Nothing is there to be copied: the wrong way round.
    let run = host.run(&["store", "copy", "--config", BACK, "--to", CONFIG, "--yes", "--json"]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_NOTHING"), "{run:?}");
}

#[test]
fn nobody_agreed() {
    let host = rotated();
    let before = host.tree();
    let run = host.run(&["store", "copy", "--to", BACK, "--json"]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_NOT_CONFIRMED"), "{run:?}");
    let run = host.run(&["store", "copy", "--to", BACK, "--dry-run", "--json"]).success().json();
    assert_eq!(run["dry_run"], true);
    assert!(host.tree() == before, "something was written");
}

/// A run that was cut short may have written one key of two: it is finished first.
#[cfg(feature = "testing")]
#[test]
fn unfinished_runs_are_finished_first() {
    let (fleet, host) = (Fleet::new(), rotated());
    for (from, to) in [(CONFIG, AZURE), (AZURE, CONFIG)] {
        let note = format!("{STORE}/.state/unfinished.json");
        let cut = host
            .command(&["rotate", "--env", "prod", "--host-env", "local", "--yes"])
            .env("SPACETIME_KEYS_FAILPOINT", "journal:before-removal=fail")
            .output()
            .unwrap();
        assert_eq!(cut.status.code(), Some(4), "{cut:?}");
        assert!(host.path(&note).exists());
        let run = copy(&fleet, &host, from, to, &[]);
        assert_eq!((run.status, &*run.code()), (Some(3), "ERR_UNFINISHED"), "{run:?}");
        host.run(&["resume"]).success();
    }
    assert!(VAULTS.iter().all(|vault| fleet.stand_in.secret_names(vault).is_empty()));
}

#[test]
fn a_folder_that_cannot_be_written_and_a_secret_that_was_deleted() {
    let (fleet, host) = (Fleet::new(), rotated());
    let before = vaults(&store(&host));
    host.write("back/kv-prod", "a file in the place of a vault");
    let run = copy(&fleet, &host, CONFIG, BACK, &[]);
    assert_eq!((run.status, &*run.code()), (Some(4), "ERR_IO"), "{run:?}");
    assert!(!host.path("back/kv-test").exists(), "something was written");
    host.remove("back/kv-prod");
    copied(&fleet, &host, CONFIG, BACK);

    fleet.stand_in.write("kv-dev", PRIVATE_SECRET, "old", None, &[]);
    fleet.stand_in.delete("kv-dev", PRIVATE_SECRET);
    let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
    assert_eq!((run.status, &*run.code()), (Some(4), "ERR_STORE_SECRET_DELETED"), "{run:?}");
    assert!(run.hint().contains("store copy --to CONFIG"), "{run:?}");
    assert!(vaults(&store(&host)) == before, "the source was changed");
}
