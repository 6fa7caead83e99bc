//! Each way to log in, and what is said when it fails.

use std::process::Command;

use spacetime_keys_stand_ins::{Fault, Matcher, Operation, Setup, StandIn};

use super::fleet::{Fleet, PATIENT, VAULTS, config};
use crate::common::{Host, Run, install};

fn run(command: &mut Command) -> Run {
    Run::of(command, b"")
}

/// An `az` that prints a token, and counts how often it was called.
fn put_az(host: &Host, script: &str) -> String {
    host.write(
        "az.sh",
        format!("#!/bin/sh\necho called >> '{}'\n{script}\n", host.path("calls").display()),
    );
    install(&host.path("az.sh"), &host.path("bin/az"));
    format!("{}:{}", host.path("bin").display(), std::env::var("PATH").unwrap())
}

#[test]
fn by_the_azure_cli_asked_once() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    host.write("spacetime-keys.toml", config("cli", PATIENT));
    // What az prints is a token of the stand-in, fetched as az itself would.
    let token = fleet.stand_in.token();
    let expires = 4_000_000_000_u64;
    let json = format!(
        "{{\"accessToken\":\"{token}\",\"expires_on\":{expires},\"tokenType\":\"Bearer\"}}"
    );
    let path = put_az(&host, &format!("echo '{json}'"));
    let all = ["verify", "--env", "all", "--json"];
    let report = run(fleet.command(&host, &all).env("PATH", &path));
    // Four empty vaults: read, and found empty.
    assert_eq!(report.status, Some(1), "{report:?}");
    assert!(report.stdout.contains("ERR_VAULT_EMPTY"), "{report:?}");
    assert_eq!(host.read("calls").lines().count(), 1, "one login for all vaults");
    run(fleet.command(&host, &["rotate", "--env", "all", "--yes"]).env("PATH", &path)).success();
    run(fleet.command(&host, &["verify"]).env("PATH", &path)).success();
}

#[test]
fn by_a_managed_identity_and_a_workload_identity() {
    for auth in ["managed-identity", "workload-identity"] {
        let fleet = Fleet::new();
        let host = Fleet::host();
        host.write("spacetime-keys.toml", config(auth, PATIENT));
        fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
        assert_eq!(fleet.good(&host, &["verify"])["ok"], true);
        let logins = fleet.stand_in.requests();
        let logins = logins.iter().filter(|request| request.operation == Operation::Login);
        assert_eq!(logins.count(), 2, "{auth}: one for each of the two runs");
    }
}

#[test]
fn what_a_failed_login_says() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let login = |auth: &str, change: &dyn Fn(&mut Command)| {
        host.write("spacetime-keys.toml", config(auth, PATIENT));
        let mut command = fleet.command(&host, &["rotate", "--env", "local", "--yes", "--json"]);
        change(&mut command);
        let run = run(&mut command);
        assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_STORE_LOGIN"), "{run:?}");
        run.json()["error"].to_string()
    };
    let text = login("client-secret", &|command| {
        command.env("AZURE_CLIENT_SECRET", "another-secret");
    });
    assert!(text.contains("AADSTS7000215") && text.contains("AZURE_CLIENT_SECRET"), "{text}");
    let text = login("client-secret", &|command| {
        command.env_remove("AZURE_CLIENT_SECRET");
    });
    assert!(text.contains("AZURE_CLIENT_SECRET is not set"), "{text}");
    let text = login("workload-identity", &|command| {
        command.env_remove("AZURE_FEDERATED_TOKEN_FILE");
    });
    assert!(text.contains("AZURE_FEDERATED_TOKEN_FILE is not set"), "{text}");

    let logged_out =
        put_az(&host, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let text = login("cli", &|command| {
        command.env("PATH", &logged_out);
    });
    assert!(text.contains("has no login") && text.contains("az login"), "{text}");
    assert_eq!(host.read("calls").lines().count(), 1, "a failed login is not tried for each vault");
    let text = login("cli", &|command| {
        command.env("PATH", host.path("nothing-in-here"));
    });
    assert!(text.contains("not installed"), "{text}");
}

#[test]
fn no_managed_identity() {
    let setup = Setup { managed_identity: false, ..Setup::of(&VAULTS) };
    let fleet = Fleet { stand_in: StandIn::start(setup) };
    let host = Fleet::host();
    host.write("spacetime-keys.toml", config("managed-identity", PATIENT));
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_LOGIN", "{run:?}");
    assert!(run.hint().contains("az vm identity assign"), "{run:?}");
}

/// A login whose place cannot be reached is no wrong password.
#[test]
fn the_login_itself_cannot_be_reached() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.stand_in.fault(Matcher::login().always(), Fault::UntrustedCa);
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_TLS", "{run:?}");
    fleet.stand_in.clear_faults();
    fleet.stand_in.fault(Matcher::login().always(), Fault::DropBefore);
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_NETWORK", "{run:?}");
}

/// A token that is refused in mid-run is replaced by a new one, and the run goes on.
#[test]
fn a_token_that_expires_on_the_way() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let put = Matcher::vault("kv-local").operation(Operation::Put);
    fleet.stand_in.fault(put.occurrence(0), Fault::TokenExpired);
    fleet.good(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(fleet.stand_in.struck(), 1);
    super::state::check_proven(&fleet, &host, &["kv-dev", "kv-local"], "a new token");
}
