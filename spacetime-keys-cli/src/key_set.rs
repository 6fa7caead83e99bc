//! A JWK set from a file or a URL.

use std::path::Path;
use std::time::Duration;

use spacetime_keys_core::Error;
use spacetime_keys_core::jwks::MAX_JWKS_BYTES;
use zeroize::Zeroizing;

use crate::args::Fetch;
use crate::failure::Failure;
use crate::files;
use crate::http;

const MAX_REDIRECTS: u32 = 5;

/// The bytes of a set. `place` is a path, or a URL that begins with `http://` or `https://`; one
/// of a discovery document leads to its `jwks_uri`, as it does for servers.
pub(crate) fn read(place: &str, options: &Fetch) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !http::is_url(place) {
        let content = files::read_named(Path::new(place))?;
        return if content.len() > MAX_JWKS_BYTES {
            Err(Failure::from(Error::JwksTooLarge).prefix(place))
        } else {
            Ok(content)
        };
    }
    let document = fetch(place, options.timeout)?;
    match jwks_uri(&document) {
        Some(uri) if http::is_url(&uri) => fetch(&uri, options.timeout),
        _ => Ok(document),
    }
}

/// The set of an issuer as servers find it: where its discovery document says, and nowhere else. Empty
/// where that says nothing.
pub(crate) fn of_issuer(discovery: &str, options: &Fetch) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let document = fetch(discovery, options.timeout)?;
    jwks_uri(&document)
        .filter(|uri| http::is_url(uri))
        .map_or_else(|| Ok(Zeroizing::default()), |uri| fetch(&uri, options.timeout))
}

/// Where a discovery document (`OpenID` Connect Discovery 1.0, section 3) says that the set is.
fn jwks_uri(document: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Discovery {
        jwks_uri: String,
    }
    serde_json::from_slice::<Discovery>(document).ok().map(|document| document.jwks_uri)
}

/// One GET: no longer than `timeout` in all, no larger than a set may be, and from https never
/// on to http.
fn fetch(url: &str, timeout: Duration) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: &ureq::Error| {
        let (what, hint) = describe(error);
        // The URL was typed, or is public.
        Failure::new("ERR_JWKS_FETCH", format!("{}: {what}", http::without_user(url)), hint)
    };
    let mut response = http::config(url, timeout)
        .max_redirects(MAX_REDIRECTS)
        .build()
        .new_agent()
        .get(url)
        .header("accept", "application/jwk-set+json, application/json")
        .call()
        .map_err(|error| failed(&error))?;
    response
        .body_mut()
        .with_config()
        .limit(MAX_JWKS_BYTES as u64)
        .read_to_vec()
        .map(Zeroizing::new)
        .map_err(|error| failed(&error))
}

fn describe(error: &ureq::Error) -> (String, String) {
    use ureq::Error::{
        BodyExceedsLimit, RedirectFailed, RequireHttpsOnly, StatusCode, TooManyRedirects,
    };
    let (message, hint) = match error {
        StatusCode(status) => (
            format!("the answer is {status}"),
            "open the URL: the set must be there for everybody, without a login",
        ),
        RequireHttpsOnly(_) => {
            ("it redirects to http".to_owned(), "name the https URL where the set is")
        }
        TooManyRedirects | RedirectFailed => {
            ("it redirects too often".to_owned(), "name the URL where the set is")
        }
        BodyExceedsLimit(_) => (
            format!("the answer is larger than {} MiB", MAX_JWKS_BYTES >> 20),
            "this is no JWK set: name the URL where the set is",
        ),
        _ => {
            let why = http::unreached(error);
            return (why.to_string(), why.advice().to_string());
        }
    };
    (message, hint.to_owned())
}
