//! From a URL to a JWK set, one answer at a time: a caller that can send a GET goes the way that this
//! tells.
//!
//! The way is the servers' (a discovery document's `jwks_uri`, and nothing else of it), but for
//! what servers do not ask about: it never leads from https to http, over http to no other machine
//! unless that was asked for, and to no URL with a user name, which HTTP clients would send on.

use super::document::{Discovery, Document, look};
use super::place::{NoPlace, Place};
use super::{WELL_KNOWN_DISCOVERY, discovery_url};
use crate::error::{DiscoveryFlaw, NoSet, UrlDanger};
use crate::{Error, Result};

/// The most redirects that are followed, one after the other.
pub const MAX_HOPS: u32 = 5;

/// A GET that is to be sent.
#[derive(Clone, Debug)]
pub struct Search {
    place: Place,
    /// The first URL, before redirects.
    asked: String,
    plain_http: bool,
    hops: u32,
    stage: Stage,
    /// The discovery document that led here.
    led_by: Option<(String, Option<String>)>,
}

/// The expected kind of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A set, or a discovery document. An issuer's URL may give anything.
    Any,
    /// A discovery document, for the URL says so.
    Discovery,
    /// The same, for the URL may be an issuer's.
    Guess,
    /// The set that a discovery document named.
    Set,
}

/// The step after an answer.
#[derive(Debug)]
pub enum Step {
    /// The answer's body is a set, good or bad.
    Found(FoundSet),
    /// Something else is to be asked.
    Ask(Search),
    /// The body is neither a set nor a discovery document. The URL may be an issuer's, whose
    /// document is to be asked for. If that leads nowhere, `error` is what was found.
    Guess {
        /// The URL to ask next.
        next: Search,
        /// The finding.
        error: Error,
    },
    /// The URL was no issuer's.
    GuessedWrong,
}

/// The place where a set was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSet {
    /// Its URL.
    pub url: String,
    /// The discovery document's URL, if one led to it, as it was asked for: before redirects.
    pub discovery: Option<String>,
    /// That document's `issuer`.
    pub issuer: Option<String>,
}

impl FoundSet {
    /// Whether servers look for the keys of this issuer where these were found.
    pub fn is_of(&self, issuer: &str) -> bool {
        self.discovery.as_ref() == Some(&discovery_url(issuer))
    }
}

impl Search {
    /// Begins at the URL of a set, a discovery document or an issuer. `plain_http`: whether keys may
    /// come by http from another machine.
    ///
    /// # Errors
    /// [`Error::JwksUrl`], [`Error::JwksPlainHttp`].
    pub fn begin(url: &str, plain_http: bool) -> Result<Self> {
        let place = Place::parse(url).map_err(|_| Error::JwksUrl)?;
        let is_discovery = place.path_ends_with(WELL_KNOWN_DISCOVERY);
        let stage = if is_discovery { Stage::Discovery } else { Stage::Any };
        let asked = place.as_str().to_owned();
        let search = Self { place, asked, plain_http, hops: 0, stage, led_by: None };
        search.check_scheme(&search.place)?;
        Ok(search)
    }

    /// The URL to ask.
    pub fn url(&self) -> &str {
        self.place.as_str()
    }

    /// The URL that was asked for before redirects.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// After a redirect; `location` is the header field. `None` after [`MAX_HOPS`].
    ///
    /// # Errors
    /// [`Error::JwksUrl`], [`Error::JwksUrlDanger`], [`Error::JwksPlainHttp`].
    pub fn moved(mut self, location: &str) -> Result<Option<Self>> {
        if self.hops == MAX_HOPS {
            return Ok(None);
        }
        let place = self.place.moved(location).map_err(|_| Error::JwksUrl)?;
        self.check_way(&place, UrlDanger::RedirectDowngrade)?;
        self.hops += 1;
        self.place = place;
        Ok(Some(self))
    }

    /// After an answer with a body.
    ///
    /// # Errors
    /// [`Error::JwksMalformed`] or [`Error::JwksDiscovery`] of a document that leads to no set;
    /// [`Error::JwksUrlDanger`], [`Error::JwksPlainHttp`] where it leads to is not gone.
    pub fn answered(self, body: &[u8]) -> Result<Step> {
        let flawed = |flaw| Err(Error::JwksDiscovery(flaw));
        match (self.stage, look(body)) {
            (Stage::Set | Stage::Any, Document::Set) => Ok(Step::Found(self.found())),
            (Stage::Set, Document::Discovery(_) | Document::Flawed(_)) => {
                Err(Error::JwksMalformed(NoSet::Discovery))
            }
            (Stage::Set, Document::Neither(found)) => Err(Error::JwksMalformed(found)),
            (_, Document::Discovery(document)) => self.follow(document).map(Step::Ask),
            (_, Document::Flawed(flaw)) => flawed(flaw),
            (Stage::Discovery, Document::Set) => flawed(DiscoveryFlaw::Set),
            (Stage::Discovery, Document::Neither(found)) => flawed(match found {
                NoSet::NoKeys => DiscoveryFlaw::NoUri,
                found => DiscoveryFlaw::Not(found),
            }),
            (Stage::Guess, Document::Set | Document::Neither(_)) => Ok(Step::GuessedWrong),
            (Stage::Any, Document::Neither(found)) => {
                let error = Error::JwksMalformed(found);
                self.guess().map(|next| Step::Guess { next, error }).ok_or(error)
            }
        }
    }

    /// After an answer without success, such as 404: the document of an issuer, if the URL may be
    /// that of one.
    pub fn guess(&self) -> Option<Self> {
        let may_be = self.stage == Stage::Any
            && self.hops == 0
            && !self.place.as_str().contains('?')
            && !self.place.path_ends_with(".json")
            && !self.place.as_str().contains("/.well-known/");
        let place = Place::parse(&discovery_url(self.place.as_str())).ok()?;
        let asked = place.as_str().to_owned();
        may_be.then(|| Self { place, asked, stage: Stage::Guess, ..self.clone() })
    }

    /// Whether this asks for the document of an issuer that was only guessed.
    pub fn is_guess(&self) -> bool {
        self.stage == Stage::Guess
    }

    fn follow(self, document: Discovery) -> Result<Self> {
        let flawed = |flaw| Error::JwksDiscovery(flaw);
        let place = Place::parse(&document.jwks_uri).map_err(|why| match why {
            NoPlace::Relative => flawed(DiscoveryFlaw::UriRelative),
            NoPlace::Form => flawed(DiscoveryFlaw::UriForm),
        })?;
        self.check_way(&place, UrlDanger::Downgrade)?;
        let led_by = Some((self.asked, document.issuer));
        let asked = place.as_str().to_owned();
        Ok(Self { place, asked, hops: 0, stage: Stage::Set, led_by, ..self })
    }

    fn check_way(&self, to: &Place, downgrade: UrlDanger) -> Result<()> {
        if to.has_user() {
            return Err(Error::JwksUrlDanger(UrlDanger::User));
        }
        if self.place.is_https() && !to.is_https() {
            return Err(Error::JwksUrlDanger(downgrade));
        }
        self.check_scheme(to)
    }

    fn check_scheme(&self, place: &Place) -> Result<()> {
        if place.is_https() || place.is_near() || self.plain_http {
            Ok(())
        } else {
            Err(Error::JwksPlainHttp)
        }
    }

    fn found(self) -> FoundSet {
        let (discovery, issuer) = self.led_by.unzip();
        FoundSet { url: self.place.as_str().to_owned(), discovery, issuer: issuer.flatten() }
    }
}
