//! What servers make of real providers' sets and tokens (`tests/fixtures/providers`): the verdicts in
//! those files are the servers' own, and the library agrees with each.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};
use spacetime_keys_core::PublicKey;
use spacetime_keys_core::jwks::lint;
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_oracle::judge::Judge;
use spacetime_keys_oracle::lint::judge;

const LOCAL: &str = include_str!("../keys/local.pub.pem");
/// Between the tokens' `iat` and `exp`. The servers' crates have the system's clock.
const NOW: i64 = 1_800_000_000;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/providers");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of providers")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// `accepted`, or the server's reason, by each set of rules.
fn verdicts(file: &Value) -> Value {
    let set = file["jwks"].to_string();
    let token = file["token"].as_str().expect("a token");
    let judge = Judge::new(LOCAL, Some(set.as_bytes()));
    let local = PublicKey::from_pem(LOCAL).expect("a key");
    let mut verdicts = Map::new();
    for rules in Rules::ALL {
        let judged = judge.judge(rules, token).expect("no hazard, no HMAC");
        let server = Server::new(rules).with_local_key(&local).expect("a server's key");
        let ours = server.with_issuer_keys(set.as_bytes()).check(token, NOW);
        assert_eq!(ours.accepted, judged.accepted, "{rules}: {judged:?}");
        let identity = ours.identity.map(|identity| identity.to_string());
        assert_eq!(identity, judged.identity, "{rules}");
        let verdict = if judged.accepted { "accepted".to_owned() } else { judged.reason };
        verdicts.insert(rules.name().to_owned(), json!(verdict));
    }
    Value::Object(verdicts)
}

#[test]
fn providers() {
    let files = files();
    assert!(files.len() >= 10, "{} providers", files.len());
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a readable file");
        let mut file: Value = serde_json::from_str(&text).expect("JSON");
        let verdicts = verdicts(&file);
        let set = file["jwks"].to_string();
        let (ours, taken) = (lint(set.as_bytes()), judge(set.as_bytes()));
        assert_eq!(ours.ok, taken.flaw.is_none(), "{name}: {ours:?}, {:?}", taken.flaw);
        println!("{name}: {verdicts}, {:?}", taken.flaw);
        if env::var_os("SPACETIME_KEYS_WRITE_PAGES").is_some() {
            file["verdicts"] = verdicts;
            file["flaw"] = json!(taken.flaw);
            let text = serde_json::to_string_pretty(&file).expect("JSON");
            fs::write(&path, text + "\n").expect("a writable file");
        } else {
            assert_eq!(file["verdicts"], verdicts, "{name}");
            assert_eq!(file["flaw"], json!(taken.flaw), "{name}");
        }
    }
}
