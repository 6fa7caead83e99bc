//! Secrets of the source where its data has come to.

use std::io::Write;

use serde_json::Value;

use super::{Prod, admit, refuses, two};
use crate::common::{CLI_TOML, Host, Run};

/// Whether the refusal names this file, and nothing of the secret.
#[track_caller]
fn names(run: &Run, file: &str, prod: &Prod) {
    let document = run.json();
    let message = document.pointer("/error/message").and_then(Value::as_str).unwrap();
    assert!(message.contains(file), "{message}");
    let token = prod.token();
    let pem = prod.key.to_pem();
    for secret in [token.rsplit('.').next().unwrap(), pem.lines().nth(1).unwrap()] {
        assert!(!run.stdout.contains(&secret[..20]) && !run.stderr.contains(&secret[..20]));
    }
}

#[track_caller]
fn is_found(host: &Host, prod: &Prod, file: &str, content: impl AsRef<[u8]>) {
    let earlier = std::fs::read(host.path(file)).ok();
    host.write(file, content);
    names(&refuses(host, 3, "ERR_FOREIGN_SECRETS", &[]), file, prod);
    match earlier {
        Some(earlier) => host.write(file, earlier),
        None => host.remove(file),
    }
}

#[test]
fn a_key_or_a_publishers_token_anywhere_is_refused_by_name() {
    let (prod, host) = two();
    let cli_toml = format!("spacetimedb_token = \"{}\"\n", prod.token());
    let pem = prod.key.to_pem();
    // What the guide's rsync brings, and where.
    is_found(&host, &prod, "server/.config/spacetime/cli.toml", &cli_toml);
    is_found(&host, &prod, "server/.config/spacetime/id_ecdsa", pem.as_bytes());
    is_found(&host, &prod, "server/data/.config/spacetime/cli.toml", &cli_toml);
    // Beside the data: files, the CLI's folder, the keys' folder.
    is_found(&host, &prod, "cli.toml.prod", &cli_toml);
    is_found(&host, &prod, ".config/spacetime/cli.toml", &cli_toml);
    is_found(&host, &prod, CLI_TOML, &cli_toml);
    is_found(&host, &prod, "data/.config/spacetime/old/cli.toml", &cli_toml);
    is_found(&host, &prod, ".generated/spacetimedb-keys/id_ecdsa.prod", pem.as_bytes());
    // In other forms: within a log, packed, in rows.
    is_found(
        &host,
        &prod,
        "server/logs/x.log",
        format!("Authorization: Bearer {}\n", prod.token()),
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(cli_toml.as_bytes()).unwrap();
    is_found(&host, &prod, "server/backup.gz", packed.finish().unwrap());
    is_found(&host, &prod, "server/replicas/1/clog/0.stdb.log", prod.token());
    is_found(&host, &prod, "server/replicas/1/clog/0.stdb.log", pem.as_bytes());
    // Without them all is well.
    admit(&host, &[]).success();
}

/// An app may keep its users' tokens in tables. They are refused here, and no way back to the source's owner.
#[test]
fn a_users_token_in_a_row_is_data_and_elsewhere_is_not() {
    let (prod, host) = two();
    let token = prod.token_of("a-player");
    is_found(&host, &prod, "server/players.txt", &token);
    host.write("server/replicas/1/clog/0.stdb.log", &token);
    let report = admit(&host, &[]).success().json();
    let gate = report["gates"].as_array().unwrap().iter().find(|gate| gate["name"] == "secrets");
    assert!(
        gate.unwrap()["detail"].as_str().unwrap().contains("1 tokens of its users"),
        "{report}"
    );
}

/// What cannot be read may be anything: nothing is admitted on that.
#[test]
fn what_cannot_be_read_is_not_called_clean() {
    use crate::common::Unprivileged;
    let (_, host) = two();
    host.write("server/replicas/1/closed", "x");
    host.set_mode("server/replicas/1/closed", 0o000);
    let run = Unprivileged::of(host).run(super::ADMIT);
    assert_eq!(run.status, Some(4), "{run:?}");
    assert!(run.stderr.contains("closed"), "{run:?}");
}
