//! Whose claims they are.

use super::{Form, Found, What};
use crate::Identity;
use crate::jwt::{LOCAL_ISSUER, Publisher};

/// Issuers that are tried with each subject: more than anybody has.
const ISSUERS: usize = 64;

/// The claims in a token, or in a text that names both of them. A subject without an issuer is nobody's.
pub fn claims_of(found: &Found) -> Option<Publisher> {
    match &found.what {
        What::Subject { issuer: Some(issuer), subject, form: Form::Token | Form::Claims } => {
            Publisher::new(issuer.as_str(), subject.as_str()).ok()
        }
        _ => None,
    }
}

/// An identity whose claims are searched for.
#[derive(Debug)]
pub struct Owner {
    identity: Identity,
    issuers: Vec<String>,
    candidates: u64,
}

/// Claims that give the identity, and where they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The claims.
    pub publisher: Publisher,
    /// Their place, as in [`Found`].
    pub offset: u64,
    /// The form that they stood in.
    pub form: Form,
}

impl Owner {
    /// An owner by its identity. Subjects without an issuer are tried with `localhost`, the issuers
    /// given here, and those that were found before.
    pub fn new(identity: Identity, issuers: impl IntoIterator<Item = String>) -> Self {
        let mut owner = Self { identity, issuers: vec![LOCAL_ISSUER.to_owned()], candidates: 0 };
        for issuer in issuers {
            owner.add_issuer(&issuer);
        }
        owner
    }

    /// The claims, if these are the owner's.
    pub fn claimed(&mut self, found: &Found) -> Option<Claimed> {
        let What::Subject { issuer, subject, form } = &found.what else { return None };
        self.candidates += 1;
        if let Some(issuer) = issuer {
            self.add_issuer(issuer);
        }
        let identity = self.identity;
        // The issuer that stands beside a subject is tried first.
        let issuers = issuer.iter().chain(&self.issuers);
        let issuer = issuers
            .into_iter()
            .find(|issuer| Identity::from_claims(issuer, subject) == identity)?;
        let publisher = Publisher::new(issuer.as_str(), subject.as_str()).ok()?;
        Some(Claimed { publisher, offset: found.offset, form: *form })
    }

    /// Subjects that were tried.
    pub const fn candidates(&self) -> u64 {
        self.candidates
    }

    fn add_issuer(&mut self, issuer: &str) {
        if self.issuers.len() < ISSUERS && !self.issuers.iter().any(|known| known == issuer) {
            self.issuers.push(issuer.to_owned());
        }
    }
}
