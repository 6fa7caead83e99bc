//! `docs/publish-without-token.md`: a job publishes by the token that its platform signs, and is the owner.

use std::fs;

use crate::doctor::cure::shell;
use crate::doctor::world::external;
use crate::host::{DATABASE, Host};
use crate::server::Server;
use crate::{module, pages};

/// The page's server and database.
const URL: &str = "https://stdb.example.com";
const NAME: &str = " game";

#[test]
fn a_job_publishes_by_its_own_login() {
    let host = Host::with_keys();
    let mut server = Server::start(&host);
    let external = external(&host);
    fs::write(host.path("module.wasm"), module::wasm(1)).unwrap();
    fs::write(host.path("platforms-token"), &external.good).unwrap();
    let blocks = pages::read("publish-without-token.md");
    let of_a_job: Vec<_> = blocks.iter().filter(|block| block.server).collect();
    for block in &of_a_job {
        let page = block.script.replace(URL, server.url()).replace(NAME, &format!(" {DATABASE}"));
        let script = format!("SPACETIMEDB_TOKEN=$(cat platforms-token)\n{page}");
        let ended = shell(&host, &script).expect_success();
        let Some(expected) = &block.expected else { continue };
        assert!(
            pages::matches(expected, &ended.stdout),
            "line {}\n--- expected\n{expected}--- printed\n{}",
            block.line,
            ended.stdout
        );
    }
    assert_eq!(of_a_job.len(), 3);
    assert_eq!(server.owner(), external.person.identity());

    // Other keys of the server change nothing: the job publishes with the same file.
    host.spacetime_keys(&["rotate", "--env", "local", "--yes", "--no-preserve-publisher-token"]);
    server.restart();
    let last = of_a_job.last().unwrap();
    let again = last.script.replace(URL, server.url()).replace(NAME, &format!(" {DATABASE}"));
    fs::write(host.path("module.wasm"), module::wasm(2)).unwrap();
    let published = shell(&host, &again).expect_success();
    assert!(published.stdout.contains("Updated database"), "{}", published.output());
    assert_eq!(server.owner(), external.person.identity());
}
