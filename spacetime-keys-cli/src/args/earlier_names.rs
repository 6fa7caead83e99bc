//! Earlier names of options, which go on working as hidden aliases.

use crate::args::command;

/// A command line with an earlier name, and the same with today's.
const NAMES: &[(&str, &str)] = &[
    ("rotate --mounted-keys-dir k", "rotate --keys-dir k"),
    ("resume --mounted-keys-dir k", "resume --keys-dir k"),
    ("rollback --mounted-keys-dir k", "rollback --keys-dir k"),
    ("sync --mounted-keys-dir k", "sync --keys-dir k"),
    ("verify --mounted-keys-dir k", "verify --keys-dir k"),
    ("token restore --mounted-keys-dir k", "token restore --keys-dir k"),
    ("rotate -d", "rotate --dry-run"),
    (
        "identity map --from-issuer a --to-issuer b --output o",
        "identity map --from-issuer a --to-issuer b --out o",
    ),
];

#[test]
fn earlier_names_mean_todays() {
    for (earlier, today) in NAMES {
        let parsed = [earlier, today].map(|line| {
            let words = std::iter::once("spacetime-keys").chain(line.split(' '));
            command().try_get_matches_from(words).unwrap_or_else(|_| panic!("{line}"))
        });
        assert_eq!(parsed[0], parsed[1], "{earlier}");
    }
}

#[test]
fn no_help_text_names_an_earlier_name() {
    fn texts(mut command: clap::Command, found: &mut Vec<String>) {
        found.push(command.render_long_help().to_string());
        for inner in command.get_subcommands() {
            texts(inner.clone(), found);
        }
    }
    let mut found = Vec::new();
    texts(command(), &mut found);
    let earlier =
        |text: &String| ["--mounted-keys-dir", "--output"].iter().any(|name| text.contains(name));
    assert!(!found.iter().any(earlier));
}
