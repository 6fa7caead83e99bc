//! Reads the JSON that az prints.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::store::key_vault::Call;
use crate::store::{Properties, Secret, tags_from};
use crate::{Failure, clock};

/// A version of a secret: of `show` with its value, of `list-versions` without.
#[derive(Deserialize)]
struct Version {
    id: String,
    attributes: Attributes,
    tags: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "secret")]
    value: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Attributes {
    created: String,
    enabled: Option<bool>,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Option::<String>::deserialize(from).map(|value| value.map(Zeroizing::new))
}

/// The answer of `show`.
pub(super) fn shown(json: &[u8], call: &Call<'_>) -> Result<Secret, Failure> {
    let mut version: Version = parse(json, call)?;
    let value = version.value.take().ok_or_else(|| call.no_answer())?;
    Ok(Secret { value, properties: properties(version, call)? })
}

/// An entry of the answer of `list-versions`.
pub(super) fn listed(json: &[u8], call: &Call<'_>) -> Result<Vec<Properties>, Failure> {
    let versions: Vec<Version> = parse(json, call)?;
    versions.into_iter().map(|version| properties(version, call)).collect()
}

/// The answer of `set`, asked only for the id.
pub(super) fn written(json: &[u8], call: &Call<'_>) -> Result<String, Failure> {
    let id: String = parse(json, call)?;
    version_of(&id).ok_or_else(|| call.no_answer())
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], call: &Call<'_>) -> Result<T, Failure> {
    serde_json::from_slice(json).map_err(|_| call.no_answer())
}

fn properties(version: Version, call: &Call<'_>) -> Result<Properties, Failure> {
    let Version { id, attributes, tags, .. } = version;
    let parts = version_of(&id).zip(clock::seconds(&attributes.created));
    let (version, created) = parts.ok_or_else(|| call.no_answer())?;
    let tags = tags.unwrap_or_default();
    let tags = tags_from(tags.iter().map(|(name, value)| (&**name, &**value)));
    Ok(Properties {
        version,
        created,
        position: tags.copied.map(|copied| copied.position),
        enabled: attributes.enabled.unwrap_or(true),
        tags,
    })
}

/// `https://VAULT.vault.azure.net/secrets/SECRET/VERSION`. The version becomes an argument again.
fn version_of(id: &str) -> Option<String> {
    let (_, rest) = id.split_once("/secrets/")?;
    let (_, version) = rest.split_once('/')?;
    let is_name = version.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name && (1..=64).contains(&version.len())).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::key_vault::Right;

    const CALL: Call<'static> = Call { vault: "kv-dev", secret: "s", right: Right::Read };

    /// As `az` 2.8x prints it.
    fn version(id: &str, created: &str, more: &str) -> String {
        format!(
            r#"{{"attributes": {{"created": "{created}", "enabled": true, "expires": null,
            "notBefore": null, "recoverableDays": 90, "recoveryLevel": "Recoverable+Purgeable",
            "updated": "{created}"}}, "contentType": "application/x-pem-file", "id": "{id}",
            "kid": null, "managed": null, "name": "s",
            "tags": {{"file-encoding": "utf-8", "rotation-id": "r1"}}{more}}}"#
        )
    }

    const ID: &str = "https://kv-dev.vault.azure.net/secrets/s/0123456789abcdef0123456789abcdef";
    const CREATED: &str = "2026-11-22T04:16:00+00:00";

    #[test]
    fn what_az_prints_is_read() {
        let json = version(ID, CREATED, r#", "value": "a\n\"\u00e9\n""#);
        let found = shown(json.as_bytes(), &CALL).unwrap();
        assert_eq!(found.value.as_str(), "a\n\"é\n");
        assert_eq!(found.properties.version, "0123456789abcdef0123456789abcdef");
        assert_eq!(found.properties.created, 1_795_320_960);
        assert_eq!(found.properties.tags.rotation_id.as_deref(), Some("r1"));
        let list = format!("[{}, {}]", version(ID, CREATED, ""), version(ID, CREATED, ""));
        assert_eq!(listed(list.as_bytes(), &CALL).unwrap().len(), 2);
        assert_eq!(written(format!("\"{ID}\"\n").as_bytes(), &CALL).unwrap().len(), 32);
        // It has no tags.
        let bare = json.replace(r#"{"file-encoding": "utf-8", "rotation-id": "r1"}"#, "null");
        assert!(shown(bare.as_bytes(), &CALL).is_ok());
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let value = r#", "value": "v""#;
        for bad in [
            String::new(),
            "{ this is not".to_owned(),
            "null".to_owned(),
            version(ID, CREATED, ""),
            version(ID, CREATED, r#", "value": null"#),
            version(ID, "yesterday", value),
            version(ID, "2026-11-22T04:16:00+02:00", value),
            version("https://kv-dev.vault.azure.net/secrets/s", CREATED, value),
            version("https://kv-dev.vault.azure.net/secrets/s/--help", CREATED, value),
            version("https://kv-dev.vault.azure.net/secrets/s/", CREATED, value),
        ] {
            let failure = shown(bad.as_bytes(), &CALL).err().unwrap();
            assert_eq!(failure.kind().code(), "ERR_STORE_ANSWER", "{bad}");
            assert!(written(bad.as_bytes(), &CALL).is_err());
        }
        assert!(listed(b"{}", &CALL).is_err());
        assert!(listed(&[0xff, 0xfe], &CALL).is_err());
    }
}
