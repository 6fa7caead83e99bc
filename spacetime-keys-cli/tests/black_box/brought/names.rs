//! A server's keys under names of their own (`--jwt-priv-key-path` takes any).

use super::*;

const OTHER_PRIVATE: &str = ".generated/spacetimedb-keys/jwt.key";
const OTHER_PUBLIC: &str = ".generated/spacetimedb-keys/jwt.pub.pem";

fn rename(host: &Host, from: &str, to: &str) {
    std::fs::rename(host.path(from), host.path(to)).unwrap();
}

fn renamed(host: &Host) {
    rename(host, PRIVATE, OTHER_PRIVATE);
    rename(host, PUBLIC, OTHER_PUBLIC);
}

#[test]
fn verify_names_what_it_looks_for_and_what_lies_there() {
    for host in [Host::new(), Host::rotated("local")] {
        renamed(&host);
        let fleet = ["verify", "--env", "local", "--json"];
        for verify in [&["verify", "--keys-dir", KEYS, "--json"], &fleet] {
            let run = host.run(verify);
            let found = problems(&run);
            let missing = found.iter().find(|problem| problem["code"] == "ERR_MOUNTED_MISSING");
            let message = missing.unwrap()["message"].as_str().unwrap();
            for name in ["id_ecdsa", "id_ecdsa.pub", "jwt.key", "jwt.pub.pem"] {
                assert!(message.contains(name), "{name}: {message}");
            }
        }
    }
}

/// A server would go on reading the other file, while the run would say "done and proven".
#[test]
fn nothing_is_mounted_beside_a_private_key_of_another_name() {
    for command in [
        &["rotate", "--env", "local", "--yes", "--json"][..],
        &["rotate", "--env", "local", "--dry-run", "--json"],
        &["sync", "--env", "local", "--json"],
    ] {
        let is_rotation = command[0] == "rotate";
        for host in
            [Host::rotated("local"), Host::new()].into_iter().take(1 + usize::from(is_rotation))
        {
            renamed(&host);
            // Whether there is a token, and whose, is another question.
            let command = [command, &["--no-preserve-publisher-token"]].concat();
            let before = host.tree();
            let run = host.run(&command);
            assert_eq!(run.status, Some(3), "{command:?}: {run:?}");
            assert_eq!(run.code(), "ERR_MOUNTED_OTHER_NAMES", "{command:?}");
            let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("jwt.key") && !message.contains("jwt.pub.pem"), "{message}");
            assert!(host.tree() == before, "{command:?} has changed something");
            // As the hint says.
            rename(&host, OTHER_PRIVATE, PRIVATE);
            rename(&host, OTHER_PUBLIC, PUBLIC);
            host.run(&command).success();
        }
    }
}

#[test]
fn files_that_are_no_private_keys_of_a_server_are_not_minded() {
    for (what, name, content) in [
        ("a public key", "old.pub", None),
        ("a key of the user's own kind", "rs256.pem", Some(RSA)),
        ("a text", "README", Some("keys of the server")),
        ("a hidden file", ".old", None),
    ] {
        let host = Host::rotated("local");
        let content = content.map_or_else(
            || host.read(if name == ".old" { PRIVATE } else { PUBLIC }),
            str::to_owned,
        );
        host.remove(PRIVATE);
        host.remove(PUBLIC);
        host.write(&format!("{KEYS}/{name}"), content);
        let run = host.run(&["sync", "--env", "local"]);
        assert_eq!(run.status, Some(0), "{what}: {run:?}");
        proven(&host, what);
    }
}

const RSA: &str = include_str!("../../../../spacetime-keys-core/tests/fixtures/pem/rsa-pkcs8.pem");
