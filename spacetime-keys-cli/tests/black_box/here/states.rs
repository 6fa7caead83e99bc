//! Wrong states.

use super::places::WRONG;
use super::*;

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
        flags: &["--keys-dir", "notes"],
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
