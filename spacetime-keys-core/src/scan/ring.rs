//! The keys and owners of a fleet, to tell its secrets from those of others.

use super::{Found, What};
use crate::es256::Verifier;
use crate::fleet::Environment;
use crate::jwt::{Publisher, Token};
use crate::{Fingerprint, Identity, PublicKey, Result};

/// A fleet's keys, present and earlier, and the identities of its publishers.
#[derive(Default)]
pub struct Ring {
    keys: Vec<Known>,
    owners: Vec<Identity>,
}

struct Known {
    fingerprint: Fingerprint,
    verifier: Verifier,
    environment: Option<Environment>,
}

/// A secret that was found. The secret itself is not in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Secret {
    /// The kind of secret.
    pub kind: SecretKind,
    /// The private key's, or that of the key that signed the token.
    pub fingerprint: Fingerprint,
    /// The environment that has this key, or had it; `None`: no vault has it.
    pub environment: Option<Environment>,
    /// Whose token it is; `None`: it is a key, or a token that no server takes.
    pub identity: Option<Identity>,
    /// Whether that is a publisher, who owns databases.
    pub owner: bool,
}

/// A kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// A private key, no matter whose.
    PrivateKey,
    /// A token that a key of the fleet has signed.
    Token,
}

/// A fleet's judgement of a find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// A secret.
    Secret(Secret),
    /// A token with the issuer of a SpacetimeDB server, which no key of the fleet has signed.
    OtherToken,
    /// Nothing that belongs to a server.
    Nothing,
}

impl Ring {
    /// Adds a key. Of a key that is there, the environment stays, if it has one.
    pub fn add_key(&mut self, key: &PublicKey, environment: Option<&Environment>) -> Result<()> {
        let fingerprint = key.fingerprint();
        match self.keys.iter_mut().find(|known| known.fingerprint == fingerprint) {
            Some(known) => known.environment = known.environment.take().or(environment.cloned()),
            None => self.keys.push(Known {
                fingerprint,
                verifier: Verifier::new(key)?,
                environment: environment.cloned(),
            }),
        }
        Ok(())
    }

    /// Whether there is no key: no token can be told to be one of the fleet's then.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a publisher.
    pub fn add_owner(&mut self, identity: Identity) {
        self.owners.push(identity);
    }

    /// Judges what was found. A token of another issuer than a SpacetimeDB server is nothing of a
    /// server's, unless a key of the fleet has signed it.
    pub fn judge(&self, found: &Found) -> Judged {
        match &found.what {
            What::PrivateKey(key) => {
                let fingerprint = key.fingerprint();
                let known = self.keys.iter().find(|known| known.fingerprint == fingerprint);
                Judged::Secret(Secret {
                    kind: SecretKind::PrivateKey,
                    fingerprint,
                    environment: known.and_then(|known| known.environment.clone()),
                    identity: None,
                    owner: false,
                })
            }
            What::Token(token) => match Token::parse(token) {
                Ok(token) => self.judge_token(&token),
                Err(_) => Judged::Nothing,
            },
            What::Subject { .. } => Judged::Nothing,
        }
    }

    fn judge_token(&self, token: &Token<'_>) -> Judged {
        let publisher = Publisher::from_token(token).ok();
        let Some(key) = self.keys.iter().find(|known| token.is_signed_by(&known.verifier)) else {
            let is_local = publisher.is_some_and(|publisher| publisher.is_local());
            return if is_local { Judged::OtherToken } else { Judged::Nothing };
        };
        let identity = publisher.map(|publisher| publisher.identity);
        Judged::Secret(Secret {
            kind: SecretKind::Token,
            fingerprint: key.fingerprint,
            environment: key.environment.clone(),
            identity,
            owner: identity.is_some_and(|identity| self.owners.contains(&identity)),
        })
    }
}
