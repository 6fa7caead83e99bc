//! The way out of errors that depends on what was found.

use super::{Algorithm, Encoding, Found, SignatureFlaw};
use crate::advice::{Advice, NextStep};

pub(super) const THE_FILE_ITSELF: &str =
    "give the PEM file itself: -----BEGIN PRIVATE KEY----- or -----BEGIN PUBLIC KEY-----";

/// Of a token whose parts end with `=`.
pub(crate) const PADDED: &str = "copying it again does not help: its issuer writes it so. Send the token of the identity provider itself (behind a load balancer of AWS: `x-amzn-oidc-accesstoken`, not `x-amzn-oidc-data`)";

/// Of an ECDSA signature in DER.
pub(crate) const DER_SIGNATURE: &str = "the key is not at fault: whoever signs must write r and s one after the other, 32 bytes each (RFC 7518, section 3.4). OpenSSL, key management services and Java's `SHA256withECDSA` give DER: convert it, or let a JWT library sign (Java: `SHA256withECDSAinP1363Format`; Node: `dsaEncoding: \"ieee-p1363\"`)";

/// Of an access token for Microsoft Graph.
pub(crate) const OF_GRAPH: &str = "no key verifies it, so none is to be looked for: ask Entra ID for a token of your own API in place of Graph's (register the API, request its scope, such as `api://APP-ID/.default`), or send the ID token; its `aud` is then yours, and the header has no `nonce`";
/// Of a token that would go over plain http.
pub(crate) const PLAIN_HTTP: &str =
    "name the https URL, or a tunnel's end on this machine (`ssh -L`); {} sends it all the same";

pub(super) const fn of_signature(flaw: SignatureFlaw) -> &'static str {
    match flaw {
        SignatureFlaw::CutOff => "copy the whole token again: its end is missing",
        SignatureFlaw::Der => DER_SIGNATURE,
        SignatureFlaw::Graph => OF_GRAPH,
    }
}

pub(super) fn of_encoding(encoding: Encoding) -> Advice {
    let text = match encoding {
        Encoding::Utf16 => {
            let text = "convert it: `iconv -f UTF-16 -t UTF-8 FILE`, then {}";
            return (text, [NextStep::KeyNormalize]).into();
        }
        Encoding::Der => {
            "convert it: `openssl pkey -inform DER -in FILE` (add -pubin for a public key)"
        }
        Encoding::OpenSshPublic => "convert it: `ssh-keygen -e -m PKCS8 -f FILE`",
        Encoding::Pkcs12 => "take the key out: `openssl pkcs12 -in FILE -nocerts -nodes -out NEW`",
        Encoding::Pkcs12InBase64 => {
            "take the key out: `openssl base64 -d -A -in FILE | openssl pkcs12 -nocerts -nodes -out NEW`"
        }
        Encoding::JavaKeyStore => {
            "convert it: `keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12`, then `openssl pkcs12 -in NEW.p12 -nocerts -nodes -out NEW`"
        }
        Encoding::Sops => "decrypt it: `sops --decrypt FILE`",
        Encoding::Json | Encoding::Binary => THE_FILE_ITSELF,
    };
    text.into()
}

pub(super) fn of_found(found: Found) -> Advice {
    let text = match found {
        Found::Encrypted => {
            "take the password off: `openssl pkey -in FILE -out NEW` (NEW with mode 0600)"
        }
        Found::OpenSsh => "convert a copy: `ssh-keygen -p -m PKCS8 -N '' -f COPY`",
        Found::Certificate => "take its public key: `openssl x509 -in FILE -noout -pubkey`",
        Found::CertificateRequest => "take its public key: `openssl req -in FILE -noout -pubkey`",
        Found::ParametersOnly => "the key itself is missing: add its block to the file",
        Found::OtherLabel => THE_FILE_ITSELF,
        _ => return ("make a P-256 pair: {}", [NextStep::KeyGenerate(None)]).into(),
    };
    text.into()
}

pub(super) const fn of_algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hmac | Algorithm::None => {
            "DANGER: such a token can be made by anyone who knows a public text; find out who issued it"
        }
        _ => "a token of another algorithm was not signed by a SpacetimeDB key",
    }
}
