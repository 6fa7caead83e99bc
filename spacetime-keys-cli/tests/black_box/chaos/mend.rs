//! What a person does in the end: follows what is printed, and does by hand what only a hand can do.

use std::fs;

use super::judge;
use super::world::World;
use crate::common::{CLI_TOML, PRIVATE, PUBLIC};

/// What is promised, and what is tried.
const PROMISED: usize = 3;
const TRIED: usize = 8;

/// What a break of a `cli.toml` adds, and mending it takes off.
pub(super) const BROKEN: &str = "\n[[[ broken";

impl World {
    /// Whether `verify` says ok, and what it says.
    pub(super) fn verify(&mut self, host: usize) -> Result<(), String> {
        let run = self.run(host, &["verify", "--env", self.hosts[host].environment]);
        if run.status != Some(0) {
            return Err(run.text);
        }
        judge::verified(self, host, &run.text);
        Ok(())
    }

    /// Mends each host, rotates there, and looks once more.
    pub(super) fn end(&mut self) {
        for host in 0..self.hosts.len() {
            self.log.push(format!("--- mending {}", self.hosts[host].folder));
            if !self.mend(host) {
                return;
            }
            let environment = self.hosts[host].environment;
            if self.run(host, &["rotate", "--env", environment, "--yes"]).status != Some(0) {
                self.violation("H: no rotation after mending", environment);
            } else if self.verify(host).is_err() {
                self.violation("H: not well after a rotation", environment);
            }
        }
    }

    /// Follows what is printed until `verify` says ok.
    fn mend(&mut self, host: usize) -> bool {
        let mut next: Option<Vec<String>> = None;
        let (mut commands, mut looks) = (0, 0);
        while commands <= TRIED && looks <= TRIED {
            let arguments = match next.take() {
                Some(arguments) => arguments,
                None => {
                    looks += 1;
                    let Err(text) = self.verify(host) else {
                        self.needed.push(commands);
                        if commands > PROMISED {
                            let what = format!("{commands} commands");
                            self.violation("H: more than three commands", &what);
                        }
                        return true;
                    };
                    if self.by_hand(host, &text) {
                        continue;
                    }
                    let Some(arguments) = self.named(host, &text, &[]) else { continue };
                    arguments
                }
            };
            commands += 1;
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let run = self.run(host, &words);
            if run.status != Some(0) && !self.by_hand(host, &run.text) {
                next = self.named(host, &run.text, &arguments);
            }
        }
        let last = self.log.iter().rev().find_map(|entry| {
            entry.lines().find(|line| line.contains("problem:") || line.contains("error:"))
        });
        let last = last.unwrap_or_default().trim().to_owned();
        self.violation("H: not mended", &last);
        false
    }

    /// The first command that is named and that changes something, with a person's knowledge put in.
    fn named(&self, host: usize, text: &str, tried: &[String]) -> Option<Vec<String>> {
        let publisher = self.hosts[host].publisher;
        let token = fs::read_to_string(self.file(host, CLI_TOML)).ok();
        let token = token.and_then(|text| judge::token_in(&text));
        let claims = token.and_then(|token| super::keys::claims(&token));
        let is_owner = claims.is_some_and(|claims| claims["sub"] == publisher.subject);
        let has = |word: &str| tried.iter().any(|argument| argument == word);
        let with = |words: &[&str]| {
            Some([tried, &words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()].concat())
        };
        // Of several publishers, the own one. A stranger's token is not signed anew.
        if text.contains("--expect-identity HEX") && !tried.is_empty() && !has("--expect-identity")
        {
            if is_owner || has("restore") {
                return with(&["--expect-identity", publisher.identity]);
            } else if !has("--no-preserve-publisher-token") {
                return with(&["--no-preserve-publisher-token"]);
            }
        }
        // A warning's command is for whoever wants it.
        let mut blocks = text.split("\n\n").filter(|block| !block.contains("warning: "));
        let commands = blocks.by_ref().flat_map(|block| block.split("`spacetime-keys ").skip(1));
        let commands = commands.filter_map(|rest| rest.split_once('`')).map(|(command, _)| {
            command.split(' ').map(|word| match word {
                "E" => self.hosts[host].environment.to_owned(),
                "HEX" => publisher.identity.to_owned(),
                word => word.to_owned(),
            })
        });
        let mut commands = commands.map(Iterator::collect::<Vec<String>>);
        commands.find(|words| {
            let is_change = match words[0].as_str() {
                "rotate" | "resume" | "rollback" | "sync" => true,
                "token" => words[1] == "restore" && !words.contains(&"--help".into()),
                _ => false,
            };
            let signs_a_stranger = words.contains(&"--expect-identity".into()) && !is_owner;
            is_change && words != tried && !signs_a_stranger
        })
    }

    /// Does what only a person can do. Whether there was something.
    fn by_hand(&mut self, host: usize, text: &str) -> bool {
        let cli_toml = self.file(host, CLI_TOML);
        let toml = fs::read_to_string(&cli_toml).unwrap_or_default();
        let journal = self.path(self.store).join(".state/unfinished.json");
        let before = self.by_hand;
        if text.contains("unfinished.json is damaged") && journal.exists() {
            self.hand(|_| {
                fs::remove_file(journal).unwrap();
                "moves the damaged journal away".into()
            });
        } else if text.contains("mend the file by hand") && toml.contains(BROKEN) {
            self.hand(|_| {
                fs::write(cli_toml, toml.replace(BROKEN, "")).unwrap();
                "mends cli.toml".into()
            });
        } else if text.contains("move both files away") {
            self.hand(|world| {
                let number = world.by_hand;
                for file in [PRIVATE, PUBLIC] {
                    let name = file.replace('/', "-");
                    let place = world.path(format!("moved-away-{number}-{name}"));
                    let _ = fs::rename(world.file(host, file), place);
                }
                "moves both key files away".into()
            });
        } else if let Some(command) = chmod(text) {
            let place = self.path(self.hosts[host].folder);
            self.hand(|_| {
                let mut shell = std::process::Command::new("sh");
                shell.args(["-c", &command]).current_dir(place).status().unwrap();
                command
            });
        }
        self.by_hand > before
    }

    fn hand(&mut self, act: impl FnOnce(&mut Self) -> String) {
        self.by_hand += 1;
        self.person(|world| format!("by hand: {}", act(world)));
    }
}

/// The `chmod` that is named; of the mounted private key, if it names no file.
fn chmod(text: &str) -> Option<String> {
    let (command, _) = text.split_once("`chmod ")?.1.split_once('`')?;
    let file = if command.contains(' ') { "" } else { PRIVATE };
    Some(format!("chmod {command} {file}"))
}
