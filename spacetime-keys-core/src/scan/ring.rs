//! The keys and owners of a fleet, to tell its secrets from those of others.

use super::{Found, What};
use crate::es256::Verifier;
use crate::fleet::Environment;
use crate::jwt::{Publisher, Token};
use crate::{Fingerprint, Identity, PublicKey, Result};

/// What a fleet has: its keys, present and earlier, and the identities of its publishers.
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
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Secret {
    /// A private key.
    PrivateKey {
        /// The key's.
        fingerprint: Fingerprint,
        /// The environment that has it, or had it; `None`: a key that the fleet does not know.
        environment: Option<Environment>,
    },
    /// A token that a key of the fleet has signed.
    Token {
        /// The key that signed it.
        fingerprint: Fingerprint,
        /// The environment that has that key, or had it.
        environment: Option<Environment>,
        /// Whose token it is; `None`: of nobody, for servers take no such claims.
        identity: Option<Identity>,
        /// Whether that is a publisher, who owns databases.
        owner: bool,
    },
    /// A token with the issuer of a SpacetimeDB server, which no key of the fleet has signed.
    OtherToken,
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

    /// Adds a publisher.
    pub fn add_owner(&mut self, identity: Identity) {
        self.owners.push(identity);
    }

    /// What was found, if it is a secret. A token that another issuer names is none of a server's.
    pub fn secret(&self, found: &Found) -> Option<Secret> {
        match &found.what {
            What::PrivateKey(key) => {
                let fingerprint = key.fingerprint();
                let known = self.keys.iter().find(|known| known.fingerprint == fingerprint);
                let environment = known.and_then(|known| known.environment.clone());
                Some(Secret::PrivateKey { fingerprint, environment })
            }
            What::Token(token) => self.token(&Token::parse(token).ok()?),
            What::Subject { .. } => None,
        }
    }

    fn token(&self, token: &Token<'_>) -> Option<Secret> {
        let publisher = Publisher::from_token(token).ok();
        let Some(key) = self.keys.iter().find(|known| token.is_signed_by(&known.verifier)) else {
            let is_local = publisher.is_some_and(|publisher| publisher.is_local());
            return is_local.then_some(Secret::OtherToken);
        };
        let identity = publisher.map(|publisher| publisher.identity);
        Some(Secret::Token {
            fingerprint: key.fingerprint,
            environment: key.environment.clone(),
            identity,
            owner: identity.is_some_and(|identity| self.owners.contains(&identity)),
        })
    }
}
