//! The way out of errors that depends on what was found.

use super::{Algorithm, Encoding, Found, SignatureFlaw};
use crate::advice::{Advice, NextStep};

pub(super) const THE_FILE_ITSELF: &str =
    "give the PEM file itself: -----BEGIN PRIVATE KEY----- or -----BEGIN PUBLIC KEY-----";

/// Of a token whose parts end with `=`.
pub(crate) const PADDED: &str = "copying it again does not help: its issuer writes it so. Send the token of the identity provider itself (behind a load balancer of AWS: `x-amzn-oidc-accesstoken`, not `x-amzn-oidc-data`)";

/// Of an ECDSA signature in DER.
pub(crate) const DER_SIGNATURE: &str = "the key is not at fault: whoever signs must write r and s one after the other, 32 bytes each (RFC 7518, section 3.4). OpenSSL, key management services and Java's `SHA256withECDSA` give DER: convert it, or let a JWT library sign (Java: `SHA256withECDSAinP1363Format`; Node: `dsaEncoding: \"ieee-p1363\"`)";

/// Of a token whose parts are base64 of the usual alphabet.
pub(crate) const ALPHABET: &str = "copying it again does not help: `+` and `/` are `-` and `_` in a JWT (RFC 7515, section 2). Whoever makes the token must write base64url, without `=`";

/// Of a token of Entra ID whose header has a `nonce`.
pub(crate) const OF_GRAPH: &str = "ask Entra ID for a token for an API of your own: register one (\"Expose an API\"), and request its scope, such as api://CLIENT/access, and none of Microsoft Graph";

pub(super) const fn of_signature(flaw: SignatureFlaw) -> &'static str {
    match flaw {
        SignatureFlaw::CutOff => "copy the whole token again: its end is missing",
        SignatureFlaw::Der => DER_SIGNATURE,
        SignatureFlaw::OfGraph => OF_GRAPH,
    }
}

pub(super) fn of_encoding(encoding: Encoding) -> Advice {
    let text = match encoding {
        Encoding::Utf16 => {
            let text = "convert it: `iconv -f UTF-16 -t UTF-8 FILE`, then {}";
            return (text, [NextStep::KeyNormalize]).into();
        }
        Encoding::Der => "convert it: `openssl pkey -inform DER -in FILE`",
        Encoding::DerPublic => "convert it: `openssl pkey -pubin -inform DER -in FILE`",
        Encoding::DerRequest => {
            "take its public key: `openssl req -inform DER -in FILE -noout -pubkey`"
        }
        Encoding::OpenSshPublic => "convert it: `ssh-keygen -e -m PKCS8 -f FILE`",
        Encoding::Pkcs12 => "take the key out: `openssl pkcs12 -in FILE -nocerts -nodes -out NEW`",
        Encoding::Pkcs12InBase64 => {
            // OpenSSL decodes either one line or short ones, by an option: hence `tr`.
            "take the key out: `cat FILE | tr -d '\\r\\n' | openssl base64 -d -A -out NEW.p12`, then `openssl pkcs12 -in NEW.p12 -nocerts -nodes -out NEW`"
        }
        Encoding::JavaKeyStore => {
            "convert it: `keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12`, then `openssl pkcs12 -in NEW.p12 -nocerts -nodes -out NEW`"
        }
        Encoding::Ssh2Public => {
            "convert it: `ssh-keygen -i -f FILE > NEW.pub`, then `ssh-keygen -e -m PKCS8 -f NEW.pub`"
        }
        Encoding::Putty => "convert it: `puttygen FILE -O private-openssh -o NEW`",
        Encoding::Sops => "decrypt it: `sops --decrypt FILE`",
        Encoding::AnsibleVault => "decrypt it: `ansible-vault view FILE`",
        Encoding::Age => "decrypt it: `age --decrypt -i IDENTITY FILE`",
        Encoding::OpenPgp => "decrypt it: `gpg --decrypt FILE`",
        Encoding::GitCrypt => "unlock the repository: `git-crypt unlock`",
        Encoding::GitLfs => "fetch the file: `git lfs pull`",
        Encoding::Reference => {
            "whoever puts the secret in its place has not done so: look whether the variable is set, whether the secret is there, and whether this host or job may read it"
        }
        Encoding::Html => {
            "the address answered with a page, of a login or an error: fetch it with `curl --fail`, and look at the address"
        }
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
