//! One error type for the whole library.
//!
//! It carries no text from the input, so that no key, token or claim can leak through a log: every
//! variant is `Copy`, and what was *found* is said by naming its kind. Each has a stable
//! [`code`](Error::code), for programs, and an [`advice`](Error::advice), the next step as data.
//! Printed, that is in the words of the program.

/// The type, and what it says, from one table. What an error found has a name where its advice
/// depends on it.
macro_rules! errors {
    ($($(#[$doc:meta])+ $name:ident $(($what:ident: $kind:ident))?: $class:ident $code:literal $message:literal => $advice:expr;)+) => {
        /// An error of this library, without data of the input.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum Error { $($(#[$doc])+ #[error($message)] $name $(($kind))?,)+ }

        impl Error {
            /// A stable name for programs, `ERR_…`. It does not change between versions.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)+ }
            }

            /// Whether the input is wrong, or going on would be unsafe.
            pub const fn class(self) -> Class {
                match self { $(Self::$name { .. } => Class::$class,)+ }
            }

            /// The next step.
            pub fn advice(self) -> Advice {
                match self { $(Self::$name $(($what))? => $advice.into(),)+ }
            }

            /// Every error, with everything that it can name: for lists of them.
            pub fn all() -> Vec<Self> {
                let mut all = Vec::new();
                $(errors!(@every all $name $($kind)?);)+
                all
            }
        }
    };
    (@every $all:ident $name:ident) => { $all.push(Self::$name) };
    (@every $all:ident $name:ident $kind:ident) => {
        $all.extend($kind::ALL.iter().map(|kind| Self::$name(*kind)))
    };
}

pub(crate) mod advice;
mod kinds;
mod promotion_kinds;
mod set_kinds;
mod table;

pub use kinds::{
    Algorithm, Claim, Encoding, Found, JsonFlaw, MintClaim, Proof, ServerFlaw, SignatureFlaw,
    TokenFormat, TokenPart, TomlFlaw, Unsound,
};
pub use promotion_kinds::PassportFlaw;
pub use set_kinds::{DiscoveryFlaw, IssuerDifference, NoSet, UrlDanger};
pub use table::Error;

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
    /// Whether it is about the publisher token: then an operation can leave that alone, and go on.
    pub const fn is_about_token(self) -> bool {
        matches!(
            self,
            Self::TokenTooLarge
                | Self::TokenOpaque
                | Self::TokenEncrypted
                | Self::TokenMalformed(_)
                | Self::TokenOtherFormat(_)
                | Self::TokenPadded(_)
                | Self::TokenAlphabet(_)
                | Self::TokenElided
                | Self::TokenDuplicate(_)
                | Self::TokenAlgorithm(_)
                | Self::ClaimMissing(_)
                | Self::ClaimInvalid(_)
                | Self::TokenIdentityMismatch
                | Self::TokenExternalIssuer
                | Self::TokenUnverified
                | Self::TokenUnexpectedIdentity
                | Self::TomlSyntax(_)
                | Self::TomlType
                | Self::TomlNoToken
                | Self::PublisherChanged
                | Self::PublisherUnknown
        )
    }
}
