//! A whole rotation on the files that a real CLI and server wrote.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::{CLI_TOML, Content, Host, IDENTITY, PRIVATE, PUBLIC};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use spacetime_keys_core::{PrivateKey, PublicKey};

const ROTATE: [&str; 4] = ["rotate", "--env", "local", "--yes"];

/// Additions to cli.toml that a person or a later CLI may have made.
const ODDITIES: [(&str, &str); 6] = [
    ("default_server =", "# who publishes\ndefault_server ="),
    ("spacetimedb_token = \"", "spacetimedb_token   =\t\""),
    ("[[server_configs]]\nnickname = \"mine\"", "\n\n[[server_configs]] # ours\nnickname=\"mine\""),
    (
        "protocol = \"https\"",
        "protocol = 'https'   # a comment with \"quotes\"\nunknown = { a = [1 , 2] }",
    ),
    ("host = \"127.0.0.1:3000\"", "host = \"127.0.0.1:3000\"\nlisten_addr = \"\\u00e9\""),
    (
        "\n[[server_configs]]\nnickname = \"local\"",
        "web_session_token = \"kept\"\n\n[[server_configs]]\nnickname = \"local\"",
    ),
];

/// Takes the token and the server's key out of a cli.toml, only by their texts.
fn without_values(text: &str, token: &str, key: &str) -> String {
    assert_eq!(text.matches(token).count(), 1);
    assert_eq!(text.matches(key).count(), 1);
    text.replace(token, "TOKEN").replace(key, "KEY")
}

fn token_in(text: &str) -> String {
    let (_, rest) = text.split_once("spacetimedb_token").unwrap();
    rest.split('"').nth(1).unwrap().to_owned()
}

#[test]
fn nothing_else_in_cli_toml_changes() {
    let plain = Host::new();
    let odd = Host::new();
    let mut text = odd.read(CLI_TOML);
    for (from, to) in ODDITIES {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    odd.write(CLI_TOML, text);
    let windows = Host::new();
    windows.write(CLI_TOML, windows.read(CLI_TOML).replace('\n', "\r\n"));
    for host in [plain, odd, windows] {
        let (before, old_key) = (host.read(CLI_TOML), host.read(PUBLIC));
        host.run(&ROTATE).success();
        let (after, new_key) = (host.read(CLI_TOML), host.read(PUBLIC));
        assert_ne!(old_key, new_key);
        let ends = |key: &str| {
            if before.contains("\r\n") { key.replace('\n', "\r\n") } else { key.to_owned() }
        };
        assert_eq!(
            without_values(&before, &token_in(&before), &ends(&old_key)),
            without_values(&after, &token_in(&after), &ends(&new_key)),
        );
    }
}

/// By another library than ours: `RustCrypto`'s ECDSA through `jsonwebtoken`.
#[test]
fn another_library_accepts_the_new_token() {
    let host = Host::new();
    let old = claims(&host);
    host.run(&ROTATE).success();
    let new = claims(&host);
    for name in ["iss", "sub", "aud", "hex_identity"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_eq!(new["hex_identity"], IDENTITY);
    assert!(new["iat"].as_i64() > old["iat"].as_i64());
    // Left out, not `null`: every library accepts that.
    assert!(new.get("exp").is_none());
}

/// The token's claims, once its signature has been verified with the mounted key.
fn claims(host: &Host) -> Value {
    let key = DecodingKey::from_ec_pem(host.read(PUBLIC).as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(host.token(), &key, &validation).unwrap().claims
}

#[test]
fn the_first_run_adopts_the_host_and_a_rollback_returns_to_it() {
    let host = Host::new();
    let (private, public) = (host.read(PRIVATE), host.read(PUBLIC));
    let report = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success().json();
    assert_eq!(report["publisher"]["identity"], IDENTITY);
    assert_eq!(report["environments"], serde_json::json!(["dev", "local"]));
    let adopted = PublicKey::from_pem(&public).unwrap().fingerprint().to_string();
    assert_eq!(report["publisher"]["verified_with"], adopted.as_str());
    assert_eq!(report["pairs"][0]["previous_fingerprint"], adopted.as_str());
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["status"] == "done"));

    host.run(&["rollback", "--env", "local"]).success();
    assert_eq!((host.read(PRIVATE), host.read(PUBLIC)), (private, public));
    host.run(&["verify", "--env", "local"]).success();
    assert_eq!(claims(&host)["hex_identity"], IDENTITY);

    host.run(&ROTATE).success();
    host.run(&["verify", "--env", "local"]).success();
    assert_eq!(claims(&host)["hex_identity"], IDENTITY);
}

#[test]
fn a_dry_run_names_the_steps_of_the_run_and_changes_nothing() {
    let host = Host::new();
    let before = host.tree();
    let planned = host.run(&["rotate", "--env", "local", "--dry-run", "--json"]).success().json();
    assert_eq!(before, host.tree());
    let done = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success().json();
    let names = |report: &Value| -> Vec<Value> {
        let steps = report["steps"].as_array().unwrap().iter();
        steps.map(|step| serde_json::json!([step["step"], step["environment"]])).collect()
    };
    assert!(names(&planned).len() > 10);
    assert_eq!(names(&planned), names(&done));
}

#[test]
fn rotating_one_group_leaves_the_others() {
    let host = Host::new();
    host.run(&["rotate", "--env", "all", "--yes"]).success();
    host.run(&["verify"]).success();
    let fingerprint = |environment: &str| {
        let report = host.run(&["verify", "--json"]).json();
        let environments = report["environments"].as_array().unwrap().clone();
        let found = environments.into_iter().find(|entry| entry["name"] == environment).unwrap();
        found["private_fingerprint"].clone()
    };
    let before = ["prod", "test", "dev", "local"].map(fingerprint);
    assert_eq!(before[2], before[3], "dev and local share one pair");
    assert!(before[0] != before[1] && before[1] != before[2] && before[0] != before[2]);
    // This host mounts local's keys: prod's are rotated only in their vault.
    host.run(&["rotate", "--env", "prod", "--host-env", "local", "--yes"]).success();
    let after = ["prod", "test", "dev", "local"].map(fingerprint);
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1..], after[1..]);
    host.run(&["verify"]).success();
}

