//! The way from an issuer to its set. `lib/` sends the requests.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use spacetime_keys_core::jwks::{
    MAX_JWKS_BYTES, Search, Step, check_issuer, compare_issuers, discovery_url,
};
use spacetime_keys_core::{Error, error::UrlDanger};

use crate::error::thrown;

/// The place where an issuer's set is looked for.
#[napi]
pub struct KeySearch {
    search: Search,
    issuer: String,
}

#[napi]
impl KeySearch {
    /// `place`: the URL of the set or of a discovery document; without one, it is where servers look.
    #[napi(constructor, catch_unwind)]
    pub fn new(issuer: String, place: Option<String>, plain_http: bool) -> napi::Result<Self> {
        check_issuer(&issuer).map_err(thrown)?;
        let place = place.unwrap_or_else(|| discovery_url(&issuer));
        // A user name would be sent along.
        if place.split(['/', '?', '#']).nth(2).is_some_and(|authority| authority.contains('@')) {
            return Err(thrown(Error::JwksUrlDanger(UrlDanger::User)));
        }
        let search = Search::begin(&place, plain_http).map_err(thrown)?;
        Ok(Self { search, issuer })
    }

    /// The URL to ask.
    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.search.url().to_owned()
    }

    /// After a redirect. `false`: that was one too many.
    #[napi(catch_unwind)]
    pub fn moved(&mut self, location: String) -> napi::Result<bool> {
        match self.search.clone().moved(&location).map_err(thrown)? {
            Some(search) => self.search = search,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// After a body. Whether it is the set; else something else is to be asked.
    #[napi(catch_unwind)]
    pub fn answered(&mut self, body: Buffer) -> napi::Result<bool> {
        match self.search.clone().answered(&body).map_err(thrown)? {
            Step::Found(found) => {
                if let Some(issuer) = &found.issuer {
                    compare_issuers(Some(&self.issuer), issuer).map_err(thrown)?;
                }
                Ok(true)
            }
            Step::Ask(search) => {
                self.search = search;
                Ok(false)
            }
            // Where a set should be, nobody guesses.
            Step::Guess { error, .. } => Err(thrown(error)),
            Step::GuessedWrong => Err(thrown(Error::JwksUrl)),
        }
    }
}

/// The largest body that is read, in bytes.
#[napi(catch_unwind)]
pub fn largest_set() -> u32 {
    u32::try_from(MAX_JWKS_BYTES).unwrap_or(u32::MAX)
}
