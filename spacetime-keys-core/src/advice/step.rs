use crate::Identity;
use crate::fleet::Environment;

/// An enum whose variants have names for programs.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($(#[$doc:meta])+ $variant:ident $(($data:ty))? => $kind:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $type { $($(#[$doc])+ $variant $(($data))?,)+ }

        impl $type {
            /// A stable name for programs.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $kind,)+ }
            }
        }
    };
}

named! {
    /// Something to do with a program on this library.
    NextStep {
        /// Write a configuration for what is found here.
        Init(Vec<Choice>) => "init",
        /// Finish the run that was cut short.
        FinishRun(Vec<Choice>) => "resume",
        /// Repair an environment's group, and this host, from the keys that there are.
        Resume(Run) => "resume",
        /// Bring this host up to its vault.
        Sync(Run) => "sync",
        /// Give an environment's group a new pair.
        Rotate(Run) => "rotate",
        /// Keep the mounted pair by a rotation.
        AdoptMounted => "rotate",
        /// Sign a token for the publisher in escrow.
        TokenRestore(Run) => "token-restore",
        /// Search files for an owner's claims, and sign a token for it.
        TokenRecover => "token-recover",
        /// Say of a source of data what its destination has to know.
        PromotePassport => "promote-passport",
        /// Copy a store's vaults into another store.
        StoreCopy => "store-copy",
        /// Look at the state of vaults and host.
        Verify => "verify",
        /// Make a P-256 pair, in that folder.
        KeyGenerate(Option<String>) => "key-generate",
        /// Make an RSA pair.
        KeyGenerateRsa => "key-generate",
        /// Write a key in its canonical form.
        KeyNormalize => "key-normalize",
        /// The same, in the files themselves.
        KeyRewrite(Vec<String>) => "key-normalize",
        /// Learn what is wrong with a key's file.
        KeyExamine(Option<String>) => "key-normalize",
        /// Look at a key's fingerprint and `kid`.
        KeyFingerprint => "key-fingerprint",
        /// Ask what a server of a version would answer to a token.
        TokenCheck => "token-check",
        /// Ask what a server makes of a token, by its issuer's JWK set.
        TokenCheckIssuer => "token-check",
        /// Ask a running server about a token, and hold its answer against its issuer's keys.
        TokenAsk => "token-check",
        /// Look at a token's claims.
        TokenDecode => "token-decode",
        /// Look whose token is in `cli.toml`.
        PublisherDecode => "token-decode",
        /// Re-sign a token's claims.
        TokenResign(Vec<Choice>) => "token-resign",
        /// Re-sign the token in `cli.toml`, with a private key.
        PublisherResign => "token-resign",
        /// Sign a token with the server's key, in the place of the owner's OIDC issuer.
        MintOwner => "token-mint",
        /// Look at what can be said about a token to mint.
        MintHelp => "token-mint",
        /// Publish keys as a JWK set.
        JwksExport => "jwks-export",
        /// The same, with the files of the public keys.
        JwksExportFiles => "jwks-export",
        /// Look for what is wrong with a JWK set.
        JwksLint => "jwks-lint",
        /// Derive an identity from an issuer and a subject.
        IdentityDerive => "identity-derive",
        /// Do the same again, with a choice.
        Choose(Choice) => "choose",
    }
}

