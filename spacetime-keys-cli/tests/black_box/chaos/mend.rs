//! What a person does in the end: follows what is printed, and does by hand what only a hand can do.

use std::fs;

use toml_edit::DocumentMut;

use super::judge;
use super::world::World;
use crate::common::{CLI_TOML, PRIVATE, PUBLIC};

/// What is promised, and what is tried.
const PROMISED: usize = 3;
const TRIED: usize = 7;

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
                let what = format!("H: no rotation after mending: {}", self.last_problem());
                self.violation(&what, "");
            } else if self.verify(host).is_err() {
                self.violation("H: not well after a rotation", environment);
            }
        }
    }

    /// Follows what is printed until `verify` says ok.
    fn mend(&mut self, host: usize) -> bool {
        let (mut commands, mut hands) = (0, 0);
        // Since something was done last.
        let mut refused: Vec<Vec<String>> = Vec::new();
        let Err(mut text) = self.verify(host) else {
            self.needed.push(0);
            return true;
        };
        while commands < TRIED && hands < TRIED {
            if self.by_hand(host, &text) {
                hands += 1;
                refused.clear();
            } else {
                let named = self.named(host, &text, refused.last());
                let is_refusal = !refused.is_empty();
                let untried = named.into_iter().find(|command| !refused.contains(command));
                if let Some(command) = untried {
                    commands += 1;
                    let words: Vec<&str> = command.iter().map(String::as_str).collect();
                    let run = self.run(host, &words);
                    if run.status != Some(0) {
                        refused.push(command);
                        text = run.text;
                        continue;
                    }
                    refused.clear();
                } else if !is_refusal {
                    break;
                }
            }
            match self.verify(host) {
                Ok(()) => {
                    self.needed.push(commands);
                    if commands > PROMISED {
                        self.violation("H: more than three commands", &commands.to_string());
                    }
                    return true;
                }
                Err(said) if said == text => break,
                Err(said) => text = said,
            }
        }
        let what = format!("H: not mended: {}", self.last_problem());
        self.violation(&what, "");
        false
    }

    /// What the program said last, without paths.
    fn last_problem(&self) -> String {
        let entries = self.log.iter().rev();
        let mut lines = entries.filter_map(|entry| {
            entry.lines().find(|line| line.contains("problem:") || line.contains("error:"))
        });
        let words = lines.next().unwrap_or_default().split_whitespace().skip(1);
        let words = words.filter(|word| !["local:", "dev:", "prod:", "test:"].contains(word));
        let words = words.map(|word| if word.contains('/') { "…" } else { word });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The commands that are named and that change something, with a person's knowledge put in: whose
    /// token is the owner's, and that `refused` was tried last.
    fn named(&self, host: usize, text: &str, refused: Option<&Vec<String>>) -> Vec<Vec<String>> {
        let publisher = self.hosts[host].publisher;
        let token = fs::read_to_string(self.file(host, CLI_TOML)).ok();
        let token = token.and_then(|text| judge::token_in(&text));
        let claims = token.and_then(|token| super::keys::claims(&token));
        let is_owner = claims.is_some_and(|claims| claims["sub"] == publisher.subject);
        // A warning's command is for whoever wants it.
        let blocks = text.split("\n\n").filter(|block| !block.contains("warning: "));
        let commands = blocks.flat_map(|block| block.split("`spacetime-keys ").skip(1));
        let commands = commands.filter_map(|rest| rest.split_once('`')).map(|(command, _)| {
            let words = command.split(' ').map(|word| match word {
                "E" => self.hosts[host].environment.to_owned(),
                "HEX" => publisher.identity.to_owned(),
                word => word.to_owned(),
            });
            let mut words: Vec<String> = words.collect();
            // A person is asked, and says yes.
            if words[0] == "rotate" {
                words.push("--yes".into());
            }
            words
        });
        let commands = commands.filter(|words| {
            let signs_a_stranger = words.contains(&"--expect-identity".into()) && !is_owner;
            let restores = words[0] == "token" && words[1] == "restore";
            let is_change =
                restores || ["rotate", "resume", "rollback", "sync"].contains(&&*words[0]);
            is_change && !words.contains(&"--help".into()) && !signs_a_stranger
        });
        let mut commands: Vec<Vec<String>> = commands.collect();
        // A flag that is named is for the command that was refused.
        if let Some(refused) = refused {
            let with = |flags: &[&str]| {
                let flags = flags.iter().map(|&flag| flag.to_owned());
                refused.iter().cloned().chain(flags).collect::<Vec<_>>()
            };
            let names = |flag: &str| text.contains(flag) && !refused.contains(&flag.to_owned());
            let chooses = is_owner || refused.contains(&"restore".into());
            if names("--expect-identity") && chooses {
                commands.insert(0, with(&["--expect-identity", publisher.identity]));
            }
            for flag in ["--no-preserve-publisher-token", "--adopt-mounted"] {
                if names(flag) {
                    commands.push(with(&[flag]));
                }
            }
        }
        commands
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
        } else if text.contains("mend the file by hand") {
            // The part that can be read stays.
            let mut lines: Vec<&str> = toml.split_inclusive('\n').collect();
            while lines.concat().parse::<DocumentMut>().is_err() {
                lines.pop();
            }
            self.hand(|_| {
                fs::write(cli_toml, lines.concat()).unwrap();
                "mends cli.toml".into()
            });
        } else if text.contains("swap the two files") {
            self.hand(|world| {
                let [private, public] = [PRIVATE, PUBLIC].map(|file| world.file(host, file));
                let other = fs::read(&private).unwrap_or_default();
                let _ = fs::rename(&public, &private);
                fs::write(public, other).unwrap();
                "swaps the files".into()
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