/// Key Vault's portal flattens a PEM onto one line; other tools write no tags.
#[test]
fn a_flattened_pair_of_another_tool_is_taken_reported_and_written_back_clean() {
    let host = Host::rotated("local");
    for vault in ["kv-dev", "kv-local"] {
        for secret in ["spacetimedb-jwt-private-key", "spacetimedb-jwt-public-key"] {
            let version = format!(".spacetime-keys/{vault}/{secret}/00000002");
            let flat = host.read(&format!("{version}/value")).replace('\n', " ");
            host.write(&format!("{version}/value"), flat);
            host.write(
                &format!("{version}/properties.json"),
                r#"{"created":1700000000,"content_type":"","tags":{}}"#,
            );
        }
    }
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"][0]["code"], "ERR_KEY_NOT_CANONICAL");
    assert_eq!(report["problems"][0]["severity"], "warning");
    host.run(&ROTATE).success();
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"], serde_json::json!([]));
    // The untagged pair is still the one that a rollback returns to.
    host.run(&["rollback", "--env", "local"]).success();
    assert_eq!(claims(&host)["hex_identity"], IDENTITY);
}

#[test]
fn ages_are_shown_and_enforced_on_demand() {
    let host = Host::rotated("local");
    let path = ".spacetime-keys/kv-local/spacetimedb-jwt-private-key/00000002/properties.json";
    let mut properties: Value = serde_json::from_str(&host.read(path)).unwrap();
    properties["created"] = (properties["created"].as_i64().unwrap() - 91 * 86_400).into();
    host.write(path, properties.to_string());
    let verify = ["verify", "--env", "local", "--json", "--max-age-days"];
    let report = host.run(&[&verify[..4], &[]].concat()).success().json();
    assert_eq!(report["environments"][0]["age_days"], 91);
    host.run(&[&verify[..], &["91"]].concat()).success();
    let too_old = host.run(&[&verify[..], &["90"]].concat());
    assert_eq!(too_old.status, Some(1));
    assert_eq!(too_old.json()["problems"][0]["code"], "ERR_KEY_TOO_OLD");
}

#[test]
fn a_configuration_means_the_same_from_every_folder() {
    let host = Host::new();
    let elsewhere = Host::empty();
    let config = host.path("spacetime-keys.toml");
    host.write("spacetime-keys.toml", "[store]\npath = \"vaults\"\n");
    let config = config.to_str().unwrap();
    // Relative paths start at the configuration's folder, those that it does not name, too.
    host.run(&[&ROTATE[..], &["--config", config]].concat()).success();
    assert!(host.path("vaults/kv-local").is_dir());
    let report = elsewhere.run(&["verify", "--env", "local", "--json", "--config", config]);
    assert_eq!(report.success().json()["mounted"]["status"], "ok");
    assert_eq!(elsewhere.tree().len(), 1, "{:?}", elsewhere.tree());
}

/// The private key is gone from every vault and from the host: only a person can say that.
#[test]
fn a_key_that_is_lost_for_good_can_be_replaced() {
    let host = Host::rotated("local");
    for vault in ["kv-dev", "kv-local"] {
        host.remove(&format!(".spacetime-keys/{vault}/spacetimedb-jwt-private-key"));
    }
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    for command in [&ROTATE[..], &["resume", "--env", "local"]] {
        assert_eq!(host.run(command).status, Some(3));
    }
    host.run(&[&ROTATE[..], &["--replace-lost-key"]].concat()).success();
    host.run(&["verify", "--env", "local"]).success();
    assert_eq!(claims(&host)["hex_identity"], IDENTITY);

    // The flag is no way around a pair that can be repaired.
    host.remove(".spacetime-keys/kv-dev/spacetimedb-jwt-public-key");
    let refused = host.run(&[&ROTATE[..], &["--replace-lost-key", "--json"]].concat());
    assert_eq!((refused.status, refused.code().as_str()), (Some(3), "ERR_GROUP_UNSOUND"));
}

