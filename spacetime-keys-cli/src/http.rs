//! Requests: one way to make them, and one set of words for what goes wrong.

use std::io::ErrorKind;
use std::time::Duration;

use spacetime_keys_core::doctor::Unreached;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// For one URL: no longer than `timeout` in all, from the name to the last byte, and from https
/// never on to http.
pub(crate) fn config(url: &str, timeout: Duration) -> ConfigBuilder<AgentScope> {
    let config =
        ureq::Agent::config_builder().https_only(is_https(url)).timeout_global(Some(timeout));
    #[cfg(feature = "aws-lc-rs")]
    let config = config.tls_config(tls());
    config
}

/// Whether a text is a URL that can be asked.
pub(crate) fn is_url(text: &str) -> bool {
    text.starts_with("http://") || is_https(text)
}

pub(crate) fn is_https(url: &str) -> bool {
    url.starts_with("https://")
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
pub(crate) fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Why there is no answer. Of errors that come with one, that it cannot be read.
pub(crate) fn unreached(error: &ureq::Error) -> Unreached {
    use ureq::Error::{ConnectionFailed, HostNotFound, Io, Timeout};
    if let Some(why) = tls_failure(error) {
        return why;
    }
    match error {
        Timeout(_) => Unreached::Timeout,
        HostNotFound => Unreached::NoSuchHost,
        ConnectionFailed => Unreached::NoConnection,
        Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable => Unreached::NoConnection,
            ErrorKind::TimedOut => Unreached::Timeout,
            // The standard library's words; there is no kind for it.
            _ if error.to_string().starts_with("failed to lookup address") => Unreached::NoSuchHost,
            _ => Unreached::Broken,
        },
        _ => Unreached::NotHttp,
    }
}

/// The kind of a TLS failure, not its text: a certificate holds texts of strangers.
#[cfg(feature = "aws-lc-rs")]
fn tls_failure(error: &ureq::Error) -> Option<Unreached> {
    let error = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
        _ => return None,
    };
    Some(match error {
        rustls::Error::InvalidCertificate(_) => Unreached::Untrusted,
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            Unreached::NoTls
        }
        _ => Unreached::Tls,
    })
}

#[cfg(not(feature = "aws-lc-rs"))]
fn tls_failure(error: &ureq::Error) -> Option<Unreached> {
    matches!(error, ureq::Error::Tls(_)).then_some(Unreached::Tls)
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
