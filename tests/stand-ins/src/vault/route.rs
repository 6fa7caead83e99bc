//! From a method and a path to what is asked for.

use hyper::Method;

use crate::log::Operation;

/// What a request asks for, and of which secret and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) secret: Option<String>,
    pub(crate) version: Option<String>,
}

/// A path that ends in a slash names no version: the newest one is meant.
pub(crate) fn route(method: &Method, path: &str) -> Route {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (operation, secret, version) = match (method.as_str(), segments.as_slice()) {
        ("GET", ["secrets"]) => (Operation::ListSecrets, None, None),
        ("PUT", ["secrets", name]) => (Operation::Put, Some(name), None),
        ("GET", ["secrets", name]) => (Operation::GetLatest, Some(name), None),
        ("GET", ["secrets", name, "versions"]) => (Operation::ListVersions, Some(name), None),
        ("GET", ["secrets", name, version]) => (Operation::GetVersion, Some(name), Some(version)),
        ("PATCH", ["secrets", name]) => (Operation::Update, Some(name), None),
        ("PATCH", ["secrets", name, version]) => (Operation::Update, Some(name), Some(version)),
        ("DELETE", ["secrets", name]) => (Operation::Delete, Some(name), None),
        ("GET", ["deletedsecrets", name]) => (Operation::GetDeleted, Some(name), None),
        ("POST", ["deletedsecrets", name, "recover"]) => (Operation::Recover, Some(name), None),
        _ => (Operation::Other, None, None),
    };
    let owned = |text: Option<&&str>| text.map(|&text| text.to_owned());
    Route { operation, secret: owned(secret), version: owned(version) }
}
