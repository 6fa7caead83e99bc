//! The things that can stand where a JWK set, or a document that leads to one, should be.

use std::fmt;

use super::kinds::display;

/// The thing in the place of a JWK set or of a discovery document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoSet {
    /// No byte, or only blanks.
    Empty,
    /// UTF-8 with a byte order mark before it.
    ByteOrderMark,
    /// UTF-16.
    Utf16,
    /// gzip.
    Gzip,
    /// A page for people.
    Html,
    /// Some other XML.
    Xml,
    /// A key or a certificate as PEM.
    Pem,
    /// Not JSON.
    NotJson,
    /// A JSON array.
    Array,
    /// A JWK without the set around it.
    SingleKey,
    /// Certificates as PEM, each under its `kid`.
    Certificates,
    /// A discovery document.
    Discovery,
    /// An object without `keys`.
    NoKeys,
    /// An entry of `keys` is no object.
    Entry,
    /// Anything else.
    Form,
}

display!(NoSet {
    Empty => "nothing came, the text is empty",
    ByteOrderMark => "a byte order mark stands before the JSON, and servers do not read past it",
    Utf16 => "this is UTF-16 text",
    Gzip => "these are gzip bytes",
    Html => "this is an HTML page",
    Xml => "this is an XML document",
    Pem => "this is a PEM text",
    NotJson => "this is not JSON",
    Array => "this is a JSON array, without the object around it",
    SingleKey => "this is a single key: the set around it is missing",
    Certificates => "these are certificates, not keys",
    Discovery => "this is a discovery document, which leads to a set",
    NoKeys => "this is a JSON object without `keys`",
    Entry => "an entry of `keys` is no object",
    Form => "a JSON object with an array of objects, `keys`, is needed",
});

/// Why a discovery document does not lead to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscoveryFlaw {
    /// Something else stands in its place.
    Not(NoSet),
    /// The set itself stands in its place.
    Set,
    /// It has no `jwks_uri`.
    NoUri,
    /// It has `jwks_uri` twice.
    UriTwice,
    /// Its `jwks_uri` is no string.
    UriType,
    /// Its `jwks_uri` is no whole URL.
    UriRelative,
    /// Its `jwks_uri` is no URL of http or https, or has characters that no URL has.
    UriForm,
}

impl DiscoveryFlaw {
    /// Every kind there is, of other documents those that discovery meets.
    pub(super) const ALL: [Self; 14] = [
        Self::Set,
        Self::NoUri,
        Self::UriTwice,
        Self::UriType,
        Self::UriRelative,
        Self::UriForm,
        Self::Not(NoSet::Empty),
        Self::Not(NoSet::ByteOrderMark),
        Self::Not(NoSet::Utf16),
        Self::Not(NoSet::Gzip),
        Self::Not(NoSet::Html),
        Self::Not(NoSet::Xml),
        Self::Not(NoSet::NotJson),
        Self::Not(NoSet::Array),
    ];
}

impl fmt::Display for DiscoveryFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Not(found) => return write!(f, "this is no discovery document: {found}"),
            Self::Set => {
                "the JWK set itself stands where the discovery document should be, and servers look for `jwks_uri` there"
            }
            Self::NoUri => "the discovery document has no `jwks_uri`",
            Self::UriTwice => "the discovery document has `jwks_uri` twice",
            Self::UriType => "the discovery document's `jwks_uri` is no string",
            Self::UriRelative => {
                "the discovery document's `jwks_uri` is a relative URL, and servers want a whole one"
            }
            Self::UriForm => "the discovery document's `jwks_uri` is no http or https URL",
        })
    }
}

/// A request of a URL that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlDanger {
    /// From https on to http by `jwks_uri`.
    Downgrade,
    /// The same by a redirect.
    RedirectDowngrade,
    /// A user name in `jwks_uri` or in a redirect.
    User,
}

display!(UrlDanger {
    Downgrade => "the `jwks_uri` of a discovery document under https is an http URL",
    RedirectDowngrade => "an https URL redirects to http",
    User => "a user name stands in the URL that the document or a redirect leads to",
});

/// The difference between two issuers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssuerDifference {
    /// Only by slashes at the end.
    Slash,
    /// Otherwise.
    Other,
}

display!(IssuerDifference {
    Slash => ": a slash at the end is the difference",
    Other => "",
});
