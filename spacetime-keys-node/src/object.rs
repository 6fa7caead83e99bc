//! JSON objects, on their way to JavaScript.

use serde_json::Value;

/// The object with another field.
pub(crate) fn with(mut object: Value, name: &str, field: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), field.into());
    }
    object
}
