//! What a person does in the end: follows what is printed, and does by hand what only a hand can do.

use std::fs;
use std::path::Path;

use toml_edit::DocumentMut;

use super::world::{STRANGER, World};
use super::{judge, keys};
use crate::common::{CLI_TOML, PRIVATE, PUBLIC};

/// What is promised of a state that one kill, one full disk or one program leaves, and what is tried.
const PROMISED: usize = 3;
const TRIED: usize = 9;

/// What a break of a `cli.toml` adds, and repairing it takes off.
pub(super) const BROKEN: &str = "\n[[[ broken";

/// A warning that a person who knows what this host mounts does not pass over.
const ELSEWHERE: &str = "the mounted keys are another environment's";

type Command = Vec<String>;

impl World {
    /// Whether `verify` says ok, and what it says.
    pub(super) fn verify(&mut self, host: usize) -> Result<(), String> {
        let run = self.run(host, &["verify", "--env", self.hosts[host].environment]);
        if run.status != Some(0) || run.text.contains(ELSEWHERE) {
            return Err(run.text);
        }
        judge::verified(self, host, &run.text);
        Ok(())
    }

    /// Repairs each host, rotates there, and looks once more.
    pub(super) fn end(&mut self) {
        for host in 0..self.hosts.len() {
            self.record.log.push(format!("--- mending {}", self.hosts[host].folder));
            if !self.mend(host) {
                return;
            }
            let environment = self.hosts[host].environment;
            let mut rotate = vec!["rotate", "--env", environment, "--yes"];
            let mut run = self.run(host, &rotate);
            let flag = "--no-preserve-publisher-token";
            // Before a first login there is no token to keep, and that has to be said.
            if run.text.contains("holds no `spacetimedb_token`") && run.text.contains(flag) {
                rotate.push(flag);
                run = self.run(host, &rotate);
            }
            if run.status != Some(0) {
                let what = format!("H: no rotation after mending: {}", self.last_problem());
                self.violation(&what, "");
            } else if self.verify(host).is_err() {
                self.violation("H: not well after a rotation", environment);
            }
        }
    }

    /// Follows what is printed until `verify` says ok.
    fn mend(&mut self, host: usize) -> bool {
        let (mut commands, mut hands, mut first) = (0, 0, None);
        // Since something was done last: what was named, and what of that was refused.
        let (mut named, mut refused) = (Vec::new(), Vec::new());
        // Of several damages, each that stands for itself may take one more.
        let promised = PROMISED + self.record.acts.saturating_sub(2);
        let mut verified = self.verify(host);
        while let Err(mut text) = verified {
            while hands >= TRIED || !self.by_hand(host, &text) {
                // The last refusal's way out first; a flag that gives something up last.
                let (ways, last) = self.ways(host, &text, refused.last());
                named.splice(0..0, ways);
                named.extend(last);
                let way = named.iter().find(|way| !refused.contains(*way)).cloned();
                let Some(command) = way.filter(|_| commands < TRIED && hands < TRIED) else {
                    self.violation(&format!("H: not mended: {}", self.last_problem()), "");
                    return false;
                };
                commands += 1;
                let words: Vec<&str> = command.iter().map(String::as_str).collect();
                let run = self.run(host, &words);
                if run.status == Some(0) {
                    break;
                }
                first.get_or_insert_with(|| self.last_problem());
                refused.push(command);
                text = run.text;
            }
            hands += 1;
            named.clear();
            refused.clear();
            verified = self.verify(host);
        }
        self.record.needed.push(commands);
        if commands > promised {
            let first = first.unwrap_or_default();
            self.violation(&format!("H: {commands} commands: {first}"), "");
        }
        true
    }

