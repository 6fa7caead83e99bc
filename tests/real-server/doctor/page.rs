//! `docs/publish-refused.md`: its blocks that need a server are run on a real one, and cure.

use crate::host::DATABASE;
use crate::pages;

use super::cure::RESTART;
use super::faults::{KeyFault, TokenFault};
use super::owner::OwnersHost;

/// Where the page's server listens.
const URL: &str = "http://127.0.0.1:3000";

/// What has gone wrong where a section begins.
const SECTIONS: [(&str, KeyFault, TokenFault); 7] = [
    ("Ask first", KeyFault::None, TokenFault::None),
    ("401: the server waits for a restart", KeyFault::RestartPending, TokenFault::None),
    ("401: the token is of an older key", KeyFault::None, TokenFault::Older),
    ("401: the server made keys of its own", KeyFault::MountWasEmpty, TokenFault::None),
    ("403: you are not the owner", KeyFault::None, TokenFault::LoggedInAgain),
    ("There is no token", KeyFault::None, TokenFault::Missing),
    ("Why does this server refuse this token?", KeyFault::None, TokenFault::Older),
];

// Slow: a new server is started for each section, and published to.
#[test]
fn the_page_about_refused_publishes() {
    let blocks = pages::read("publish-refused.md");
    let mut owners = OwnersHost::new();
    let mut run = 0;
    for (section, keys, token) in SECTIONS {
        owners.reset();
        owners.befall(keys, token);
        let of_it = blocks.iter().filter(|block| block.server && block.section == section);
        let before = run;
        for block in of_it {
            let script = block.script.replace(URL, owners.server.url());
            let mut printed = String::new();
            let mut success = true;
            for command in &commands(&script) {
                if command.starts_with(RESTART) {
                    owners.server.restart();
                    continue;
                }
                // The page shows the answer. What a run works on is said on stderr, and is not shown.
                let ended = owners.shell(command);
                printed.push_str(&ended.stdout);
                success = ended.success;
                let expected = if success { 0 } else { block.exit };
                let said = format!("{printed}{}", ended.stderr);
                assert_eq!(ended.code, Some(expected), "{}: {command}\n{said}", block.line);
            }
            assert_eq!(success, block.exit == 0, "{}: {script}\n{printed}", block.line);
            let printed = printed.replace(owners.server.url(), URL);
            if let Some(expected) = &block.expected {
                assert!(
                    pages::matches(expected, &printed),
                    "line {}\n--- expected\n{expected}--- printed\n{printed}",
                    block.line
                );
            }
            run += 1;
        }
        assert!(run > before, "no block under `{section}`");
        owners.publishes().unwrap_or_else(|error| panic!("after `{section}`: {error}"));
    }
    let server = blocks.iter().filter(|block| block.server).count();
    assert_eq!(run, server, "blocks under a heading that is not in the table");
    println!("{run} blocks run; {DATABASE} is its owner's after each section");
}

/// The commands of a script: its lines, joined where they end in a backslash.
fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", "");
    joined.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect()
}
