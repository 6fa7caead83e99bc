//! A JWK set from a file or a URL.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use spacetime_keys_core::Error;
use spacetime_keys_core::jwks::MAX_JWKS_BYTES;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::files;

const MAX_REDIRECTS: u32 = 5;

/// The bytes of a set. `place` is a path, or a URL that begins with `http://` or `https://`; one
/// of a discovery document leads to its `jwks_uri`, as it does for servers.
pub(crate) fn read(place: &str, timeout: Duration) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !is_url(place) {
        let content = files::read_existing(Path::new(place))?;
        return if content.len() > MAX_JWKS_BYTES {
            Err(Failure::from(Error::JwksTooLarge).prefix(place))
        } else {
            Ok(content)
        };
    }
    let document = fetch(place, timeout)?;
    match jwks_uri(&document) {
        Some(uri) if is_url(&uri) => fetch(&uri, timeout),
        _ => Ok(document),
    }
}

fn is_url(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
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
        Failure::new("ERR_JWKS_FETCH", format!("{}: {what}", without_user(url)), hint)
    };
    let config = ureq::Agent::config_builder()
        .https_only(url.starts_with("https://"))
        .max_redirects(MAX_REDIRECTS)
        .timeout_global(Some(timeout));
    #[cfg(feature = "aws-lc-rs")]
    let config = config.tls_config(tls());
    let mut response = config
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

/// The system's certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
#[cfg(feature = "aws-lc-rs")]
fn tls() -> ureq::tls::TlsConfig {
    ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .build()
}

/// A URL may carry a user name and a password: they are not shown.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn describe(error: &ureq::Error) -> (String, &'static str) {
    use ureq::Error::{
        BodyExceedsLimit, ConnectionFailed, HostNotFound, Io, RedirectFailed, RequireHttpsOnly,
        StatusCode, Timeout, TooManyRedirects,
    };
    if let Some(what) = tls_failure(error) {
        return (
            format!("TLS failed ({what})"),
            "its certificate must be one that this machine trusts; SSL_CERT_FILE names another authority",
        );
    }
    let network = "open the URL from this machine: name, port, proxy (HTTPS_PROXY) and firewall";
    match error {
        StatusCode(status) => (
            format!("the answer is {status}"),
            "open the URL: the set must be there for everybody, without a login",
        ),
        Timeout(_) => ("no answer in time".to_owned(), "--timeout allows for more"),
        HostNotFound => ("there is no such host".to_owned(), network),
        ConnectionFailed => ("no connection".to_owned(), network),
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
        Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            ("no connection".to_owned(), network)
        }
        Io(error) => (format!("the connection broke ({})", error.kind()), network),
        _ => ("this is no answer that can be read".to_owned(), network),
    }
}

/// What TLS complains of, by its kind: certificates hold texts of whoever made them.
#[cfg(feature = "aws-lc-rs")]
fn tls_failure(error: &ureq::Error) -> Option<&'static str> {
    let error = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
        _ => return None,
    };
    Some(match error {
        rustls::Error::InvalidCertificate(_) => "its certificate is not trusted",
        _ => "no agreement on a connection",
    })
}

#[cfg(not(feature = "aws-lc-rs"))]
fn tls_failure(error: &ureq::Error) -> Option<&'static str> {
    matches!(error, ureq::Error::Tls(_)).then_some("it is not in this build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_queries_are_not_shown() {
        for (url, shown) in [
            ("https://a.example/x", "https://a.example/x"),
            ("https://me:secret@a.example:8/x?y=1#z", "https://a.example:8/x"),
            ("https://me:sec@ret@a.example", "https://a.example"),
        ] {
            assert_eq!(without_user(url), shown);
        }
    }
}
