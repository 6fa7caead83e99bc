//! The way out of each error.

use super::{Algorithm, Encoding, Error, Found};

impl Error {
    /// Whether it is about the publisher token: then an operation can leave that alone, and go on.
    pub const fn is_about_token(self) -> bool {
        matches!(
            self,
            Self::TokenTooLarge
                | Self::TokenOpaque
                | Self::TokenEncrypted
                | Self::TokenMalformed(_)
                | Self::TokenDuplicate(_)
                | Self::TokenAlgorithm(_)
                | Self::ClaimMissing(_)
                | Self::ClaimInvalid(_)
                | Self::TokenIdentityMismatch
                | Self::TokenExternalIssuer
                | Self::TokenUnverified
                | Self::TokenUnexpectedIdentity
                | Self::TomlSyntax
                | Self::TomlType
                | Self::TomlNoToken
                | Self::PublisherChanged
                | Self::PublisherUnknown
        )
    }

    /// What to do next, for a person. `E` stands for the environment at hand.
    #[allow(clippy::too_many_lines)] // a table: one line an error, easier to read in one piece
    pub const fn hint(self) -> &'static str {
        match self {
            Self::PemEmpty => {
                "take the key from your key store again, or `spacetime-keys sync --env E`"
            }
            Self::PemEncoding(Encoding::Utf16) => {
                "convert it: `iconv -f UTF-16 -t UTF-8 FILE`, then `spacetime-keys key normalize`"
            }
            Self::PemEncoding(Encoding::Der) => {
                "convert it: `openssl pkey -inform DER -in FILE` (add -pubin for a public key)"
            }
            Self::PemEncoding(Encoding::OpenSshPublic) => {
                "convert it: `ssh-keygen -e -m PKCS8 -f FILE`"
            }
            Self::PemEncoding(Encoding::Jwk | Encoding::Binary) | Self::PemMissing => {
                "give the PEM file itself: -----BEGIN PRIVATE KEY----- or -----BEGIN PUBLIC KEY-----"
            }
            Self::PemCutOff => {
                "copy the whole key again, from -----BEGIN to the end of the -----END line"
            }
            Self::PemBase64 => "copy the key again: a character was changed on the way",
            Self::PemSeveral => "leave only the one that is meant in the file",
            Self::KeyUnsupported(Found::Encrypted) => {
                "take the password off: `openssl pkey -in FILE -out NEW` (NEW with mode 0600)"
            }
            Self::KeyUnsupported(Found::OpenSsh) => {
                "convert a copy: `ssh-keygen -p -m PKCS8 -N '' -f COPY`"
            }
            Self::KeyUnsupported(Found::Certificate) => {
                "take its public key: `openssl x509 -in FILE -noout -pubkey`"
            }
            Self::KeyUnsupported(_) => "make a P-256 pair: `spacetime-keys key generate --out DIR`",
            Self::KeyIsPublic | Self::KeyIsPrivate => {
                "swap the two files: the private key is id_ecdsa, the public key id_ecdsa.pub"
            }
            Self::KeyDamaged | Self::KeyInvalid => {
                "take the key from your key store or a backup again; it cannot be repaired"
            }
            Self::KeyNotRsa => {
                "make an RSA pair: `spacetime-keys key generate --alg RS256 --out DIR`"
            }
            Self::KeyRsaSize => "make a key of 2048 bits, which every SpacetimeDB server can use",
            Self::KeyRsaInvalid => {
                "take the key from its issuer again; numbers are written without leading zeros"
            }
            Self::KeyEmbeddedMismatch => {
                "two keys were mixed into one file: take it from your key store or a backup again"
            }
            Self::PairMismatch => {
                "the private key decides: `openssl pkey -in PRIVATE -pubout -out PUBLIC` writes its public key; in a fleet, `spacetime-keys resume --env E`"
            }
            Self::SelfTest => {
                "do not use this key; report this, with your processor and system, as a bug"
            }
            Self::Random => "the system has no usable /dev/urandom: mend that first",
            Self::TokenTooLarge => "this is no SpacetimeDB token; look at what was passed",
            Self::TokenOpaque | Self::TokenEncrypted => {
                "ask the issuer for a signed JWT (with OIDC: request a `resource` audience), or use the token that the server itself issued"
            }
            Self::TokenMalformed(_) => {
                "copy the whole token again: three parts with dots between them"
            }
            Self::TokenDuplicate(_) => {
                "the token's issuer is faulty: servers and libraries would read it differently"
            }
            Self::TokenAlgorithm(Algorithm::Hmac | Algorithm::None) => {
                "DANGER: such a token can be made by anyone who knows a public text; find out who issued it"
            }
            Self::TokenAlgorithm(_) => {
                "a token of another algorithm was not signed by a SpacetimeDB key"
            }
            Self::ClaimMissing(_) | Self::ClaimInvalid(_) => {
                "signing this token anew would not help; take the publisher's claims from escrow: `spacetime-keys token restore --env E`"
            }
            Self::TokenIdentityMismatch => {
                "the claims were edited: find the token that the server issued, or `spacetime-keys token restore --env E`"
            }
            Self::TokenExternalIssuer => {
                "its signing key is its issuer's, and a rotation does not touch it; if a key of yours did sign it, --allow-external-issuer"
            }
            Self::TokenUnverified => {
                "look whose it is (`spacetime-keys token decode --cli-toml FILE`), and name that identity: --expect-identity HEX; or --allow-unverified; `token resign` also takes the key that signed it (--previous-public-key)"
            }
            Self::TokenUnexpectedIdentity => {
                "look whose token this is: `spacetime-keys token decode --cli-toml FILE`"
            }
            Self::TokenExpired => {
                "sign the same claims anew: `spacetime-keys token resign --expiry clear`, or with a lifetime such as --expiry 30d; a user's token: a fresh one of the same `sub` from its issuer"
            }
            Self::TokenNotYetValid => {
                "wait, or compare the clocks of this machine and of the token's issuer; --leeway allows for a difference"
            }
            Self::TokenSignature => {
                "compare the `kid`s: `spacetime-keys key fingerprint --json` of the key, `spacetime-keys token decode` of the token; after a rotation a server's own token is signed anew: `spacetime-keys token resign`"
            }
            Self::TokenKeyUnknown => {
                "publish the key in the issuer's set, 10 minutes before the first token is signed with it (`spacetime-keys jwks export`)"
            }
            Self::TokenKeyType(_) => {
                "ES256 needs a P-256 key, RS256 an RSA key: pass the other one"
            }
            Self::TokenUnexpectedAlgorithm(_) => {
                "find out who changed the issuer's algorithm, or pass the new one with --alg"
            }
            Self::TokenCritical => {
                "the issuer demands an extension that neither we nor SpacetimeDB know: ask for plain JWTs"
            }
            Self::TokenJson(_) => "the token's issuer should leave that member out",
            Self::TokenUnexpectedIssuer | Self::TokenUnexpectedAudience => {
                "look what it says: `spacetime-keys token decode`; a slash more or less at the end is another one"
            }
            Self::AlgorithmUnavailable(_) => "build with the default features",
            Self::ServerVersion => {
                "`spacetime-keys token check --server 2.14`; `GET /v1/health` tells a server's version"
            }
            Self::MintLifetime => {
                "such as --ttl 15m; an app should mint a fresh token for each session"
            }
            Self::MintClaim(_) => {
                "`spacetime-keys token mint --help` lists the arguments; values are JSON, else strings"
            }
            Self::MintIssuer => {
                "give the issuer that your app publishes its keys under: --issuer https://…; see `spacetime-keys jwks export`"
            }
            Self::MintRobot => "robots: --purpose robot --subject robot:ID",
            Self::MintEmail => {
                "addresses change hands, and the identity hangs on `sub`: use the user's id in your app"
            }
            Self::MintActor => {
                "delegated tokens: --purpose delegated --claim 'act={\"sub\":\"robot:ID\"}'"
            }
            Self::MintOwner => {
                "leave --issuer out, or pass --issuer localhost; for users of an app: --purpose app"
            }
            Self::IdentityForm | Self::IdentityPrefix | Self::IdentityChecksum => {
                "copy it again, or derive it: `spacetime-keys identity derive --issuer I --subject S`"
            }
            Self::JwksTooLarge | Self::JwksMalformed => {
                "give the document that the issuer's `jwks_uri` names: {\"keys\": [ … ]}"
            }
            Self::JwksDuplicateMember => {
                "the issuer's document is faulty: `spacetime-keys jwks lint` names the entry"
            }
            Self::JwksNoKeys => "name the public key files: `spacetime-keys jwks export PUBLIC…`",
            Self::JwksSameKeyTwice => "name each public key once",
            Self::IssuerUrl => {
                "give the issuer as tokens have it in `iss`, such as https://id.example.com"
            }
            Self::TomlSyntax | Self::TomlType => {
                "mend the file by hand (`spacetime` itself refuses it too), or name another with --cli-toml"
            }
            Self::TomlNoToken => {
                "`spacetime-keys token restore --env E` if the claims are in escrow; before a first publish, log in with `spacetime login`"
            }
            Self::EnvironmentName | Self::EnvironmentUnknown => {
                "see [environments] in spacetime-keys.toml; by default: prod, test, dev, local"
            }
            Self::PolicyGroups => {
                "name every environment once in [policy] groups, and only those of [environments]"
            }
            Self::GroupUnsound(_) => "`spacetime-keys resume --env E` mends it",
            Self::VaultEmpty => "`spacetime-keys rotate --env E` makes its first pair",
            Self::NoEarlierPair => {
                "there is nothing to return to; `spacetime-keys rotate --env E` makes a new pair"
            }
            Self::MountedUnknown => {
                "it may be the only copy of a key in use: `spacetime-keys sync --env E` sets it aside and mounts the vault's; `spacetime-keys rotate --env E --adopt-mounted` keeps it in the vault"
            }
            Self::MountedElsewhere => {
                "`spacetime-keys sync --env E` mounts this environment's pair here; --host-env names the environment whose keys this host mounts"
            }
            Self::MountedUnsound(_) => "`spacetime-keys resume --env E` mends them",
            Self::MountedUnreadable => {
                "`spacetime-keys key normalize FILE` says what is wrong with it; to begin with a new pair, move both files away"
            }
            Self::Unfinished => "`spacetime-keys resume` finishes it",
            Self::PrivateKeyLost => {
                "put the private key back (a backup, a host that still mounts it) as id_ecdsa, then `spacetime-keys resume --env E`; if it is lost for good, `spacetime-keys rotate --env E --replace-lost-key`"
            }
            Self::PublisherChanged => {
                "`spacetime-keys resume --expect-identity HEX` accepts the one that is there now; --no-preserve-publisher-token leaves the token alone"
            }
            Self::PublisherUnknown => {
                "`spacetime-keys token restore --env E` brings the known publisher back; --expect-identity HEX, with the identity of this token (`spacetime-keys token decode --cli-toml FILE`), takes this one and adds it to the escrow"
            }
            Self::EscrowEmpty => {
                "a rotation or a sync puts them there; earlier tokens in backups of cli.toml hold them too"
            }
            Self::EscrowAmbiguous => "choose one by its identity: --expect-identity HEX",
            Self::EscrowDamaged => "an older version of the secret in the vault may still be whole",
            Self::Unproven(_) => {
                "`spacetime-keys verify` shows the state, `spacetime-keys resume` mends it"
            }
        }
    }
}
