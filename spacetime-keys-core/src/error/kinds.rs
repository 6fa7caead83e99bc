//! The kinds of things that an error can name, never the things themselves.

use std::fmt;

/// An encoding that is not PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-16, with or without a byte order mark.
    Utf16,
    /// Bare DER of a private key, or of what cannot be told.
    Der,
    /// Bare DER of a public key.
    DerPublic,
    /// Bare DER of a certificate request.
    DerRequest,
    /// PKCS#12.
    Pkcs12,
    /// The same, as base64.
    Pkcs12InBase64,
    /// A store of Java's own kind.
    JavaKeyStore,
    /// A file that sops has encrypted.
    Sops,
    /// A file that Ansible Vault has encrypted.
    AnsibleVault,
    /// A file that age has encrypted.
    Age,
    /// A file that `GnuPG` or another `OpenPGP` program has encrypted.
    OpenPgp,
    /// A file in a repository that git-crypt has locked.
    GitCrypt,
    /// A pointer that Git LFS leaves in a file's place until it is fetched.
    GitLfs,
    /// A name or an address of a secret, in the secret's place.
    Reference,
    /// A web page.
    Html,
    /// JSON without a key in it.
    Json,
    /// A one-line OpenSSH public key.
    OpenSshPublic,
    /// An SSH public key in the form of RFC 4716.
    Ssh2Public,
    /// A private key in `PuTTY`'s own format.
    Putty,
    /// Bytes that are no text.
    Binary,
}

/// A key, or what stands in a key's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Found {
    /// NIST P-224.
    P224,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// The Bitcoin curve.
    Secp256k1,
    /// Another named curve.
    OtherCurve,
    /// Curve parameters written out that are not those of P-256.
    OtherParameters,
    /// RSA, in any container.
    Rsa,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// X25519 or X448.
    Montgomery,
    /// DSA or Diffie-Hellman.
    Dsa,
    /// A secret for an HMAC.
    SharedSecret,
    /// Some other algorithm.
    OtherAlgorithm,
    /// A password-protected private key.
    Encrypted,
    /// `BEGIN OPENSSH PRIVATE KEY`.
    OpenSsh,
    /// An X.509 certificate.
    Certificate,
    /// A certificate request.
    CertificateRequest,
    /// Only curve parameters, without a key.
    ParametersOnly,
    /// A PEM block with some other label.
    OtherLabel,
}

/// A part of a compact JWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPart {
    /// The JOSE header.
    Header,
    /// The JWT claims set.
    Claims,
    /// The signature.
    Signature,
}

/// A token's format that is no compact JWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFormat {
    /// PASETO, of any version and purpose.
    Paseto,
    /// The JSON serialization of a JWS (RFC 7515, section 7.2).
    JsonJws,
}

/// The way in which a token's signature has not its algorithm's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureFlaw {
    /// Fewer than the algorithm gives.
    CutOff,
    /// ECDSA's two numbers in a DER sequence.
    Der,
    /// A signature of Microsoft Graph, made over another header than the token has.
    Graph,
}

/// A JWS algorithm, as far as this library tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// HS256, HS384, HS512.
    Hmac,
    /// `none`: unsigned.
    None,
    /// `EdDSA`.
    EdDsa,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// ECDSA on secp256k1 with SHA-256.
    Es256k,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// Anything else.
    Other,
}

/// A claim that SpacetimeDB knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// `iss`.
    Issuer,
    /// `sub`.
    Subject,
    /// `aud`.
    Audience,
    /// `iat`.
    IssuedAt,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `hex_identity`.
    HexIdentity,
}

/// JSON that is refused although it has the right form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonFlaw {
    /// Arrays and objects inside one another, more than 127 levels deep.
    Depth,
    /// An escape for half a character (`\ud800` by itself).
    Surrogate,
    /// A number that no 64-bit float holds.
    Number,
}

/// A claim that cannot be set as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MintClaim {
    /// One with an argument of its own, or that follows from others: `iss`, `sub`, `aud`, `iat`,
    /// `exp`, `nbf`, `hex_identity`.
    Reserved,
    /// The same one twice.
    Twice,
    /// Its value is no JSON that every reader reads alike.
    Value,
}

/// The way in which a pair, or a group of pairs, is unsound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unsound {
    /// Private and public key are of different pairs.
    Mismatched,
    /// One of the two is missing, or one vault of the group is empty.
    HalfWritten,
    /// The vaults of one group hold different pairs.
    Divided,
    /// A key cannot be read as a P-256 key.
    Unreadable,
}

/// The subject of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// Every vault of the group holds the pair.
    Store,
    /// A value read back is the value written.
    ReadBack,
    /// The mounted files are the stored pair.
    Mounted,
    /// The token verifies with the pair's public key.
    Token,
    /// The identity is the one from before.
    Identity,
    /// The lists of retired keys say what they are to say.
    RetiredKeys,
}

/// The flaw in the name of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerFlaw {
    /// It is no URL, and `cli.toml` knows no server of this nickname or host.
    Unknown,
    /// It is a URL of another scheme.
    Scheme,
    /// There is no host in it, or none that can be one.
    Host,
    /// There is a user name, a query or a fragment in it.
    Parts,
}

