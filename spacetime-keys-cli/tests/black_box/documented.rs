//! Every command that a page names is one of the program's, with flags that it has: in running text, in
//! tables, and in blocks that cannot be run here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::Host;
use crate::pages;

/// The README, `docs/`, and the texts beside them.
fn texts() -> Vec<PathBuf> {
    let root = pages::path("..");
    let mut texts: Vec<_> = ["README.md", "SECURITY.md", "CONTRIBUTING.md"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    for folder in ["docs", "docs/internals"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        texts.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    texts
}

/// The help of each command, by its words: `token mint`.
struct Helps {
    host: Host,
    known: BTreeMap<Vec<String>, Option<String>>,
}

impl Helps {
    /// `None`: there is no such command.
    fn of(&mut self, command: &[&str]) -> Option<String> {
        let key: Vec<_> = command.iter().map(|&word| word.to_owned()).collect();
        if !self.known.contains_key(&key) {
            let run = self.host.run(&[command, &["--help"]].concat());
            let help = (run.status == Some(0)).then_some(run.stdout);
            self.known.insert(key.clone(), help);
        }
        self.known.get(&key).unwrap().clone()
    }

    /// What is wrong with a command line, if something is.
    fn complaint(&mut self, line: &str) -> Option<String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let is_name = |word: &&&str| {
            word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
                && !word.starts_with('-')
        };
        let names: Vec<&str> = words.iter().take_while(is_name).copied().take(2).collect();
        let whole = self.of(&names);
        // The second word may be an argument.
        let first = names.get(..1).and_then(|first| self.of(first));
        let Some((help, length)) =
            whole.map(|help| (help, names.len())).or(first.map(|help| (help, 1)))
        else {
            return names.first().map(|&name| name.to_owned());
        };
        let known = |flag: &str| {
            help.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
                .any(|word| word == flag)
        };
        words.iter().skip(length).find_map(|word| {
            let flag = word.trim_matches(|letter| "[]…()\"'".contains(letter));
            let flag = flag.split(['=', '\\', '[']).next().unwrap();
            (flag.starts_with('-') && flag.len() > 1 && !known(flag)).then(|| flag.to_owned())
        })
    }
}

/// What stands behind `spacetime-keys` in a line, up to where another command or the text goes on.
fn command_lines(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let joined = text.replace("\\\n", " ");
    for (index, line) in joined.lines().enumerate() {
        for (at, name) in line.match_indices("spacetime-keys ") {
            let (before, part) = (line.get(..at).unwrap(), line.get(at + name.len()..).unwrap());
            // In a sentence it is the program's name.
            if before.trim_end().ends_with(char::is_alphanumeric) {
                continue;
            }
            let end = part.find(['`', '|', '<', '>', ';', '#', '&', ')']).unwrap_or(part.len());
            found.push((index + 1, part.get(..end).unwrap().to_owned()));
        }
    }
    found
}

#[test]
fn every_command_that_a_page_names() {
    let mut helps = Helps { host: Host::empty(), known: BTreeMap::new() };
    let (mut complaints, mut seen) = (Vec::new(), 0);
    for path in texts() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (line, command) in command_lines(&fs::read_to_string(&path).unwrap()) {
            seen += 1;
            if let Some(flag) = helps.complaint(&command) {
                complaints.push(format!("{name}:{line}: {flag} in `{}`", command.trim()));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(seen >= 150, "{seen}");
}

#[test]
fn a_wrong_one_is_seen() {
    let mut helps = Helps { host: Host::empty(), known: BTreeMap::new() };
    for (line, wrong) in [
        ("rotate --env prod --restart", None),
        ("token mint --private-key F --issuer I", None),
        ("completions bash", None),
        ("--version", None),
        ("turn --env prod", Some("turn")),
        ("rotate --environment prod", Some("--environment")),
        ("token mint --private", Some("--private")),
        ("verify [--env E]…", None),
    ] {
        assert_eq!(helps.complaint(line).as_deref(), wrong, "{line}");
    }
    let text =
        "`spacetime-keys verify -q` and `spacetime-keys sync`\nspacetime-keys a \\\n  --b | jq\n";
    let lines = command_lines(text);
    let commands: Vec<_> = lines.iter().map(|(_, command)| command.trim()).collect();
    assert_eq!(commands, ["verify -q", "sync", "a    --b"]);
    assert!(Path::new(&texts()[0]).is_file());
}
