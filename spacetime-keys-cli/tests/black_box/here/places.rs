//! Wrong places.

use super::*;

/// What somebody has made of a folder before the program is run in it.
pub(super) struct Wrong {
    what: &'static str,
    prepare: fn(&Host),
    folder: &'static str,
    /// What the refusal names.
    says: &'static str,
}

/// Places in which nothing of a server is where the program looks, and nobody has said that it
/// belongs there.
pub(super) const WRONG: &[Wrong] = &[
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
