//! The way out of errors that depends on what was found.

use super::{Algorithm, DiscoveryFlaw, Encoding, Found, NoSet, SignatureFlaw, UrlDanger};
use crate::advice::{Advice, Choice, NextStep};

pub(super) const THE_FILE_ITSELF: &str =
    "give the PEM file itself: -----BEGIN PRIVATE KEY----- or -----BEGIN PUBLIC KEY-----";

/// For a token whose parts end with `=`.
pub(crate) const PADDED: &str = "copying it again does not help: its issuer writes it so. Send the token of the identity provider itself (behind a load balancer of AWS: `x-amzn-oidc-accesstoken`, not `x-amzn-oidc-data`)";

/// For an ECDSA signature in DER.
pub(crate) const DER_SIGNATURE: &str = "the key is not at fault: the signer must write r and s one after the other, 32 bytes each (RFC 7518, section 3.4). OpenSSL, key management services and Java's `SHA256withECDSA` give DER: convert it, or let a JWT library sign (Java: `SHA256withECDSAinP1363Format`; Node: `dsaEncoding: \"ieee-p1363\"`)";

/// For a token whose parts are base64 of the usual alphabet.
pub(crate) const ALPHABET: &str = "copying it again does not help: `+` and `/` are `-` and `_` in a JWT (RFC 7515, section 2). The program that makes the token must write base64url, without `=`";

/// For an access token for Microsoft Graph.
pub(crate) const OF_GRAPH: &str = "no key verifies such a token. Ask Entra ID for a token of your own API, not of Graph: register the API, and request its scope, such as `api://APP-ID/.default`. Or send the ID token. Then `aud` is yours, and the header has no `nonce`";

/// For a token that would go over plain http.
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
        Encoding::Der => "convert it: `openssl pkey -inform DER -in FILE`",
        Encoding::DerPublic => "convert it: `openssl pkey -pubin -inform DER -in FILE`",
        Encoding::DerRequest => {
            "take its public key: `openssl req -inform DER -in FILE -noout -pubkey`"
        }
        Encoding::OpenSshPublic => "convert it: `ssh-keygen -e -m PKCS8 -f FILE`",
        Encoding::Pkcs12 => "take the key out: `openssl pkcs12 -in FILE -nocerts -nodes -out NEW`",
        Encoding::Pkcs12InBase64 => {
            // OpenSSL decodes either one line or short ones, by an option: so `tr`.
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
            "the secret was not put in its place: check that the variable is set, that the secret is there, and that this host or job may read it"
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

const A_SET: &str = "give the document that the issuer's `jwks_uri` names: {\"keys\": [ … ]}";

pub(crate) fn of_no_set(found: NoSet) -> Advice {
    let text = match found {
        NoSet::Empty => "have the issuer serve the set there: it is empty now",
        NoSet::ByteOrderMark => "write the file again as UTF-8 without a byte order mark",
        NoSet::Utf16 => "write the file again as UTF-8 (`iconv -f UTF-16 -t UTF-8 FILE`)",
        NoSet::Gzip => {
            "serve the text as it is: compressed, and not declared so (`Content-Encoding`) or not asked for, no server reads it"
        }
        NoSet::Html | NoSet::Xml => {
            "open the URL: a login page, an error page or an app stands there. The set must be there for everybody, without a login"
        }
        NoSet::Pem => {
            return (
                "pass a public key with {}, or make a set of it: {}",
                [NextStep::Choose(Choice::PublicKey), NextStep::JwksExportFiles],
            )
                .into();
        }
        NoSet::Array | NoSet::SingleKey => "put the object around it: {\"keys\": [ … ]}",
        NoSet::Certificates => {
            "take the JWK set of the same keys: of Firebase, https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
        }
        NoSet::NotJson | NoSet::Discovery | NoSet::NoKeys | NoSet::Form => A_SET,
        NoSet::Entry => "publish a JSON object with an array of objects: {\"keys\": [ … ]}",
    };
    text.into()
}

pub(crate) fn of_discovery(flaw: DiscoveryFlaw) -> Advice {
    let text = match flaw {
        DiscoveryFlaw::Not(NoSet::Array | NoSet::NotJson) => {
            "have the issuer serve a JSON object with `issuer` and `jwks_uri` there"
        }
        DiscoveryFlaw::Not(found) => return of_no_set(found),
        DiscoveryFlaw::Set => {
            return (
                "serve the set under a URL of its own, and a document with `issuer` and `jwks_uri` here ({} writes both)",
                [NextStep::JwksExportFiles],
            )
                .into();
        }
        DiscoveryFlaw::NoUri => {
            "servers find keys only by `jwks_uri`: have the issuer name its JWK set there (an OAuth server without OpenID Connect may have none)"
        }
        DiscoveryFlaw::UriTwice => "leave each member in once",
        DiscoveryFlaw::UriType | DiscoveryFlaw::UriRelative | DiscoveryFlaw::UriForm => {
            "have the issuer write the set's whole URL, as a string: https://HOST/PATH"
        }
    };
    text.into()
}

pub(super) fn of_url_danger(danger: UrlDanger) -> Advice {
    let text = match danger {
        UrlDanger::Downgrade => {
            return (
                "servers would fetch it, and anyone on the network path can replace the keys. Have the issuer name an https URL. Behind a proxy that ends TLS, set the issuer's own URL to https. If the set is under https as well, name that URL ({})",
                [NextStep::Choose(Choice::Jwks)],
            )
                .into();
        }
        UrlDanger::RedirectDowngrade => "name the https URL where the set is",
        UrlDanger::User => "keys are public: have the issuer name a URL without a user name",
    };
    text.into()
}
