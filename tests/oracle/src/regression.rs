//! Disagreements that were found once, one file each in `regressions/`: they are judged again
//! before anything else.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a file says.
#[derive(Clone, Debug)]
pub struct Regression {
    /// A token, or none where only the set is judged.
    pub token: Option<String>,
    pub jwks: Option<Vec<u8>>,
    /// Where the two disagreed: `1.2`, `2.8`, `2.14`, or `lint`.
    pub rules: String,
    /// Both answers at that time, in words.
    pub server: String,
    pub core: String,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// All of them, with the names of their files.
pub fn all() -> Vec<(String, Regression)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder of regressions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read(&path).expect("a readable file");
            (name, Regression::parse(&text))
        })
        .collect()
}

impl Regression {
    fn parse(text: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(text).expect("JSON");
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let jwks = text("jwks")
            .map(String::into_bytes)
            .or_else(|| text("jwks_base64").map(|text| STANDARD.decode(text).expect("base64")));
        Self {
            token: text("token"),
            jwks,
            rules: text("rules").expect("rules"),
            server: text("server").expect("the server's answer"),
            core: text("core").expect("our answer"),
        }
    }

    /// Writes a file, and says where. Sets may hold bytes that are no text.
    pub fn save(&self) -> PathBuf {
        let mut value = json!({ "rules": self.rules, "server": self.server, "core": self.core });
        if let Some(token) = &self.token {
            value["token"] = json!(token);
        }
        if let Some(jwks) = &self.jwks {
            match std::str::from_utf8(jwks) {
                Ok(text) => value["jwks"] = json!(text),
                Err(_) => value["jwks_base64"] = json!(STANDARD.encode(jwks)),
            }
        }
        let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let digest: String = digest.as_ref()[..4].iter().map(|b| format!("{b:02x}")).collect();
        let path = folder().join(format!("{}-{digest}.json", self.rules));
        fs::write(&path, text).expect("a file of our own");
        path
    }
}
