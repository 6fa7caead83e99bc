//! The text of an SDK error: the whole chain, because its outer text is often useless.

use std::error::Error;

/// Why a connection failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Network {
    /// The name is not known.
    NoSuchHost,
    /// The other side, or a proxy, does not take connections.
    Refused,
    /// No agreement on encryption, or a certificate that is not trusted.
    Tls { certificate: bool },
    /// Something else broke.
    Broken,
}

/// The texts of an error and of all that caused it, in lower case. Never shown to anybody.
pub(super) fn chain(error: &azure_core::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push('\n');
        text.push_str(&error.to_string());
        source = error.source();
    }
    text.make_ascii_lowercase();
    text
}

/// Why the connection failed, if that is what the chain tells.
pub(super) fn network(chain: &str) -> Option<Network> {
    let has = |words: &[&str]| words.iter().any(|word| chain.contains(word));
    // In this order: a broken connection speaks of TLS's "close_notify", and a proxy that is not
    // there of the tunnel that it was to make.
    if has(&["connection refused", "network unreachable", "no route to host"]) {
        return Some(Network::Refused);
    }
    if has(&["close_notify", "connection closed", "connection reset", "broken pipe"]) {
        return Some(Network::Broken);
    }
    if has(&["certificate", "unknownissuer"]) {
        return Some(Network::Tls { certificate: true });
    }
    if has(&["tls", "handshake", "corrupt message", "invalidcontenttype"]) {
        return Some(Network::Tls { certificate: false });
    }
    // A proxy says so in the place of the name service.
    if has(&["dns error", "failed to lookup", "unsuccessful tunnel", "tunnel error"]) {
        return Some(Network::NoSuchHost);
    }
    let sent = ["error sending request", "failed to execute `reqwest` request", "timed out"];
    let body = ["error reading a body", "incomplete message", "unexpected eof"];
    (has(&sent) || has(&body)).then_some(Network::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_in_the_chain() {
        for (chain, found) in [
            (
                "client error (connect)\ninvalid peer certificate: unknownissuer",
                Some(Network::Tls { certificate: true }),
            ),
            (
                "client error (connect)\ndns error\nfailed to lookup address",
                Some(Network::NoSuchHost),
            ),
            (
                "client error (connect)\ntcp connect error\nconnection refused",
                Some(Network::Refused),
            ),
            (
                "client error (connect)\ntunnel error: tcp connect error\nconnection refused",
                Some(Network::Refused),
            ),
            ("client error (connect)\nunsuccessful tunnel", Some(Network::NoSuchHost)),
            (
                "error sending request\nconnection closed before message completed",
                Some(Network::Broken),
            ),
            ("peer closed connection without sending tls close_notify", Some(Network::Broken)),
            (
                "received corrupt message of type invalidcontenttype",
                Some(Network::Tls { certificate: false }),
            ),
            ("the run was good", None),
        ] {
            assert_eq!(network(chain), found, "{chain}");
        }
    }
}
