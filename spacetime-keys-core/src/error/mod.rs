//! One error type for the whole library.
//!
//! It carries no text from the input, so that no key, token or claim can leak through a log: every
//! variant is `Copy`, and what was *found* is said by naming its kind. Each has a stable
//! [`code`](Error::code), for programs, and a [`hint`](Error::hint), the next step for a person.

mod advice;
mod kinds;

pub use kinds::{
    Algorithm, Claim, Encoding, Found, JsonFlaw, MintClaim, Proof, TokenPart, Unsound,
};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // ---- PEM ----------------------------------------------------------------------------------
    /// The input is empty, or blank.
    #[error("the input is empty: no key in it")]
    PemEmpty,
    /// The input is not text in UTF-8, or not PEM at all.
    #[error("not a PEM text: this is {0}")]
    PemEncoding(Encoding),
    /// There is no `-----BEGIN …-----` line.
    #[error("no PEM block found (no -----BEGIN …----- line)")]
    PemMissing,
    /// A block begins but does not end, or its content stops in the middle.
    #[error("the PEM block is cut off")]
    PemCutOff,
    /// The text between the markers is not base64.
    #[error("the PEM block holds characters that are not base64")]
    PemBase64,
    /// There is more than one key, and which of them is meant cannot be known.
    #[error("more than one key found in one PEM text")]
    PemSeveral,

    // ---- Keys ---------------------------------------------------------------------------------
    /// A well-known thing that is no P-256 key in the expected container.
    #[error("a P-256 key is needed; found {0}")]
    KeyUnsupported(Found),
    /// A public key stands where a private key belongs.
    #[error("a private key is needed; found a public key (are the two files swapped?)")]
    KeyIsPublic,
    /// A private key stands where a public key belongs.
    #[error("a public key is needed; found a private key (are the two files swapped?)")]
    KeyIsPrivate,
    /// The container's DER encoding does not hold together.
    #[error("the key's DER encoding is damaged")]
    KeyDamaged,
    /// The numbers do not make a key: a scalar out of range, a point off the curve.
    #[error("the key's numbers are not a valid P-256 key")]
    KeyInvalid,
    /// Another key stands where an RSA key is needed.
    #[error("an RSA key (rsaEncryption) is needed; found a key of another kind")]
    KeyNotRsa,
    /// An RSA modulus outside 2048 to 8192 bits.
    #[error("the RSA key is smaller than 2048 or larger than 8192 bits")]
    KeyRsaSize,
    /// RSA numbers that make no key, or that are not written in as few bytes as they need.
    #[error("the key's numbers are not a valid RSA key")]
    KeyRsaInvalid,
    /// A private key file carries a public key that is not its own.
    #[error("the public key inside the private key file belongs to another private key")]
    KeyEmbeddedMismatch,
    /// Private and public key do not belong together.
    #[error("the private and the public key do not belong together")]
    PairMismatch,
    /// A signature made with the key does not verify with it.
    #[error("self-test failed: a signature made with this key does not verify")]
    SelfTest,
    /// The operating system gave no randomness.
    #[error("the operating system's random number generator failed")]
    Random,

    // ---- Tokens -------------------------------------------------------------------------------
    /// Over 1 MiB.
    #[error("the token is larger than 1 MiB")]
    TokenTooLarge,
    /// Not a JWT: an opaque access token.
    #[error("this token is opaque (not a JWT): it says nothing about who its bearer is")]
    TokenOpaque,
    /// Five parts: encrypted.
    #[error("this token is encrypted (JWE): its claims cannot be read")]
    TokenEncrypted,
    /// A part of the token cannot be decoded.
    #[error("the token's {0} is malformed")]
    TokenMalformed(TokenPart),
    /// The same member twice in one JSON object (RFC 7519, section 4).
    #[error("the token's {0} has the same member twice")]
    TokenDuplicate(TokenPart),
    /// The header's `alg` is not one that this operation takes.
    #[error("the token's algorithm is {0}; a SpacetimeDB server signs with ES256")]
    TokenAlgorithm(Algorithm),
    /// A claim that is needed is absent.
    #[error("the token has no `{0}` claim")]
    ClaimMissing(Claim),
    /// A claim has a form that no server accepts.
    #[error("the token's `{0}` claim has a form that no SpacetimeDB server accepts")]
    ClaimInvalid(Claim),
    /// `hex_identity` is not what `iss` and `sub` give.
    #[error("the token's `hex_identity` is not the identity of its `iss` and `sub`")]
    TokenIdentityMismatch,
    /// `iss` is not `localhost`.
    #[error("the token comes from an external issuer, not from a server of yours")]
    TokenExternalIssuer,
    /// None of the public keys at hand verifies the signature.
    #[error("the token is signed by none of the known keys")]
    TokenUnverified,
    /// The identity is not the one that the caller expects.
    #[error("the token's identity is not the expected one")]
    TokenUnexpectedIdentity,
    /// `exp` has passed.
    #[error("the token has expired")]
    TokenExpired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet (`nbf`)")]
    TokenNotYetValid,
    /// The signature does not verify with the key that it should be by.
    #[error("the signature is not by this key, or the token was changed after it was signed")]
    TokenSignature,
    /// The JWK set has no key of the token's `kid`.
    #[error("the JWK set has no key with the token's `kid`")]
    TokenKeyUnknown,
    /// The key is of another type than the token's algorithm needs.
    #[error("the token's algorithm is {0}, and the key is none for that")]
    TokenKeyType(Algorithm),
    /// The algorithm is not the one that the caller expects.
    #[error("the token's algorithm is {0}, not the expected one")]
    TokenUnexpectedAlgorithm(Algorithm),
    /// `crit` names header members that must be understood, and are not (RFC 7515, section 4.1.11).
    #[error("the token's header has critical members (`crit`, `b64`) that are not understood")]
    TokenCritical,
    /// JSON that readers disagree on.
    #[error("the token holds {0}: JSON readers disagree on that")]
    TokenJson(JsonFlaw),
    /// `iss` is not the expected one.
    #[error("the token's `iss` is not the expected one")]
    TokenUnexpectedIssuer,
    /// `aud` does not name the expected audience.
    #[error("the token's `aud` does not name the expected audience")]
    TokenUnexpectedAudience,
    /// The algorithm is not in this build.
    #[error("{0} is not in this build (it comes with the default backend, aws-lc-rs)")]
    AlgorithmUnavailable(Algorithm),
    /// A server version that cannot be read.
    #[error("not a server version: 1.2, 2.8.3 or 2.14 are some")]
    ServerVersion,

    // ---- Minting ------------------------------------------------------------------------------
    /// A lifetime of nothing, or of over 24 hours.
    #[error("a minted token lives 1 second to 24 hours")]
    MintLifetime,
    /// A claim that is set otherwise, or that is no JSON.
    #[error("this claim cannot be set freely: {0}")]
    MintClaim(MintClaim),
    /// A local or unprotected issuer towards a production server.
    #[error("tokens for prod need an issuer with an https URL that is not this machine")]
    MintIssuer,
    /// A robot's `sub` does not begin with `robot:`, or somebody else's does.
    #[error("the subject of a robot, and of nobody else, is `robot:` and its id")]
    MintRobot,
    /// An e-mail address as `sub`.
    #[error("the subject is an e-mail address; it should be an id that never changes")]
    MintEmail,
    /// `act` is missing in a delegated token, or there in another.
    #[error("a delegated token, and no other, names who acts (`act` with a `sub`)")]
    MintActor,
    /// A publisher token for another issuer than the server itself.
    #[error("an owner's token is one of the server itself: its issuer is `localhost`")]
    MintOwner,

    // ---- Identities ---------------------------------------------------------------------------
    /// Not 64 hex digits.
    #[error("not an identity: 64 hex digits are needed")]
    IdentityForm,
    /// Does not begin with `c200`.
    #[error("not an identity derived from claims: it does not begin with c200")]
    IdentityPrefix,
    /// The checksum inside does not fit.
    #[error("the identity's checksum is wrong: a digit was mistyped or lost")]
    IdentityChecksum,

    // ---- JWK sets -----------------------------------------------------------------------------
    /// Over 1 MiB.
    #[error("the JWK set is larger than 1 MiB")]
    JwksTooLarge,
    /// Not a JSON object with an array of objects, `keys` (RFC 7517, section 5).
    #[error("this is no JWK set: a JSON object with an array of objects, `keys`, is needed")]
    JwksMalformed,
    /// The same member twice in one JSON object (RFC 7517, section 4).
    #[error("the JWK set has the same member twice in one object")]
    JwksDuplicateMember,
    /// No key to make a set of.
    #[error("no key was given: a JWK set without keys lets no token pass")]
    JwksNoKeys,
    /// The same key was given twice.
    #[error("the same key was given twice")]
    JwksSameKeyTwice,
    /// An issuer that cannot be found by its URL.
    #[error(
        "an issuer is an http or https URL of at most 128 bytes, without query, fragment, user name or blanks"
    )]
    IssuerUrl,

    // ---- cli.toml -----------------------------------------------------------------------------
    /// Not TOML.
    #[error("the file is not valid TOML")]
    TomlSyntax,
    /// `spacetimedb_token` (or a server's key) is not a string.
    #[error("cli.toml has a value of the wrong type")]
    TomlType,
    /// There is no `spacetimedb_token`.
    #[error("cli.toml holds no `spacetimedb_token`")]
    TomlNoToken,

    // ---- Fleet --------------------------------------------------------------------------------
    /// An environment's name has characters that are not allowed.
    #[error(
        "an environment's name is 1 to 64 lowercase letters, digits and hyphens, and not `all`"
    )]
    EnvironmentName,
    /// The environment is not in the configuration.
    #[error("no such environment in the configuration")]
    EnvironmentUnknown,
    /// A policy names an environment that does not exist, or one twice.
    #[error("the policy's groups name an environment twice, or one that is not configured")]
    PolicyGroups,
    /// A group's vaults do not hold one sound pair.
    #[error("the group's stored keys are {0}")]
    GroupUnsound(Unsound),
    /// Nothing to take from the vault.
    #[error("the environment's vault holds no key pair")]
    VaultEmpty,
    /// There is no older pair to go back to.
    #[error("the vault holds no earlier key pair to go back to")]
    NoEarlierPair,
    /// The mounted pair is unknown to the vault, and the vault holds another.
    #[error("the mounted private key is in no vault of this group, which holds another")]
    MountedUnknown,
    /// The mounted pair is the one of an environment of another group.
    #[error("the mounted keys are those of another environment")]
    MountedElsewhere,
    /// The mounted files do not make a pair.
    #[error("the mounted key files are {0}")]
    MountedUnsound(Unsound),
    /// The mounted private key is no key, and no vault has one.
    #[error("the mounted private key cannot be read, and the vault is empty")]
    MountedUnreadable,
    /// Another operation was cut short and is not finished.
    #[error("an earlier run was interrupted and is not finished")]
    Unfinished,
    /// The private key is nowhere to be found.
    #[error("the stored public key's private key is neither in the vaults nor mounted")]
    PrivateKeyLost,
    /// The publisher's identity changed while a rotation was under way.
    #[error("cli.toml holds the token of another identity than when the interrupted run began")]
    PublisherChanged,
    /// The escrow holds publishers, and not the one whose token is in `cli.toml`.
    #[error("cli.toml holds the token of a publisher that is not in escrow (a mistaken login?)")]
    PublisherUnknown,
    /// The publisher's claims were never escrowed.
    #[error("no publisher's claims are in escrow for this environment")]
    EscrowEmpty,
    /// Several publishers, and none was chosen.
    #[error("several publishers' claims are in escrow for this environment")]
    EscrowAmbiguous,
    /// The escrow's text is not what it should be.
    #[error("the escrowed claims cannot be read")]
    EscrowDamaged,
    /// The proof at the end did not hold.
    #[error("the proof failed: {0}")]
    Unproven(Proof),
}

