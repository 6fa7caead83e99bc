//! One error type for the whole library.
//!
//! It carries no text from the input, so that no key, token or claim can leak through a log: every
//! variant is `Copy`, and what was *found* is said by naming its kind. Each has a stable
//! [`code`](Error::code), for programs, and a [`hint`](Error::hint), the next step for a person.

mod advice;
mod kinds;

pub use kinds::{Algorithm, Claim, Encoding, Found, Proof, TokenPart, Unsound};

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
    /// `exp` has passed, and it was to be kept.
    #[error("the token has expired, and its `exp` was to be kept")]
    TokenExpired,

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
            Self::IdentityForm => "ERR_IDENTITY_FORM",
            Self::IdentityPrefix => "ERR_IDENTITY_PREFIX",
            Self::IdentityChecksum => "ERR_IDENTITY_CHECKSUM",
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
            | Self::EscrowEmpty
            | Self::EscrowAmbiguous
            | Self::Unproven(_) => Class::Safety,
            _ => Class::Input,
        }
    }
}
