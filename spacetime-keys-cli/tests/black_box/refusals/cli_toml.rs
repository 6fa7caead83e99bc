//! Publisher tokens that cannot be re-signed.

use super::mounted::with_an_unknown_pair;
use super::*;

/// The claims of the real host's token.
fn claims() -> Value {
    let subject = "5fc4710d-c991-4ff0-805e-03cb70013bc0";
    json!({
        "hex_identity": IDENTITY, "sub": subject, "iss": "localhost", "aud": ["spacetimedb"],
        "iat": 1_795_315_075, "exp": null,
    })
}

/// The same, with some of them changed.
fn claims_but(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[track_caller]
fn mounted_key(host: &Host) -> PrivateKey {
    PrivateKey::from_pem(host.read(PRIVATE)).unwrap()
}

/// Every command that would re-sign the token of this `cli.toml` refuses it, and with
/// `--no-preserve-publisher-token` those that can go on without it leave the file as it is.
#[track_caller]
fn bad_cli_toml(exit: i32, code: &str, spoil: impl Fn(&Host)) {
    let host = Host::new();
    spoil(&host);
    refused(&host, ROTATE, exit, code);
    refused(&host, RESIGN, exit, code);
    let bad = fs::read(host.path(CLI_TOML)).unwrap();
    host.run(&and(ROTATE, &["--no-preserve-publisher-token"])).success();

    for command in [RESUME, ROLLBACK, SYNC] {
        let host = Host::rotated("local");
        spoil(&host);
        refused(&host, command, exit, code);
        host.run(&and(command, &["--no-preserve-publisher-token"])).success();
    }
    assert_eq!(fs::read(host.path(CLI_TOML)).unwrap(), bad);
}

#[test]
fn cli_toml_that_is_not_toml() {
    bad_cli_toml(FAILED, "ERR_TOML_SYNTAX", |host| {
        let text = host.read(CLI_TOML);
        host.write(CLI_TOML, text.replacen('"', "", 1));
    });
}

#[test]
fn cli_toml_whose_token_is_no_string() {
    bad_cli_toml(FAILED, "ERR_TOML_TYPE", |host| host.write(CLI_TOML, "spacetimedb_token = 5\n"));
}

#[test]
fn cli_toml_without_a_token() {
    bad_cli_toml(REFUSED, "ERR_TOML_NO_TOKEN", |host| {
        host.write(CLI_TOML, "default_server = \"local\"\n");
    });
}

#[test]
fn a_lost_token_comes_back_from_escrow() {
    let host = Host::rotated("local");
    host.write(CLI_TOML, "default_server = \"local\"\n");
    follow(&host, &refused(&host, ROTATE, REFUSED, "ERR_TOML_NO_TOKEN"));
    proven(&host, "local");
    host.run(ROTATE).success();
    proven(&host, "local");
}

#[test]
fn nothing_in_escrow() {
    let host = Host::new();
    host.remove(CLI_TOML);
    host.run(ROTATE).success();
    refused(&host, RESTORE, REFUSED, "ERR_ESCROW_EMPTY");
}

#[test]
fn several_publishers_in_escrow() {
    let host = Host::rotated("local");
    let other = claims_but(&json!({ "sub": "another", "hex_identity": null }));
    host.set_token(&token(&mounted_key(&host), &other));
    let other = Identity::from_claims("localhost", "another").to_string();
    follow(&host, &refused(&host, ROTATE, REFUSED, "ERR_PUBLISHER_UNKNOWN"));
    proven(&host, "local");
    let other_token = claims_but(&json!({ "sub": "another", "hex_identity": null }));
    host.set_token(&token(&mounted_key(&host), &other_token));
    host.run(&and(ROTATE, &["--expect-identity", &other])).success();
    let refusal = refused(&host, RESTORE, REFUSED, "ERR_ESCROW_AMBIGUOUS");
    assert!(refusal.hint().contains(IDENTITY) && refusal.hint().contains(&other));
    let stranger = Identity::from_claims("localhost", "stranger").to_string();
    let choose = |identity| and(RESTORE, &["--expect-identity", identity]);
    refused(&host, &choose(&stranger), REFUSED, "ERR_TOKEN_UNEXPECTED_IDENTITY");
    host.run(&choose(IDENTITY)).success();
    proven(&host, "local");
}

#[test]
fn a_damaged_escrow() {
    let host = Host::rotated("local");
    host.write(&format!("{STORE}/kv-local/spacetimedb-publisher-claims/00000001/value"), "{");
    refused(&host, RESTORE, FAILED, "ERR_ESCROW_DAMAGED");
    // Where the token is still there, the next run writes it again.
    host.run(ROTATE).success();
    host.run(RESTORE).success();
    proven(&host, "local");
}

#[test]
fn a_token_is_restored_only_for_the_mounted_key() {
    let (host, _) = with_an_unknown_pair();
    follow(&host, &refused(&host, RESTORE, REFUSED, "ERR_MOUNTED_DIFFERS"));
    host.run(RESTORE).success();
    proven(&host, "local");
}

#[test]
fn an_opaque_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_OPAQUE", |host| host.set_token("gho_16C7e42F292c6912E7710c"));
}

