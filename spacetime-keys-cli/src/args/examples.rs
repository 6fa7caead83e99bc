//! An example or two at the end of each help text.

use clap::Command;

/// The command's words, and what is typed.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("init", &["spacetime-keys init", "spacetime-keys init --with deploy --env local --new-keys"]),
    (
        "rotate",
        &[
            "spacetime-keys rotate --env prod --dry-run",
            "spacetime-keys rotate --env prod --honor-old-tokens 30d",
            "spacetime-keys rotate --env local --yes --restart \"docker compose restart spacetimedb\"",
        ],
    ),
    ("resume", &["spacetime-keys resume", "spacetime-keys resume --env prod --dry-run"]),
    ("rollback", &["spacetime-keys rollback --env prod"]),
    ("sync", &["spacetime-keys sync --env prod", "spacetime-keys sync --dry-run"]),
    (
        "verify",
        &[
            "spacetime-keys verify",
            "spacetime-keys verify --env prod,test --max-age-days 90 --json",
            "spacetime-keys verify --keys-dir .generated/spacetimedb-keys",
        ],
    ),
    ("history", &["spacetime-keys history --env prod"]),
    (
        "doctor",
        &[
            "spacetime-keys doctor",
            "spacetime-keys doctor --server https://db.example.com --database app",
            "docker compose logs | spacetime-keys doctor --logs -",
            "spacetime-keys doctor --fix",
        ],
    ),
    (
        "exchange",
        &["spacetime-keys exchange --server http://127.0.0.1:3000 --listen 127.0.0.1:3010"],
    ),
    (
        "promote passport",
        &[
            "spacetime-keys promote passport --env prod --server http://127.0.0.1:3000 --database app > passport.json",
        ],
    ),
    (
        "promote admit",
        &[
            "spacetime-keys promote admit --passport passport.json --env test --dry-run",
            "spacetime-keys promote admit --passport passport.json --env test --data data/server --yes",
        ],
    ),
    (
        "promote accept",
        &[
            "spacetime-keys promote accept --passport passport.json --server http://127.0.0.1:3000 --wait 1m",
        ],
    ),
    (
        "scan",
        &[
            "spacetime-keys scan backup.tar.gz ci-log.txt /srv/www",
            "git log -p --all | spacetime-keys scan -",
        ],
    ),
    ("store copy", &["spacetime-keys store copy --to vault/spacetime-keys.toml --dry-run"]),
    ("config show", &["spacetime-keys config show"]),
    ("key generate", &["spacetime-keys key generate --out app-keys"]),
    (
        "key normalize",
        &[
            "spacetime-keys key normalize --check id_ecdsa id_ecdsa.pub",
            "spacetime-keys key normalize < from-the-vault.pem > id_ecdsa",
        ],
    ),
    (
        "key fingerprint",
        &["spacetime-keys key fingerprint .generated/spacetimedb-keys/id_ecdsa.pub"],
    ),
    ("key check", &["spacetime-keys key check .generated/spacetimedb-keys"]),
    (
        "token decode",
        &[
            "spacetime-keys token decode < token",
            "spacetime-keys token decode --cli-toml ~/.config/spacetime/cli.toml",
        ],
    ),
    (
        "token verify",
        &[
            "spacetime-keys token verify --public-key id_ecdsa.pub < token",
            "spacetime-keys token verify --jwks https://id.example.com --audience spacetimedb < token",
        ],
    ),
    (
        "token check",
        &[
            "spacetime-keys token check --server https://db.example.com < token",
            "spacetime-keys token check --server local --cli-toml ~/.config/spacetime/cli.toml",
            "spacetime-keys token check --keys-dir .generated/spacetimedb-keys --server-version 2.8 < token",
            "spacetime-keys token check --jwks https://id.example.com/.well-known/openid-configuration < token",
        ],
    ),
    (
        "token mint",
        &[
            "spacetime-keys token mint --private-key app-keys/id_ecdsa --issuer https://app.example.com --subject u_1",
            "spacetime-keys token mint --private-key app-keys/id_ecdsa --issuer https://app.example.com --purpose robot --subject robot:mailer --ttl 5m",
        ],
    ),
    (
        "token resign",
        &[
            "spacetime-keys token resign --cli-toml cli.toml --private-key id_ecdsa --previous-public-key old.pub",
        ],
    ),
    (
        "token recover",
        &[
            "spacetime-keys token recover --server http://127.0.0.1:3000 --database app",
            "spacetime-keys token recover --list /backup ~/.bash_history",
        ],
    ),
    ("token restore", &["spacetime-keys token restore --env prod"]),
    (
        "identity derive",
        &["spacetime-keys identity derive --issuer https://app.example.com --subject u_1"],
    ),
    (
        "identity map",
        &[
            "spacetime-keys identity map --from-issuer https://old.example.com --to-issuer https://app.example.com --input users.csv --out links.csv",
        ],
    ),
    (
        "identity inspect",
        &[
            "spacetime-keys identity inspect c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad",
        ],
    ),
    (
        "jwks export",
        &[
            "spacetime-keys jwks export app-keys/id_ecdsa.pub > jwks.json",
            "spacetime-keys jwks export app-keys/id_ecdsa.pub --issuer https://app.example.com --out public",
        ],
    ),
    (
        "jwks lint",
        &["spacetime-keys jwks lint https://app.example.com", "spacetime-keys jwks lint jwks.json"],
    ),
    ("jwks rollover", &["spacetime-keys jwks rollover --token-ttl 15m"]),
    (
        "completions",
        &[
            "spacetime-keys completions bash > ~/.local/share/bash-completion/completions/spacetime-keys",
        ],
    ),
    ("man", &["spacetime-keys man --out ~/.local/share/man/man1"]),
];