/// A kind of refusal, for exit codes and for callers that branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The input is not what it should be.
    Input,
    /// The input is understood, and going on would be unsafe.
    Safety,
}

impl Error {
    /// A stable name for programs, `ERR_…`. It does not change between versions.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PemEmpty => "ERR_PEM_EMPTY",
            Self::PemEncoding(_) => "ERR_PEM_ENCODING",
            Self::PemMissing => "ERR_PEM_MISSING",
            Self::PemCutOff => "ERR_PEM_CUT_OFF",
            Self::PemBase64 => "ERR_PEM_BASE64",
            Self::PemSeveral => "ERR_PEM_SEVERAL",
            Self::KeyUnsupported(_) => "ERR_KEY_UNSUPPORTED",
            Self::KeyIsPublic => "ERR_KEY_IS_PUBLIC",
            Self::KeyIsPrivate => "ERR_KEY_IS_PRIVATE",
            Self::KeyDamaged => "ERR_KEY_DAMAGED",
            Self::KeyInvalid => "ERR_KEY_INVALID",
            Self::KeyNotRsa => "ERR_KEY_NOT_RSA",
            Self::KeyRsaSize => "ERR_KEY_RSA_SIZE",
            Self::KeyRsaInvalid => "ERR_KEY_RSA_INVALID",
            Self::KeyEmbeddedMismatch => "ERR_KEY_EMBEDDED_MISMATCH",
            Self::PairMismatch => "ERR_PAIR_MISMATCH",
            Self::SelfTest => "ERR_SELF_TEST",
            Self::Random => "ERR_RANDOM",
            Self::TokenTooLarge => "ERR_TOKEN_TOO_LARGE",
            Self::TokenOpaque => "ERR_TOKEN_OPAQUE",
            Self::TokenEncrypted => "ERR_TOKEN_ENCRYPTED",
            Self::TokenMalformed(_) => "ERR_TOKEN_MALFORMED",
            Self::TokenDuplicate(_) => "ERR_TOKEN_DUPLICATE",
            Self::TokenAlgorithm(_) => "ERR_TOKEN_ALGORITHM",
            Self::ClaimMissing(_) => "ERR_CLAIM_MISSING",
            Self::ClaimInvalid(_) => "ERR_CLAIM_INVALID",
            Self::TokenIdentityMismatch => "ERR_TOKEN_IDENTITY_MISMATCH",
            Self::TokenExternalIssuer => "ERR_TOKEN_EXTERNAL_ISSUER",
            Self::TokenUnverified => "ERR_TOKEN_UNVERIFIED",
            Self::TokenUnexpectedIdentity => "ERR_TOKEN_UNEXPECTED_IDENTITY",
            Self::TokenExpired => "ERR_TOKEN_EXPIRED",
            Self::TokenNotYetValid => "ERR_TOKEN_NOT_YET_VALID",
            Self::TokenSignature => "ERR_TOKEN_SIGNATURE",
            Self::TokenKeyUnknown => "ERR_TOKEN_KEY_UNKNOWN",
            Self::TokenKeyType(_) => "ERR_TOKEN_KEY_TYPE",
            Self::TokenUnexpectedAlgorithm(_) => "ERR_TOKEN_UNEXPECTED_ALGORITHM",
            Self::TokenCritical => "ERR_TOKEN_CRITICAL",
            Self::TokenJson(_) => "ERR_TOKEN_JSON",
            Self::TokenUnexpectedIssuer => "ERR_TOKEN_UNEXPECTED_ISSUER",
            Self::TokenUnexpectedAudience => "ERR_TOKEN_UNEXPECTED_AUDIENCE",
            Self::AlgorithmUnavailable(_) => "ERR_ALGORITHM_UNAVAILABLE",
            Self::ServerVersion => "ERR_SERVER_VERSION",
            Self::MintLifetime => "ERR_MINT_LIFETIME",
            Self::MintClaim(_) => "ERR_MINT_CLAIM",
            Self::MintIssuer => "ERR_MINT_ISSUER",
            Self::MintRobot => "ERR_MINT_ROBOT",
            Self::MintEmail => "ERR_MINT_EMAIL",
            Self::MintActor => "ERR_MINT_ACTOR",
            Self::MintOwner => "ERR_MINT_OWNER",
            Self::IdentityForm => "ERR_IDENTITY_FORM",
            Self::IdentityPrefix => "ERR_IDENTITY_PREFIX",
            Self::IdentityChecksum => "ERR_IDENTITY_CHECKSUM",
            Self::JwksTooLarge => "ERR_JWKS_TOO_LARGE",
            Self::JwksMalformed => "ERR_JWKS_MALFORMED",
            Self::JwksDuplicateMember => "ERR_JWKS_DUPLICATE_MEMBER",
            Self::JwksNoKeys => "ERR_JWKS_NO_KEYS",
            Self::JwksSameKeyTwice => "ERR_JWKS_SAME_KEY_TWICE",
            Self::IssuerUrl => "ERR_ISSUER_URL",
            Self::TomlSyntax => "ERR_TOML_SYNTAX",
            Self::TomlType => "ERR_TOML_TYPE",
            Self::TomlNoToken => "ERR_TOML_NO_TOKEN",
            Self::EnvironmentName => "ERR_ENVIRONMENT_NAME",
            Self::EnvironmentUnknown => "ERR_ENVIRONMENT_UNKNOWN",
            Self::PolicyGroups => "ERR_POLICY_GROUPS",
            Self::GroupUnsound(_) => "ERR_GROUP_UNSOUND",
            Self::VaultEmpty => "ERR_VAULT_EMPTY",
            Self::NoEarlierPair => "ERR_NO_EARLIER_PAIR",
            Self::MountedUnknown => "ERR_MOUNTED_UNKNOWN",
            Self::MountedElsewhere => "ERR_MOUNTED_ELSEWHERE",
            Self::MountedUnsound(_) => "ERR_MOUNTED_UNSOUND",
            Self::MountedUnreadable => "ERR_MOUNTED_UNREADABLE",
            Self::Unfinished => "ERR_UNFINISHED",
            Self::PrivateKeyLost => "ERR_PRIVATE_KEY_LOST",
            Self::PublisherChanged => "ERR_PUBLISHER_CHANGED",
            Self::PublisherUnknown => "ERR_PUBLISHER_UNKNOWN",
            Self::EscrowEmpty => "ERR_ESCROW_EMPTY",
            Self::EscrowAmbiguous => "ERR_ESCROW_AMBIGUOUS",
            Self::EscrowDamaged => "ERR_ESCROW_DAMAGED",
            Self::Unproven(_) => "ERR_UNPROVEN",
        }
    }

    /// Whether the input is wrong, or going on would be unsafe.
    pub const fn class(self) -> Class {
        match self {
            Self::TokenOpaque
            | Self::TokenEncrypted
            | Self::TokenAlgorithm(_)
            | Self::ClaimMissing(_)
            | Self::ClaimInvalid(_)
            | Self::TokenIdentityMismatch
            | Self::TokenExternalIssuer
            | Self::TokenUnverified
            | Self::TokenUnexpectedIdentity
            | Self::TokenExpired
            | Self::MintIssuer
            | Self::MintEmail
            | Self::TomlNoToken
            | Self::GroupUnsound(_)
            | Self::VaultEmpty
            | Self::NoEarlierPair
            | Self::MountedUnknown
            | Self::MountedElsewhere
            | Self::MountedUnsound(_)
            | Self::MountedUnreadable
            | Self::Unfinished
            | Self::PrivateKeyLost
            | Self::PublisherChanged
            | Self::PublisherUnknown
            | Self::EscrowEmpty
            | Self::EscrowAmbiguous
            | Self::Unproven(_) => Class::Safety,
            _ => Class::Input,
        }
    }
}