    /// What the program said last, without paths.
    fn last_problem(&self) -> String {
        let entries = self.record.log.iter().rev();
        let mut lines = entries.filter_map(|entry| {
            entry.lines().find(|line| line.contains("problem:") || line.contains("error:"))
        });
        let words = lines.next().unwrap_or_default().split_whitespace().skip(1);
        let words = words.filter(|word| !["local:", "dev:", "prod:", "test:"].contains(word));
        let words = words.map(|word| if word.contains('/') { "…" } else { word });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The commands that are named and that change something, with a person's knowledge put in: whose
    /// token is the owner's, and that `refused` was tried last. And that without a token.
    fn ways(
        &self,
        host: usize,
        text: &str,
        refused: Option<&Command>,
    ) -> (Vec<Command>, Option<Command>) {
        let publisher = self.hosts[host].publisher;
        let token = fs::read_to_string(self.file(host, CLI_TOML)).ok();
        let token = token.and_then(|text| judge::token_in(&text));
        let claims = token.and_then(|token| keys::claims(&token));
        let is_owner = claims.is_some_and(|claims| claims["sub"] == publisher.subject);
        // A warning's command is optional.
        let counts = |block: &&str| !block.contains("warning: ") || block.contains(ELSEWHERE);
        let blocks = text.split("\n\n").filter(counts);
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
                restores || ["init", "rotate", "resume", "rollback", "sync"].contains(&&*words[0]);
            is_change && !words.contains(&"--help".into()) && !signs_a_stranger
        });
        let mut commands: Vec<Command> = commands.collect();
        // A flag that is named is for the command that was refused.
        let with = |flags: &[&str]| {
            let is_new = |refused: &&Command| {
                let fits = refused[0] != "token" || flags[0] == "--expect-identity";
                fits && text.contains(flags[0]) && !refused.contains(&flags[0].to_owned())
            };
            let flags = flags.iter().map(|&flag| flag.to_owned());
            refused.filter(is_new).map(|refused| refused.iter().cloned().chain(flags).collect())
        };
        let chooses =
            is_owner || refused.is_some_and(|refused| refused.contains(&"restore".into()));
        let identity = with(&["--expect-identity", publisher.identity]).filter(|_| chooses);
        let host = with(&["--host-env", self.hosts[host].environment]);
        commands.splice(0..0, identity.into_iter().chain(host));
        (commands, with(&["--no-preserve-publisher-token"]))
    }

    /// Does what only a person can do. Whether there was something.
    fn by_hand(&mut self, host: usize, text: &str) -> bool {
        let mut done = None;
        self.person(|world| {
            done = world.hand(host, text);
            done.map_or_else(String::new, |done| format!("by hand: {done}"))
        });
        self.record.by_hand += usize::from(done.is_some());
        done.is_some()
    }

    fn hand(&mut self, host: usize, text: &str) -> Option<&'static str> {
        let [private, public, cli_toml] =
            [PRIVATE, PUBLIC, CLI_TOML].map(|file| self.file(host, file));
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        let journal = self.path(self.store).join(".state/unfinished.json");
        if text.contains("unfinished.json is damaged") {
            fs::remove_file(journal).unwrap();
            return Some("moves the damaged journal away");
        }
        if text.contains("repair the file by hand") {
            // The part that can be read stays.
            let toml = read(&cli_toml);
            let mut lines: Vec<&str> = toml.split_inclusive('\n').collect();
            while lines.concat().parse::<DocumentMut>().is_err() {
                lines.pop();
            }
            fs::write(cli_toml, lines.concat()).unwrap();
            return Some("repairs cli.toml");
        }
        let holds_private = |path: &Path| read(path).contains("PRIVATE KEY");
        if text.contains("swap the two files") && holds_private(&public) && !holds_private(&private)
        {
            let other = read(&private);
            fs::rename(&public, &private).unwrap();
            fs::write(public, other).unwrap();
            return Some("swaps the files");
        }
        if text.contains("no publisher's claims are in escrow") {
            // Nobody knows the owner's claims any more: the user who logs in now is the publisher.
            self.log_in(host, STRANGER, &read(&private));
            self.hosts[host].publisher = STRANGER;
            return Some("logs in");
        }
        if text.contains("move both files away") {
            for (file, name) in [(private, "private"), (public, "public")] {
                let _ =
                    fs::rename(file, self.path(format!("moved-{}-{name}", self.record.by_hand)));
            }
            return Some("moves both key files away");
        }
        let (command, _) = text.split_once("`chmod ")?.1.split_once('`')?;
        // Of the mounted private key, if no file is named.
        let file = if command.contains(' ') { "" } else { PRIVATE };
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("chmod {command} {file}")]);
        shell.current_dir(self.path(self.hosts[host].folder)).status().unwrap();
        Some("changes the mode")
    }
}
