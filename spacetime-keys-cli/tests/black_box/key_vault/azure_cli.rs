//! The real Azure CLI on the same vaults: what one writes, the other reads.
//!
//! Part of `./tests/run --azure-cli`, which installs it; `SPACETIME_KEYS_AZ` names it.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_core::fleet::{Origin, Tags};
use spacetime_keys_rotation::Silent;
use spacetime_keys_rotation::store::{Az as AzSettings, AzCli, KeyStore as _, NewSecret};

use spacetime_keys_stand_ins::{Fault, Matcher};

use super::fleet::{Fleet, PATIENT, PRIVATE_SECRET, PUBLIC_SECRET, config};
use crate::common::{Host, Run};

/// `az`, logged in at the stand-in.
struct Az<'a> {
    fleet: &'a Fleet,
    host: &'a Host,
}

impl<'a> Az<'a> {
    fn new(fleet: &'a Fleet, host: &'a Host) -> Self {
        let az = Self { fleet, host };
        let variables = fleet.stand_in.environment();
        let value = |name: &str| variables.iter().find(|(n, _)| n == name).unwrap().1.clone();
        let (user, tenant) = (value("AZURE_CLIENT_ID"), value("AZURE_TENANT_ID"));
        let password = value("AZURE_CLIENT_SECRET");
        az.run(&[
            "login",
            "--service-principal",
            "--allow-no-subscriptions",
            "--username",
            &user,
            "--password",
            &password,
            "--tenant",
            &tenant,
        ]);
        az
    }

    fn program() -> String {
        std::env::var("SPACETIME_KEYS_AZ").unwrap()
    }

    fn prepare(&self, command: &mut Command) {
        command.env("AZURE_CONFIG_DIR", self.host.path("azure")).env("HOME", self.host.path(""));
        command.env("AZURE_CORE_COLLECT_TELEMETRY", "false");
        let folder = Path::new(&Self::program()).parent().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", folder.display()));
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(Self::program());
        command.args(arguments).current_dir(self.host.path(""));
        command.envs(self.fleet.stand_in.environment());
        self.prepare(&mut command);
        Run::of(&mut command, b"").success().stdout
    }

    #[track_caller]
    fn set_file(&self, vault: &str, secret: &str, file: &str) {
        self.run(&[
            "keyvault",
            "secret",
            "set",
            "--vault-name",
            vault,
            "--name",
            secret,
            "--file",
            file,
        ]);
    }

    #[track_caller]
    fn show(&self, vault: &str, secret: &str) -> String {
        self.run(&[
            "keyvault",
            "secret",
            "show",
            "--vault-name",
            vault,
            "--name",
            secret,
            "--query",
            "value",
            "--output",
            "tsv",
        ])
    }
}

#[track_caller]
fn openssl(host: &Host, arguments: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(host.path(""));
    Run::of(&mut command, b"").success().stdout
}

#[test]
#[ignore = "needs the Azure CLI: ./tests/run --azure-cli"]
fn what_az_wrote_we_read_and_what_we_wrote_az_reads() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let az = Az::new(&fleet, &host);
    // The guide's commands: OpenSSL makes a pair, az pushes it from files.
    openssl(
        &host,
        &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "new.pem"],
    );
    openssl(&host, &["pkey", "-in", "new.pem", "-pubout", "-out", "new.pub.pem"]);
    for vault in ["kv-dev", "kv-local"] {
        az.set_file(vault, PRIVATE_SECRET, "new.pem");
        az.set_file(vault, PUBLIC_SECRET, "new.pub.pem");
    }
    // We read it, log in by the same az, and bring the host up to it.
    host.write("spacetime-keys.toml", config("cli", PATIENT));
    let ours = |arguments: &[&str]| {
        let mut command = fleet.command(&host, arguments);
        az.prepare(&mut command);
        Run::of(&mut command, b"")
    };
    ours(&["sync", "--env", "local", "--json"]).success();
    assert_eq!(host.read(crate::common::PRIVATE), host.read("new.pem"));
    let report = ours(&["verify", "--env", "local", "--env", "dev", "--json"]).success().json();
    assert_eq!(report["problems"].as_array().unwrap().len(), 0, "{report:#}");

    // We rotate, and az reads what OpenSSL takes and the server mounts.
    ours(&["rotate", "--env", "local", "--yes", "--json"]).success();
    for (secret, file) in
        [(PRIVATE_SECRET, crate::common::PRIVATE), (PUBLIC_SECRET, crate::common::PUBLIC)]
    {
        let shown = az.show("kv-local", secret);
        assert_eq!(shown.trim_end(), host.read(file).trim_end());
        host.write("shown.pem", &shown);
        let public = if secret == PUBLIC_SECRET { &["-pubin"][..] } else { &[] };
        let mut arguments = vec!["pkey", "-in", "shown.pem", "-noout"];
        arguments.extend(public);
        openssl(&host, &arguments);
        if secret == PRIVATE_SECRET {
            openssl(&host, &["pkey", "-in", "shown.pem", "-check", "-noout"]);
        }
    }
    super::state::check_proven(&fleet, &host, &["kv-dev", "kv-local"], "rotated");

    // A value that a shell flattened onto one line: repaired on read, reported, written back clean.
    let flat = host.read(crate::common::PRIVATE).trim_end().replace('\n', " ");
    for vault in ["kv-dev", "kv-local"] {
        az.run(&[
            "keyvault",
            "secret",
            "set",
            "--vault-name",
            vault,
            "--name",
            PRIVATE_SECRET,
            "--value",
            &flat,
        ]);
    }
    let report = ours(&["verify", "--env", "local", "--env", "dev", "--json"]).json();
    assert!(report["problems"].to_string().contains("ERR_KEY_NOT_CANONICAL"), "{report:#}");
    ours(&["rotate", "--env", "local", "--yes", "--json"]).success();
    super::state::check_proven(&fleet, &host, &["kv-dev", "kv-local"], "mended");
    assert_eq!(
        az.show("kv-local", PRIVATE_SECRET).trim_end(),
        host.read(crate::common::PRIVATE).trim_end()
    );
}

