//! What may be written: the limits that Microsoft documents for secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::state::{Draft, Version};
use crate::answer::Answer;

const MAX_VALUE_BYTES: usize = 25_600;
const MAX_CONTENT_TYPE: usize = 255;
const MAX_TAGS: usize = 15;
const MAX_TAG: usize = 512;
const MAX_NAME: usize = 127;

/// Refuses a name that is not `^[0-9A-Za-z-]{1,127}$`.
pub(super) fn name(name: &str) -> Result<(), Answer> {
    let good = (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if good {
        return Ok(());
    }
    Err(Answer::bad_parameter(
        "The request URI contains an invalid name. A name is 1 to 127 of 0-9, a-z, A-Z, and -.",
    ))
}

/// A whole new version, of a PUT's body.
pub(super) fn draft(body: &[u8]) -> Result<Draft, Answer> {
    let body = object(body)?;
    let Some(value) = body.get("value").and_then(Value::as_str) else {
        return Err(Answer::bad_parameter("Property value is required and must be a text."));
    };
    if value.len() > MAX_VALUE_BYTES {
        let message =
            format!("Property value is too long. It has at most {MAX_VALUE_BYTES} bytes.");
        return Err(Answer::bad_parameter(&message));
    }
    let mut version = Version { enabled: true, ..Version::default() };
    apply(&body, &mut version)?;
    Ok(Draft {
        value: value.to_owned(),
        content_type: version.content_type,
        tags: version.tags,
        enabled: version.enabled,
        expires: version.expires,
        not_before: version.not_before,
    })
}

/// Changes what a PATCH's body names.
pub(super) fn update(body: &[u8], version: &mut Version) -> Result<(), Answer> {
    apply(&object(body)?, version)
}

fn object(body: &[u8]) -> Result<Value, Answer> {
    serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Answer::bad_parameter("The request body is no JSON object."))
}

fn apply(body: &Value, version: &mut Version) -> Result<(), Answer> {
    if let Some(content_type) = body.get("contentType").and_then(Value::as_str) {
        if content_type.chars().count() > MAX_CONTENT_TYPE {
            let message =
                format!("Property contentType has at most {MAX_CONTENT_TYPE} characters.");
            return Err(Answer::bad_parameter(&message));
        }
        version.content_type = Some(content_type.to_owned());
    }
    if let Some(given) = body.get("tags").filter(|tags| !tags.is_null()) {
        version.tags = tags(given)?;
    }
    let attributes = body.get("attributes");
    let attribute = |name| attributes.and_then(|attributes| attributes.get(name));
    if let Some(enabled) = attribute("enabled").and_then(Value::as_bool) {
        version.enabled = enabled;
    }
    if let Some(expires) = attribute("exp").and_then(Value::as_u64) {
        version.expires = Some(expires);
    }
    if let Some(not_before) = attribute("nbf").and_then(Value::as_u64) {
        version.not_before = Some(not_before);
    }
    Ok(())
}

fn tags(given: &Value) -> Result<BTreeMap<String, String>, Answer> {
    let wrong = || Answer::bad_parameter("Property tags is no object of texts.");
    let given = given.as_object().ok_or_else(wrong)?;
    if given.len() > MAX_TAGS {
        return Err(Answer::bad_parameter(&format!("There are at most {MAX_TAGS} tags.")));
    }
    let mut tags = BTreeMap::new();
    for (name, value) in given {
        let value = value.as_str().ok_or_else(wrong)?;
        if name.chars().count() > MAX_TAG || value.chars().count() > MAX_TAG {
            let message = format!("A tag's name and value have at most {MAX_TAG} characters each.");
            return Err(Answer::bad_parameter(&message));
        }
        tags.insert(name.clone(), value.to_owned());
    }
    Ok(tags)
}
