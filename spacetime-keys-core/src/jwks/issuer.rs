//! The issuer that a token names, and the document that its keys are found by.

use super::WELL_KNOWN_DISCOVERY;
use crate::Error;
use crate::error::IssuerDifference;

/// The one place where servers look for the keys of an issuer: below its URL without slashes at the
/// end.
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/{WELL_KNOWN_DISCOVERY}", issuer.trim_end_matches('/'))
}

/// Whether a token's `iss` is the `issuer` of the discovery document that led to the keys, to the
/// letter (`OpenID` Connect Discovery 1.0, section 4.3). Servers do not ask.
///
/// # Errors
/// [`Error::TokenDiscoveryIssuer`].
pub fn compare_issuers(token: Option<&str>, discovery: &str) -> Result<(), Error> {
    let difference = match token {
        Some(issuer) if issuer == discovery => return Ok(()),
        Some(issuer) if issuer.trim_end_matches('/') == discovery.trim_end_matches('/') => {
            IssuerDifference::Slash
        }
        _ => IssuerDifference::Other,
    };
    Err(Error::TokenDiscoveryIssuer(difference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_letter() {
        let slash = Err(Error::TokenDiscoveryIssuer(IssuerDifference::Slash));
        let other = Err(Error::TokenDiscoveryIssuer(IssuerDifference::Other));
        for (token, discovery, expected) in [
            (Some("https://a"), "https://a", Ok(())),
            (Some("https://a/"), "https://a", slash),
            (Some("https://a"), "https://a/", slash),
            (Some("https://A"), "https://a", other),
            (Some("https://b"), "https://a", other),
            (Some("http://a"), "https://a", other),
            (None, "https://a", other),
        ] {
            assert_eq!(compare_issuers(token, discovery), expected, "{token:?} {discovery}");
        }
        for issuer in ["https://a/b", "https://a/b//"] {
            assert_eq!(discovery_url(issuer), "https://a/b/.well-known/openid-configuration");
        }
    }
}