#[test]
fn an_encrypted_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_ENCRYPTED", |host| host.set_token("e30.QQ.QQ.QQ.QQ"));
}

#[test]
fn a_malformed_token() {
    bad_cli_toml(FAILED, "ERR_TOKEN_MALFORMED", |host| host.set_token("e30.no-json.AAAA"));
}

#[test]
fn an_unsigned_token() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_ALGORITHM", |host| {
        // {"alg":"none"}
        host.set_token("eyJhbGciOiJub25lIn0.e30.");
    });
}

#[test]
fn a_token_without_a_subject() {
    bad_cli_toml(REFUSED, "ERR_CLAIM_MISSING", |host| {
        host.set_token(&token(&mounted_key(host), &json!({ "iss": "localhost", "iat": 1 })));
    });
}

#[test]
fn a_token_with_a_wrong_hex_identity() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_IDENTITY_MISMATCH", |host| {
        let other = Identity::from_claims("localhost", "another").to_string();
        let claims = claims_but(&json!({ "hex_identity": other }));
        host.set_token(&token(&mounted_key(host), &claims));
    });
}

fn set_external_token(host: &Host) -> String {
    let issuer = "https://id.example.com";
    let identity = Identity::from_claims(issuer, "somebody").to_string();
    let claims = json!({ "iss": issuer, "sub": "somebody", "iat": 1, "exp": 4_000_000_000_u32 });
    host.set_token(&token(&mounted_key(host), &claims));
    identity
}

#[test]
fn a_token_of_an_external_issuer() {
    let host = Host::new();
    set_external_token(&host);
    refused(&host, RESIGN, REFUSED, "ERR_TOKEN_EXTERNAL_ISSUER");
    for command in [ROTATE, RESIGN] {
        let host = Host::new();
        let identity = set_external_token(&host);
        let run = host.run(&and(command, &["--allow-external-issuer", "--json"])).success();
        let report = run.json();
        let found = report["identity"].as_str().or(report["publisher"]["identity"].as_str());
        assert_eq!(found, Some(identity.as_str()), "{report}");
    }
}

fn set_unverified_token(host: &Host) {
    host.set_token(&token(&PrivateKey::generate().unwrap(), &claims()));
}

#[test]
fn a_token_that_no_known_key_has_signed() {
    bad_cli_toml(REFUSED, "ERR_TOKEN_UNVERIFIED", set_unverified_token);
    let other = Identity::from_claims("localhost", "another").to_string();
    for command in [ROTATE, RESIGN] {
        for lift in [&["--allow-unverified"][..], &["--expect-identity", IDENTITY]] {
            let host = Host::new();
            set_unverified_token(&host);
            let unexpected = and(command, &["--expect-identity", &other]);
            refused(&host, &unexpected, REFUSED, "ERR_TOKEN_UNEXPECTED_IDENTITY");
            host.run(&and(command, lift)).success();
            let decoded = host.run(&["token", "decode", "--cli-toml", CLI_TOML, "--json"]);
            assert_eq!(decoded.json()["identity"], IDENTITY);
        }
    }
}

#[test]
fn the_previous_public_key_vouches_for_a_token() {
    let host = Host::new();
    fs::copy(host.path(PUBLIC), host.path("old.pub")).unwrap();
    host.mount(&PrivateKey::generate().unwrap());
    refused(&host, RESIGN, REFUSED, "ERR_TOKEN_UNVERIFIED");
    host.run(&and(RESIGN, &["--previous-public-key", "old.pub"])).success();
}

#[test]
fn an_expired_token_is_not_kept_expired() {
    let host = Host::new();
    host.set_token(&token(&mounted_key(&host), &claims_but(&json!({ "exp": 1_795_315_076 }))));
    refused(&host, &and(RESIGN, &["--expiry", "keep"]), REFUSED, "ERR_TOKEN_EXPIRED");
    host.run(&and(RESIGN, &["--expiry", "30d"])).success();
}

#[test]
fn a_missing_cli_toml_does_not_stop_a_rotation() {
    let host = Host::new();
    host.remove(CLI_TOML);
    refused(&host, RESIGN, FAILED, "ERR_IO");
    let before = host.mounted();
    let run = host.run(&and(ROTATE, &["--json"])).success();
    assert!(run.stderr.contains("there is no cli.toml"), "{run:?}");
    assert_eq!(run.json()["notes"], json!(["adopts", "no-cli-toml"]));
    assert_ne!(host.mounted(), before);
    host.run(&["verify", "--env", "local"]).success();
    for command in [RESUME, ROLLBACK, SYNC] {
        host.run(command).success();
    }
    assert!(!host.path(CLI_TOML).exists());
}
