//! Each way in which a vault can say no, told apart, each with its way out; nothing is changed.

use std::time::Duration;

use spacetime_keys_stand_ins::plain::NOBODY;
use spacetime_keys_stand_ins::{Fault, Matcher, Operation, Rights};

use super::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET, VAULTS, config};
use crate::common::Host;

/// A fleet that has been rotated once, and its host.
fn rotated() -> (Fleet, Host) {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    fleet.stand_in.clear_log();
    (fleet, host)
}

/// What `rotate` of prod, and `verify` of it, say. Neither may change anything.
#[track_caller]
fn check(fleet: &Fleet, host: &Host, code: &str, words: &[&str]) {
    let versions = || VAULTS.map(|vault| fleet.count(vault, PRIVATE_SECRET));
    let (before, tree) = (versions(), host.tree());
    let run = fleet.bad(host, &["rotate", "--env", "prod", "--host-env", "local", "--yes"]);
    let text = run.json()["error"].to_string();
    assert_eq!(run.code(), code, "{run:?}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in {text}");
    }
    assert_eq!(versions(), before, "{code}");
    let files = |tree: &crate::common::Tree| -> Vec<String> {
        let names = tree.keys().map(|path| path.to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with(".spacetime-keys")).collect()
    };
    assert_eq!(files(&host.tree()), files(&tree), "{code}");

    let run = fleet.run(host, &["verify", "--env", "prod", "--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    let problems = run.json()["problems"].to_string();
    for word in words {
        assert!(problems.contains(word), "verify: no {word:?} in {problems}");
    }
}

#[test]
fn no_role() {
    let (fleet, host) = rotated();
    fleet.stand_in.set_rights("kv-prod", Rights::None);
    let words = ["kv-prod", "Key Vault Secrets User", "az role assignment create"];
    check(&fleet, &host, "ERR_STORE_FORBIDDEN", &words);
}

#[test]
fn firewall() {
    let (fleet, host) = rotated();
    fleet.stand_in.set_firewall("kv-prod", true);
    check(&fleet, &host, "ERR_STORE_FIREWALL", &["kv-prod", "az keyvault network-rule add"]);
}

#[test]
fn a_disabled_secret() {
    let (fleet, host) = rotated();
    fleet.stand_in.set_enabled("kv-prod", PRIVATE_SECRET, None, false);
    let words = ["kv-prod", PRIVATE_SECRET, "disabled", "set-attributes", "--enabled true"];
    check(&fleet, &host, "ERR_STORE_SECRET_DISABLED", &words);
}

#[test]
fn a_vault_that_is_not_there() {
    let (fleet, host) = rotated();
    let text = host.read("spacetime-keys.toml");
    host.write(
        "spacetime-keys.toml",
        format!(
            "{text}[environments]\nprod = \"kv-gone\"\ntest = \"kv-test\"\ndev = \"kv-dev\"\nlocal = \"kv-local\"\n"
        ),
    );
    check(&fleet, &host, "ERR_STORE_VAULT_MISSING", &["kv-gone", "az keyvault list"]);
}

#[test]
fn throttled() {
    let (fleet, host) = rotated();
    let all = Matcher::vault("kv-prod").operation(Operation::GetLatest).always();
    fleet.stand_in.fault(all, Fault::Status429 { retry_after: None });
    check(&fleet, &host, "ERR_STORE_THROTTLED", &["kv-prod", "wait"]);
}

/// A `Retry-After` is kept as far as the deadline goes, and no further.
// Slow: the deadline is waited out, twice.
#[test]
fn throttled_for_longer_than_the_deadline() {
    let (fleet, host) = rotated();
    let seconds = fleet.deadline(&host) + 4;
    host.write("spacetime-keys.toml", config("client-secret", seconds));
    let all = Matcher::vault("kv-prod").operation(Operation::GetLatest).always();
    fleet.stand_in.fault(all, Fault::Status429 { retry_after: Some(1000) });
    check(&fleet, &host, "ERR_STORE_THROTTLED", &["kv-prod"]);
}

#[test]
fn unavailable() {
    let (fleet, host) = rotated();
    let all = Matcher::vault("kv-prod").operation(Operation::ListVersions).always();
    fleet.stand_in.fault(all, Fault::Status503);
    check(&fleet, &host, "ERR_STORE_UNAVAILABLE", &["kv-prod", "503"]);
}

// Slow: the deadline is waited out, twice; a busy machine has a longer one.
#[test]
fn no_answer_in_time() {
    let (fleet, host) = rotated();
    let seconds = fleet.deadline(&host);
    host.write("spacetime-keys.toml", config("client-secret", seconds));
    let all = Matcher::vault("kv-prod").operation(Operation::GetLatest).always();
    fleet.stand_in.fault(all, Fault::Hang);
    check(
        &fleet,
        &host,
        "ERR_STORE_TIMEOUT",
        &["kv-prod", &format!("within {seconds} s"), "timeout_seconds"],
    );
}

#[test]
fn an_untrusted_certificate() {
    let (fleet, host) = rotated();
    fleet.stand_in.fault(Matcher::vault("kv-prod").always(), Fault::UntrustedCa);
    check(&fleet, &host, "ERR_STORE_TLS", &["kv-prod", "certificate", "SSL_CERT_FILE"]);
}

#[test]
fn what_answers_speaks_no_tls() {
    let (fleet, host) = rotated();
    fleet.stand_in.fault(Matcher::vault("kv-prod").always(), Fault::NoTls);
    check(&fleet, &host, "ERR_STORE_TLS", &["kv-prod", "HTTPS_PROXY"]);
}

#[test]
fn connections_that_break() {
    let (fleet, host) = rotated();
    fleet.stand_in.fault(Matcher::vault("kv-prod").always(), Fault::DropBefore);
    check(&fleet, &host, "ERR_STORE_NETWORK", &["kv-prod"]);
}

#[test]
fn an_answer_that_is_cut_off() {
    let (fleet, host) = rotated();
    let all = Matcher::vault("kv-prod").operation(Operation::GetLatest).always();
    fleet.stand_in.fault(all, Fault::CutJson);
    check(&fleet, &host, "ERR_STORE_ANSWER", &["kv-prod"]);
}

/// A vault that lists a newer version than it hands out is asked again; then that is said.
// Slow: a vault that stays behind is asked again for seven seconds, twice.
#[test]
fn an_answer_of_yesterday() {
    let (fleet, host) = rotated();
    // A later second: the list tells that there is something newer.
    let later = std::time::SystemTime::now() + Duration::from_mins(1);
    let later = later.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    fleet.stand_in.set_clock(Some(later));
    let [private, public] =
        [PRIVATE_SECRET, PUBLIC_SECRET].map(|secret| fleet.value("kv-prod", secret));
    fleet.stand_in.write("kv-prod", PRIVATE_SECRET, &private, None, &[]);
    fleet.stand_in.write("kv-prod", PUBLIC_SECRET, &public, None, &[]);
    let latest =
        || Matcher::vault("kv-prod").operation(Operation::GetLatest).secret(PRIVATE_SECRET);
    fleet.stand_in.fault(latest().times(2), Fault::StaleRead);
    assert_eq!(fleet.good(&host, &["verify", "--env", "prod", "--env", "test"])["ok"], true);
    fleet.stand_in.fault(latest().always(), Fault::StaleRead);
    check(&fleet, &host, "ERR_STORE_STALE", &["kv-prod", "old version"]);
}

/// A deleted secret looks missing to those who read; the write tells, and names the way back.
#[test]
fn a_deleted_secret_can_be_recovered() {
    let (fleet, host) = rotated();
    let key = fleet.value("kv-prod", PRIVATE_SECRET);
    for secret in [PRIVATE_SECRET, PUBLIC_SECRET] {
        fleet.stand_in.delete("kv-prod", secret);
    }
    let run = fleet.bad(&host, &["rotate", "--env", "prod", "--host-env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_SECRET_DELETED", "{run:?}");
    let hint = run.hint();
    assert!(hint.contains("az keyvault secret recover --vault-name kv-prod"), "{hint}");
    // Never recovered or purged unasked.
    assert!(fleet.stand_in.secret("kv-prod", PRIVATE_SECRET).is_none());
    assert!(key.contains("PRIVATE KEY"));
}

/// The escrow is written before any key: if it cannot be, nothing has changed.
#[test]
fn a_deleted_escrow_stops_a_rotation_before_it_begins() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.stand_in.write("kv-local", ESCROW_SECRET, "{\"publishers\":[]}", None, &[]);
    fleet.stand_in.delete("kv-local", ESCROW_SECRET);
    let before = host.read(crate::common::PRIVATE);
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_SECRET_DELETED", "{run:?}");
    assert_eq!(fleet.count("kv-local", PRIVATE_SECRET), 0);
    assert_eq!(host.read(crate::common::PRIVATE), before);
}

/// Without a proxy, and with one that is not there.
#[test]
fn no_way_out_of_this_machine() {
    let (fleet, host) = rotated();
    let mut command = fleet.command(&host, &["rotate", "--env", "prod", "--yes", "--json"]);
    for name in ["HTTPS_PROXY", "https_proxy"] {
        command.env(name, format!("http://{NOBODY}"));
    }
    let run = crate::common::Run::of(&mut command, b"");
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_STORE_NETWORK"), "{run:?}");
}