/// The engine's own store by az, on the real one.
#[test]
#[ignore = "needs the Azure CLI: ./tests/run --azure-cli"]
fn the_store_by_az_knows_the_real_one() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let az = Az::new(&fleet, &host);
    // The store passes this process's environment on: what az needs is set by a script in its place.
    let mut command = Command::new(Az::program());
    command.envs(fleet.stand_in.environment());
    az.prepare(&mut command);
    let mut script = "#!/bin/sh\n".to_owned();
    for (name, value) in command.get_envs() {
        let (name, value) = (name.to_string_lossy(), value.unwrap().to_string_lossy());
        writeln!(script, "export {name}='{value}'").unwrap();
    }
    writeln!(script, "exec '{}' \"$@\"", Az::program()).unwrap();
    host.write("az", script);
    let program = host.path("az");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    host.write("secrets/none", "");
    let secret_files = host.path("secrets");
    let settings = AzSettings { program, timeout: Duration::from_mins(5), secret_files };
    let store = AzCli::new(settings, Arc::new(Silent));

    assert!(store.read("kv-dev", "s").unwrap().latest.is_none());
    let tags = Tags {
        rotation_id: Some("20261122T041600Z-0a0b0c0d".to_owned()),
        origin: Some(Origin::Rotate),
        ..Tags::default()
    };
    let pem = host.read(crate::common::PRIVATE);
    let new =
        |value| NewSecret { value, content_type: "application/x-pem-file", tags: tags.clone() };
    let first = store.put("kv-dev", "s", &new(&pem)).unwrap();
    // Quotes, backslashes, what is not ASCII; no line break at the end.
    let odd = "{\"iss\": \"l\u{f6}calhost\", \"path\": \"a\\\\b\"}";
    let second = store.put("kv-dev", "s", &new(odd)).unwrap();
    let history = store.read("kv-dev", "s").unwrap();
    let latest = history.latest.unwrap();
    assert_eq!((latest.properties.version, latest.value.as_str()), (second, odd));
    assert_eq!(history.versions.len(), 2);
    let found = store.get("kv-dev", "s", &first).unwrap();
    assert_eq!((found.value.as_str(), found.properties.tags), (pem.as_str(), tags.clone()));
    assert_eq!(std::fs::read_dir(host.path("secrets")).unwrap().count(), 1);

    let missing = "0".repeat(32);
    let code = |failure: spacetime_keys_rotation::Failure| failure.kind().code();
    assert_eq!(code(store.get("kv-dev", "s", &missing).err().unwrap()), "ERR_STORE_ANSWER");
    let forbidden = |inner: &str| Fault::Forbidden(inner.to_owned());
    for (fault, expected) in [
        (forbidden("ForbiddenByRbac"), "ERR_STORE_FORBIDDEN"),
        (forbidden("ForbiddenByFirewall"), "ERR_STORE_FIREWALL"),
        (forbidden("SecretDisabled"), "ERR_STORE_SECRET_DISABLED"),
        (Fault::Status429 { retry_after: Some(1) }, "ERR_STORE_THROTTLED"),
        (Fault::UntrustedCa, "ERR_STORE_TLS"),
        (Fault::NoTls, "ERR_STORE_TLS"),
        (Fault::DropBefore, "ERR_STORE_NETWORK"),
    ] {
        // az tries again by itself.
        fleet.stand_in.fault(Matcher::vault("kv-dev").times(100), fault.clone());
        let failure = store.read("kv-dev", "s").err().unwrap();
        assert_eq!(code(failure), expected, "{fault:?}");
        fleet.stand_in.clear_faults();
    }
    let nowhere = store.read("kv-nowhere-at-all", "s").err().unwrap();
    assert_eq!(code(nowhere), "ERR_STORE_VAULT_MISSING");
    // Its login is gone.
    std::fs::remove_dir_all(host.path("azure")).unwrap();
    assert_eq!(code(store.read("kv-dev", "s").err().unwrap()), "ERR_STORE_LOGIN");
}
