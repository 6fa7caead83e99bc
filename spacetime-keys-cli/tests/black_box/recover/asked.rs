//! The owner as a server names it. The real server: `tests/real-server`.

use super::without_token;
use crate::common::{CONFIG, IDENTITY, Run};
use crate::doctor::standin::Standin;

#[test]
fn the_server_says_whose_database_it_is() {
    let (host, token) = without_token();
    host.write("copy", &token);
    let server = Standin::of(&host).serve();
    let arguments = [
        "token",
        "recover",
        "--json",
        "--dry-run",
        "--server",
        &server.url,
        "--database",
        "app",
        "copy",
    ];
    let report = host.run(&arguments).success().json();
    assert_eq!((&report["found"], &report["identity"]), (&true.into(), &IDENTITY.into()));
    // The configuration may name them.
    host.write(CONFIG, format!("[host]\nserver = \"{}\"\ndatabase = \"app\"\n", server.url));
    let report = host.run(&["token", "recover", "--json", "copy"]).success().json();
    assert_eq!(report["after"]["identity"], IDENTITY);
    assert!(server.take().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_server_that_does_not_say_it_ends_the_search_before_it_begins() {
    let (host, token) = without_token();
    host.write("copy", &token);
    let server = Standin::of(&host).serve();
    let ask = |server: &str, database: &str| -> Run {
        let named = ["--server", server, "--database", database, "copy"];
        host.run(&[&["token", "recover", "--json"][..], &named].concat())
    };
    let run = ask(&server.url, "another");
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_OWNER_UNKNOWN"));
    assert!(run.hint().contains("--identity"), "{run:?}");
    let run = ask("http://127.0.0.1:1", "app");
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_SERVER_UNREACHED"));
}