macro_rules! display {
    ($type:ty { $($variant:ident => $text:literal),+ $(,)? }) => {
        impl $type {
            /// Every kind there is.
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}
pub(super) use display;

display!(Encoding {
    Utf16 => "UTF-16 text",
    Der => "DER, the binary form",
    DerPublic => "DER, the binary form, of a public key",
    DerRequest => "DER, the binary form, of a certificate request",
    Pkcs12 => "PKCS#12 (.p12, .pfx)",
    Pkcs12InBase64 => "base64 of PKCS#12 (.p12, .pfx)",
    JavaKeyStore => "a Java key store (.jks)",
    Sops => "a file that sops has encrypted",
    AnsibleVault => "a file that Ansible Vault has encrypted",
    Age => "a file that age has encrypted",
    OpenPgp => "an OpenPGP message",
    GitCrypt => "a file that git-crypt has encrypted",
    GitLfs => "a pointer of Git LFS, not the file itself",
    Reference => "a reference to a secret, not the secret",
    Html => "a web page",
    Json => "JSON without a key that can be read",
    OpenSshPublic => "an OpenSSH public key",
    Ssh2Public => "an SSH public key in RFC 4716 form",
    Putty => "a private key in PuTTY's format (.ppk)",
    Binary => "binary data",
});
display!(Found {
    P224 => "a P-224 key",
    P384 => "a P-384 key",
    P521 => "a P-521 key",
    Secp256k1 => "a secp256k1 key",
    OtherCurve => "a key on another curve",
    OtherParameters => "a key with curve parameters of its own",
    Rsa => "an RSA key",
    Ed25519 => "an Ed25519 key",
    Ed448 => "an Ed448 key",
    Montgomery => "an X25519 or X448 key",
    Dsa => "a DSA or Diffie-Hellman key",
    SharedSecret => "a shared secret (HS256)",
    OtherAlgorithm => "a key of another algorithm",
    Encrypted => "an encrypted private key",
    OpenSsh => "an OpenSSH private key",
    Certificate => "an X.509 certificate",
    CertificateRequest => "a certificate request",
    ParametersOnly => "curve parameters without a key",
    OtherLabel => "a PEM block of another kind",
});
display!(TokenPart { Header => "header", Claims => "claims set", Signature => "signature" });
display!(TokenFormat {
    Paseto => "a PASETO",
    JsonJws => "a JWS in its JSON form",
});
display!(SignatureFlaw {
    CutOff => "is too short (ES256 has 64 bytes, RS256 256 and more): the token was cut off",
    Der => "is in DER form, not r and s in 64 bytes",
    Graph => "can be verified by Microsoft Graph only: the header's `nonce` was another one when it was signed",
});
display!(Algorithm {
    Es256 => "ES256",
    Rs256 => "RS256",
    Hmac => "an HMAC (HS256, HS384 or HS512)",
    None => "`none`, which is no signature at all",
    EdDsa => "EdDSA",
    Es384 => "ES384",
    Es512 => "ES512",
    Es256k => "ES256K",
    Rs384 => "RS384",
    Rs512 => "RS512",
    Ps256 => "PS256",
    Ps384 => "PS384",
    Ps512 => "PS512",
    Other => "another one",
});
display!(Claim {
    Issuer => "iss",
    Subject => "sub",
    Audience => "aud",
    IssuedAt => "iat",
    Expiry => "exp",
    NotBefore => "nbf",
    HexIdentity => "hex_identity",
});
display!(JsonFlaw {
    Depth => "nesting of more than 127 levels",
    Surrogate => "half a character (a lone surrogate)",
    Number => "a number out of range",
});
display!(MintClaim {
    Reserved => "it has an argument of its own, or follows from the others",
    Twice => "it is given twice",
    Value => "its value is not JSON that every reader reads alike",
});
display!(Unsound {
    Mismatched => "mismatched (a private and a public key of different pairs)",
    HalfWritten => "half-written (a part of them is missing)",
    Divided => "divided (its vaults hold different pairs)",
    Unreadable => "unreadable (not P-256 keys in PEM form)",
});
display!(ServerFlaw {
    Unknown => "no saved server has this nickname or host, and `http://` or `https://` is missing",
    Scheme => "the URL of a server begins with `http://` or `https://`",
    Host => "the URL has no host, or a host or a port that cannot be",
    Parts => "the URL has a user name, a query or a fragment",
});
display!(Proof {
    Store => "the vaults do not hold the new pair",
    ReadBack => "the store returned something else than was written",
    Mounted => "the mounted files are not the stored pair",
    Token => "the token does not verify with the mounted key",
    Identity => "the publisher's identity is not the one from before",
    RetiredKeys => "a list of retired keys is not in the form that this program knows",
});

/// The flaw in a TOML text, and its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TomlFlaw {
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// Whether an entry stands there that the text has had before.
    pub is_twice: bool,
}

impl TomlFlaw {
    /// For lists: one that says nothing.
    pub(super) const ALL: [Self; 1] = [Self { line: 0, is_twice: false }];
}

impl fmt::Display for TomlFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, ": see line {}", self.line)?;
        }
        if self.is_twice { f.write_str(", an entry that stands twice") } else { Ok(()) }
    }
}
