//! What a plan does for the publisher's token: sign it, leave it to its issuer, or refuse it.

use super::{Planner, at};
use crate::error::Algorithm;
use crate::fleet::plan::{Action, Note, Plan, Refusal, Step};
use crate::fleet::{Environment, PublisherState};
use crate::jwt::Publisher;
use crate::{Error, Fingerprint, Identity};

impl Planner<'_> {
    pub(super) fn add_publisher(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let Some((host, target)) = plan.host.clone() else { return Ok(()) };
        let preserve = self.request.preserve_publisher;
        let external = matches!(
            &self.snapshot.host.publisher,
            PublisherState::Found { publisher, .. } if self.is_of_issuer(publisher)
        );
        if external {
            plan.notes.push(Note::TokenOfIssuer);
        } else if !preserve {
            plan.notes.push(Note::TokenNotPreserved);
        }
        let (publisher, verified_with, times) = match &self.snapshot.host.publisher {
            PublisherState::Found { publisher, algorithm, verified_with, times } => {
                if preserve && !external && *algorithm != Algorithm::Es256 {
                    return Err(at(&host)(Error::TokenAlgorithm(*algorithm)));
                }
                (publisher, *verified_with, times)
            }
            _ if !preserve => return Ok(()),
            PublisherState::NoFile => {
                plan.notes.push(Note::NoCliToml);
                return Ok(());
            }
            PublisherState::Bad(error) => return Err(at(&host)(*error)),
        };
        if preserve {
            self.check_publisher(&host, publisher, verified_with).map_err(at(&host))?;
            if !external {
                if verified_with.is_none() {
                    plan.notes.push(Note::TokenUnverified);
                }
                if times.exp.is_some() {
                    plan.notes.push(Note::BecomesEternal);
                }
                plan.publisher = Some(publisher.clone());
                plan.verified_with = verified_with;
            }
        } else if verified_with.is_none() && !external {
            // No known key signed the token, and no flag vouches for it: its claims are not escrowed.
            return Ok(());
        } else if self.is_unknown(&host, publisher) && !self.is_vouched_for(publisher) {
            // A mistaken login, perhaps: nothing is done for it unasked.
            plan.notes.push(Note::AnotherPublisher);
            return Ok(());
        }
        // A token that will stop working needs its claims kept all the more.
        plan.escrow = Some(publisher.clone());
        let escrow = self.snapshot.vault(&host).and_then(|vault| vault.escrow.as_ref().ok());
        if !escrow.is_some_and(|escrow| escrow.holds(publisher.identity)) {
            if escrow.is_some_and(|escrow| !escrow.publishers().is_empty()) {
                plan.notes.push(Note::AnotherPublisher);
            }
            plan.steps.push(Step { action: Action::Escrow, environment: host, target });
        }
        Ok(())
    }

    /// Whether an external issuer signs this publisher's tokens: a rotation does not touch them.
    fn is_of_issuer(&self, publisher: &Publisher) -> bool {
        !publisher.is_local() && !self.request.allow_external_issuer
    }

    /// Whether the escrow of this environment holds publishers, and not this one.
    fn is_unknown(&self, host: &Environment, publisher: &Publisher) -> bool {
        self.snapshot.vault(host).is_some_and(|vault| vault.is_unknown(publisher))
    }

    /// Whose token the run that is continued had found good.
    fn begun_with(&self) -> Option<Identity> {
        let unfinished = self.snapshot.unfinished.as_ref().filter(|_| self.request.continuing);
        unfinished.and_then(|run| run.identity)
    }

    /// Whether somebody named this very identity, or the run that is continued had found it good.
    fn is_vouched_for(&self, publisher: &Publisher) -> bool {
        let identity = Some(publisher.identity);
        self.request.expect_identity == identity || self.begun_with() == identity
    }

    fn check_publisher(
        &self,
        host: &Environment,
        publisher: &Publisher,
        verified_with: Option<Fingerprint>,
    ) -> Result<(), Error> {
        let request = self.request;
        if request.expect_identity.is_some_and(|expected| expected != publisher.identity) {
            return Err(Error::TokenUnexpectedIdentity);
        }
        // By now, the key that vouched for the token of a run that was cut short may be gone: a
        // public key that was mounted without its private one, and has been replaced.
        if self.is_vouched_for(publisher) {
            return Ok(());
        }
        if self.begun_with().is_some() && !request.allow_unverified {
            return Err(Error::PublisherChanged);
        }
        if self.is_unknown(host, publisher) {
            return Err(Error::PublisherUnknown);
        }
        // Whether it is good shows at its issuer, and nothing is signed on the strength of it.
        if self.is_of_issuer(publisher) {
            return Ok(());
        }
        if verified_with.is_none() && !request.allow_unverified {
            return Err(Error::TokenUnverified);
        }
        Ok(())
    }
}