/// The same command, with its examples and those of the commands in it.
pub(super) fn add(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (path, examples)| {
        let words: Vec<&str> = path.split(' ').collect();
        at(command, &words, examples)
    })
}

fn at(command: Command, path: &[&str], examples: &[&str]) -> Command {
    match path {
        [] => {
            let title = if examples.len() == 1 { "Example" } else { "Examples" };
            let examples: Vec<String> = examples.iter().map(|example| broken(example)).collect();
            command.after_help(format!("{title}:\n  {}", examples.join("\n  ")))
        }
        [name, rest @ ..] => command.mut_subcommand(name, |inner| at(inner, rest, examples)),
    }
}

/// Over several lines, where one would be too long: a command to copy is not broken by the terminal.
fn broken(example: &str) -> String {
    const WIDTH: usize = 76;
    // Options stay with their values.
    let mut parts = example.split(" --");
    let mut lines: Vec<String> = parts.next().map(str::to_owned).into_iter().collect();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.len() + " --".len() + part.len() <= WIDTH => {
                *line = format!("{line} --{part}");
            }
            _ => lines.push(format!("  --{part}")),
        }
    }
    lines.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::command;

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            if inner.has_subcommands() {
                leaves(inner, &path, found);
            } else {
                found.push(path.trim_start().to_owned());
            }
        }
    }

    #[test]
    fn each_command_has_examples() {
        let mut commands = Vec::new();
        leaves(&command(), "", &mut commands);
        let with_examples: Vec<&str> = EXAMPLES.iter().map(|(path, _)| *path).collect();
        assert_eq!(commands, with_examples);
    }

    /// What is typed behind the program's name; a shell has taken the rest.
    fn arguments(line: &str) -> Vec<String> {
        let (_, typed) = line.rsplit_once("spacetime-keys ").unwrap();
        let typed = typed.split([' ']).take_while(|word| !["<", ">", "|"].contains(word));
        let mut words: Vec<String> = Vec::new();
        for word in typed {
            match words.last_mut() {
                Some(quoted) if quoted.matches('"').count() == 1 => {
                    *quoted = format!("{quoted} {word}");
                }
                _ => words.push(word.to_owned()),
            }
        }
        words.into_iter().map(|word| word.replace('"', "")).collect()
    }

    #[test]
    fn each_example_is_understood() {
        for (path, examples) in EXAMPLES {
            for example in *examples {
                // The program's name is not the last that a path in an example may have.
                let line = example.replace("bash-completion/completions/spacetime-keys", "x");
                let line = line.replace("vault/spacetime-keys.toml", "vault.toml");
                let typed = std::iter::once("spacetime-keys".to_owned()).chain(arguments(&line));
                let matches = command().try_get_matches_from(typed);
                assert!(matches.is_ok(), "{example}: {:?}", matches.map(|_| ()));
                let words: Vec<&str> = path.split(' ').collect();
                let mut matches = matches.as_ref().ok().and_then(clap::ArgMatches::subcommand);
                for word in words {
                    let (name, inner) = matches.unwrap();
                    assert_eq!(name, word, "{example}");
                    matches = inner.subcommand();
                }
            }
        }
    }
}
