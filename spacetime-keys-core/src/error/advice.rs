//! The way out of errors that depends on what was found.

use super::{Algorithm, Encoding, Found};
use crate::advice::{Advice, NextStep};

pub(super) const THE_FILE_ITSELF: &str =
    "give the PEM file itself: -----BEGIN PRIVATE KEY----- or -----BEGIN PUBLIC KEY-----";

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
        Encoding::Jwk | Encoding::Binary => THE_FILE_ITSELF,
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