named! {
    /// The choices for a step, or for the same call again.
    Choice {
        /// Take the token of the identity that is named.
        ExpectIdentity(Option<Identity>) => "expect-identity",
        /// Say which identity is meant.
        Identity => "identity",
        /// Name an identity, and so vouch for its token.
        NameIdentity => "name-identity",
        /// Leave the publisher token as it is.
        LeaveToken => "leave-token",
        /// Keep the mounted pair, which the vault does not know.
        AdoptMounted => "adopt-mounted",
        /// Make a new pair, although the private key of the stored one is lost.
        ReplaceLostKey => "replace-lost-key",
        /// This host mounts the keys of the environment that is named.
        HostEnvironment(Option<Environment>) => "host-environment",
        /// Sign an external issuer's token, too.
        AllowExternalIssuer => "allow-external-issuer",
        /// Take a token that no known key has signed.
        AllowUnverified => "allow-unverified",
        /// Verify with this earlier public key.
        PreviousPublicKey => "previous-public-key",
        /// The server's public key.
        PublicKey => "public-key",
        /// The folder of the server's keys.
        KeysDir => "keys-dir",
        /// The issuer's JWK set.
        Jwks => "jwks",
        /// The server's answer may take longer.
        Timeout => "timeout",
        /// Use plain http to another machine, too: for a token, and for keys.
        PlainHttp => "plain-http",
        /// Another `cli.toml`.
        CliToml(Option<String>) => "cli-toml",
        /// Another folder of mounted keys.
        MountedKeysDir(Option<String>) => "mounted-keys-dir",
        /// Leave the mounted keys as they are.
        LeaveMountedKeys => "leave-mounted-keys",
        /// Sign with this private key.
        PrivateKey(String) => "private-key",
        /// The configuration's file, where it is not found by itself.
        Config(String) => "config",
        /// The database that a publish is about.
        Database => "database",
        /// A server to be asked, and its database.
        Server => "server",
        /// Go on without being asked.
        Yes => "yes",
        /// Leave the expiry out.
        ClearExpiry => "clear-expiry",
        /// A new lifetime.
        Expiry => "expiry",
        /// Allow for clocks that differ.
        Leeway => "leeway",
        /// The algorithm that is expected.
        Algorithm => "algorithm",
        /// A minted token's lifetime.
        Lifetime => "lifetime",
        /// An issuer of its own.
        Issuer => "issuer",
        /// An issuer with an https URL.
        HttpsIssuer => "https-issuer",
        /// The server itself as the issuer.
        LocalIssuer => "local-issuer",
        /// A token for the user of an app.
        ForApp => "for-app",
        /// A token for a robot.
        ForRobot => "for-robot",
        /// A token for somebody who acts for somebody else.
        Delegated => "delegated",
        /// Look at the steps, and take none.
        DryRun => "dry-run",
        /// Make a first pair.
        NewKeys => "new-keys",
        /// The step for this environment.
        Environment(Environment) => "environment",
    }
}

/// The environment of a step, and what else it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The environment; `None`: the one at hand, which is not known here.
    pub environment: Option<Environment>,
    /// Its choices.
    pub choices: Vec<Choice>,
}

impl Run {
    const NEW: Self = Self { environment: None, choices: Vec::new() };
}

impl NextStep {
    /// Finish the run that was cut short.
    pub const FINISH_RUN: Self = Self::FinishRun(Vec::new());
    /// Repair the environment at hand.
    pub const RESUME: Self = Self::Resume(Run::NEW);
    /// Bring this host up to the vault of the environment at hand.
    pub const SYNC: Self = Self::Sync(Run::NEW);
    /// Give the group of the environment at hand a new pair.
    pub const ROTATE: Self = Self::Rotate(Run::NEW);
    /// Sign a token for the publisher in escrow of the environment at hand.
    pub const TOKEN_RESTORE: Self = Self::TokenRestore(Run::NEW);
    /// Re-sign a token's claims.
    pub const TOKEN_RESIGN: Self = Self::TokenResign(Vec::new());

    /// The same, with a choice. Steps that leave none stay as they are.
    #[must_use]
    pub fn with(mut self, choice: Choice) -> Self {
        match &mut self {
            Self::FinishRun(choices) | Self::TokenResign(choices) => choices.push(choice),
            other => other.run_mut().into_iter().for_each(|run| run.choices.push(choice.clone())),
        }
        self
    }

    /// The choices of a step that may re-sign the publisher token.
    pub(crate) fn signs(&self) -> Option<&[Choice]> {
        match self {
            Self::FinishRun(choices) => Some(choices),
            Self::Resume(run) | Self::Sync(run) | Self::Rotate(run) => Some(&run.choices),
            _ => None,
        }
    }

    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        match self {
            Self::Resume(run) | Self::Sync(run) | Self::Rotate(run) | Self::TokenRestore(run) => {
                Some(run)
            }
            _ => None,
        }
    }
}
