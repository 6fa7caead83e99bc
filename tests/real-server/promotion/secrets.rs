//! No byte of prod's private key or token at test, no matter who copied the data.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::{Two, files};
use crate::host::copy;
use crate::process::run;

/// So much of a secret in one piece is a leak.
const PIECE: usize = 24;

/// Looks into each file of test by itself: what is searched with here shares nothing with the program.
#[track_caller]
pub(super) fn assert_none_of_prod(two: &Two) {
    let pem = fs::read_to_string(two.prod.host.private_key()).unwrap();
    let key: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let token = two.prod.token();
    let signature = token.rsplit('.').next().unwrap();
    // The head of a key in PKCS#8 is each key's, and so is a token's header.
    let secrets = [key.as_bytes().get(40..).unwrap(), signature.as_bytes()];
    let found: Vec<_> = files(&two.test.folder())
        .into_iter()
        .filter(|path| {
            let content = fs::read(path).unwrap_or_default();
            secrets.iter().any(|secret| {
                secret
                    .windows(PIECE)
                    .step_by(PIECE)
                    .any(|piece| content.windows(PIECE).any(|found| found == piece))
            })
        })
        .collect();
    assert!(found.is_empty(), "secrets of prod at test: {found:?}");
}

/// What the guide has people do: everything below the data folder, between two stopped servers.
fn guides_rsync(two: &Two) {
    two.prod.flush();
    two.prod.stop();
    two.test.stop();
    // It takes files of the same size and second for the same, and these hosts were made together.
    for file in files(&two.test.data()) {
        let long_ago = UNIX_EPOCH + Duration::from_secs(1);
        fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
    let mut rsync = Command::new("rsync");
    rsync.args(["-aHA", "-X", "--delete", "-e", &two.road.ssh()]);
    rsync.arg(format!("source:{}/", two.prod.data().display()));
    rsync.arg(format!("{}/", two.test.data().display()));
    run(&mut rsync).expect_success();
    two.prod.start();
}

fn passport(two: &Two) -> String {
    let file = two.test.host.path("passport.json");
    let named = ["--server", &two.prod.url, "--database", crate::host::DATABASE];
    let made = two.prod.host.spacetime_keys(&[&["promote", "passport"][..], &named].concat());
    fs::write(&file, made.stdout).unwrap();
    file.display().to_string()
}

/// Refuses, changes nothing, and names the file.
#[track_caller]
fn refuses(two: &Two, passport: &str, file: &Path, kind: &str) {
    let admit =
        ["promote", "admit", "--passport", passport, "--data", "data/server", "--yes", "--json"];
    let token = fs::read(two.test.host.cli_toml()).unwrap();
    let ended = two.test.host.try_spacetime_keys(&admit);
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report.pointer("/error/code").unwrap(), "ERR_FOREIGN_SECRETS");
    let message = report.pointer("/error/message").and_then(Value::as_str).unwrap();
    let name = file.strip_prefix(two.test.folder()).unwrap();
    assert!(message.contains(name.to_str().unwrap()) && message.contains(kind), "{message}");
    assert_eq!(fs::read(two.test.host.cli_toml()).unwrap(), token);
}

// Slow: two servers, and the guide's way from one to the other.
#[test]
fn admit_refuses_what_the_guides_rsync_brings() {
    let two = Two::new();
    let passport = passport(&two);
    // As in the guide: the CLI's folder lies below the data, and so does the key of a server that was
    // started without key paths.
    let below = two.prod.data().join(".config/spacetime");
    copy(&two.prod.host.cli_toml(), &below.join("cli.toml"));
    copy(&two.prod.host.private_key(), &below.join("id_ecdsa"));
    guides_rsync(&two);

    let brought = two.test.data().join(".config/spacetime");
    refuses(&two, &passport, &brought.join("cli.toml"), "a token");
    fs::remove_file(brought.join("cli.toml")).unwrap();
    refuses(&two, &passport, &brought.join("id_ecdsa"), "a private key");
    fs::remove_file(brought.join("id_ecdsa")).unwrap();
    // Beside the data.
    let beside = two.test.host.path("data/cli.toml.prod");
    copy(&two.prod.host.cli_toml(), &beside);
    refuses(&two, &passport, &beside, "a token");
    fs::remove_file(beside).unwrap();

    // Now nothing of prod's is left, and the old habit ends well.
    let admit = ["promote", "admit", "--passport", &passport, "--data", "data/server", "--yes"];
    two.test.host.spacetime_keys(&admit);
    let again = two.test.host.spacetime_keys_json(&admit);
    assert_eq!(again.get("changed"), Some(&Value::Bool(false)), "{again}");
    two.test.start();
    let accept = ["promote", "accept", "--passport", &passport, "--server", &two.test.url];
    two.test.host.spacetime_keys(&[&accept[..], &["--data", "data/server"]].concat());
    two.assert_promoted(25);
    assert_none_of_prod(&two);
}

// Slow: two servers and a promotion.
#[test]
fn the_recipe_leaves_the_config_folder_below_the_data_where_it_is() {
    let two = Two::new();
    let below = |data: &Path| data.join(".config/spacetime/cli.toml");
    copy(&two.prod.host.cli_toml(), &below(&two.prod.data()));
    copy(&two.test.host.cli_toml(), &below(&two.test.data()));
    let own = fs::read(below(&two.test.data())).unwrap();
    two.recipe().run("promote-prod-to-test").expect_success();
    two.assert_promoted(25);
    assert_eq!(fs::read(below(&two.test.data())).unwrap(), own);
    assert_none_of_prod(&two);
}