#[test]
fn claims_are_escrowed_though_the_token_is_left_alone() {
    let host = Host::new();
    host.run(&[&ROTATE[..], &["--no-preserve-publisher-token"]].concat()).success();
    // As after a mistaken login: the token is gone, the claims are not.
    host.set_token("");
    host.run(&["token", "restore", "--env", "local"]).success();
    assert_eq!(claims(&host)["hex_identity"], IDENTITY);
}

/// `openssl` with a text on standard input: never in its arguments.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("openssl is needed: ./tests/run installs it");
    // Where it does not read it, its exit code says why.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
    output.stdout
}

#[test]
fn openssl_agrees_on_every_key_file_that_is_written() {
    let host = Host::new();
    host.run(&["rotate", "--env", "all", "--yes"]).success();
    host.run(&["rollback", "--env", "local"]).success();
    host.run(&["key", "generate", "--out", "made"]).success();
    let (mut private, mut public) = (0, 0);
    for (path, entry) in host.tree() {
        let Content::File(pem) = entry.content else { continue };
        if pem.starts_with(b"-----BEGIN PRIVATE KEY-----") {
            private += 1;
            // Read and written back byte for byte, and the same public key.
            assert_eq!(openssl(&["pkey"], &pem), pem, "{path:?}");
            let public = openssl(&["pkey", "-pubout"], &pem);
            let key = PrivateKey::from_pem(&pem).unwrap();
            assert_eq!(key.public_key().to_pem().as_bytes(), public, "{path:?}");
        } else if pem.starts_with(b"-----BEGIN PUBLIC KEY-----") {
            public += 1;
            assert_eq!(openssl(&["pkey", "-pubin"], &pem), pem, "{path:?}");
            let der = openssl(&["pkey", "-pubin", "-outform", "DER"], &pem);
            let digest = openssl(&["dgst", "-sha256", "-r"], &der);
            let digest = String::from_utf8(digest).unwrap();
            let file = path.to_string_lossy();
            let ours = host.run(&["key", "fingerprint", &file, "--json"]).success().json();
            assert_eq!(digest.split(' ').next(), ours["fingerprint"].as_str(), "{path:?}");
        }
    }
    // Four vaults' new pairs, dev's and local's adopted and returned ones; mounted; made.
    assert_eq!((private, public), (4 + 2 + 2 + 1 + 1, 4 + 2 + 2 + 1 + 1));
}

/// As the first rotation of an empty host advises.
#[test]
fn the_first_publisher_is_escrowed_by_a_sync() {
    let host = Host::configured();
    let report = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success().json();
    let advice = report["next"].to_string();
    assert!(advice.contains("`spacetime-keys sync --env local`"), "{advice}");
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let login = serde_json::json!({ "iss": "localhost", "sub": "the-first-login", "iat": 1 });
    let token = crate::common::token(&key, &login);
    host.write(CLI_TOML, format!("spacetimedb_token = \"{token}\"\n"));
    host.run(&["sync", "--env", "local"]).success();
    // The token was good: it stays as it is.
    assert_eq!(host.token(), token);
    host.remove(CLI_TOML);
    host.run(&["token", "restore", "--env", "local"]).success();
    assert_eq!(claims(&host)["sub"], "the-first-login");
    // Again: the token that is replaced is described as it was.
    let report = host.run(&["token", "restore", "--env", "local", "--json"]).success().json();
    assert_eq!(report["before"]["identity"], report["after"]["identity"]);
    assert_eq!(report["before"]["signed_by"], host.mounted().to_string());
}

#[test]
fn a_damaged_public_file_is_told_and_mended_and_nothing_else_is_claimed() {
    let host = Host::rotated("local");
    host.write(PUBLIC, "garbage");
    let verify = host.run(&["verify", "--env", "local", "--json"]);
    assert_eq!(verify.status, Some(1));
    let report = verify.json();
    let problems = report["problems"].as_array().unwrap().iter();
    let codes: Vec<_> = problems.map(|problem| problem["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["ERR_PEM_MISSING", "ERR_MOUNTED_UNSOUND"]);
    let report = host.run(&["resume", "--env", "local", "--json"]).success().json();
    assert!(report["next"][0].as_str().unwrap().starts_with("Restart the server"), "{report}");
    host.run(&["verify", "--env", "local"]).success();
}

/// A pair that is written again, clean, still follows what it followed.
#[test]
fn a_pair_that_is_written_again_keeps_what_it_followed() {
    let host = Host::rotated("local");
    let secret = ".spacetime-keys/kv-local/spacetimedb-jwt-private-key";
    let tags = |version: &str| -> Value {
        let path = format!("{secret}/{version}/properties.json");
        serde_json::from_str::<Value>(&host.read(&path)).unwrap()["tags"].clone()
    };
    let value = format!("{secret}/00000002/value");
    host.write(&value, host.read(&value).replace('\n', "\r\n"));
    host.run(&["resume", "--env", "local"]).success();
    let (before, after) = (tags("00000002"), tags("00000003"));
    assert_eq!(after["fingerprint"], before["fingerprint"], "the same pair");
    assert_eq!(after["previous-fingerprint"], tags("00000001")["fingerprint"]);
}
