//! A JWK set from a file, standard input or a URL.

use std::path::Path;

use serde_json::{Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::jwks::{FoundSet, MAX_JWKS_BYTES, Search, Step};
use zeroize::Zeroizing;

use crate::args::Fetch;
use crate::failure::Failure;
use crate::files;
use crate::http;

/// The keys that came.
pub(crate) struct KeySet {
    /// The bytes of a set, good or bad; or what came in its place.
    pub(crate) content: Result<Zeroizing<Vec<u8>>, Error>,
    /// Its source, for messages.
    pub(crate) place: String,
    /// The URLs of a set in the network.
    pub(crate) found: Option<FoundSet>,
}

impl KeySet {
    /// The `issuer` of the discovery document that led to it.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.found.as_ref()?.issuer.as_deref()
    }

    /// For JSON: where it was found.
    pub(crate) fn source(&self) -> Value {
        self.found.as_ref().map_or(Value::Null, |found| {
            json!({
                "url": http::without_user(&found.url),
                "discovery": found.discovery.as_deref().map(http::without_user),
            })
        })
    }

    /// For a person: which set it is, where the URL that was typed does not tell.
    pub(crate) fn note(&self) -> Option<String> {
        let found = self.found.as_ref()?;
        let discovery = found.discovery.as_deref()?;
        Some(format!(
            "the set is {}, the `jwks_uri` of {}",
            http::without_user(&found.url),
            http::without_user(discovery)
        ))
    }
}

/// `place` is a path, `-`, or a URL that begins with `http://` or `https://`: of a set, of a
/// discovery document, which leads to its `jwks_uri` as it does for servers, or of an issuer.
pub(crate) fn read(place: &str, options: &Fetch) -> Result<KeySet, Failure> {
    if http::is_url(place) {
        return fetch(place, options);
    }
    let content = files::read_input(Path::new(place))?;
    Ok(KeySet { content: Ok(content), place: place.to_owned(), found: None })
}

fn fetch(place: &str, options: &Fetch) -> Result<KeySet, Failure> {
    let at_once = |error| Failure::from(error).prefix(http::without_user(place));
    let mut search = Search::begin(place, options.plain_http).map_err(at_once)?;
    // What is said if the URL is no issuer's either.
    let mut otherwise: Option<Result<KeySet, Failure>> = None;
    loop {
        let shown = shown(&search);
        let body = match get(&search, options) {
            Ok(Answer::Body(body)) => body,
            Ok(Answer::Moved(location)) => {
                let moved = search.moved(&location);
                search = moved
                    .map_err(|error| Failure::from(error).prefix(&shown))?
                    .ok_or_else(|| failure(&shown, too_often()))?;
                continue;
            }
            Err(_) if search.is_guess() => return otherwise.unwrap_or_else(no_way),
            Err(Unanswered { message, hint, is_status }) => {
                let failure = failure(&shown, (message, hint));
                search = search.guess().filter(|_| is_status).ok_or(failure.clone())?;
                otherwise = Some(Err(failure));
                continue;
            }
        };
        let refused = |error| KeySet { content: Err(error), place: shown.clone(), found: None };
        match search.answered(&body) {
            Ok(Step::Found(found)) => {
                return Ok(KeySet { content: Ok(body), place: shown, found: Some(found) });
            }
            Ok(Step::Ask(next)) => search = next,
            Ok(Step::Guess { next, error }) => {
                otherwise = Some(Ok(refused(error)));
                search = next;
            }
            Ok(Step::GuessedWrong) => return otherwise.unwrap_or_else(no_way),
            Err(error @ (Error::JwksMalformed(_) | Error::JwksDiscovery(_))) => {
                return Ok(refused(error));
            }
            Err(error) => return Err(Failure::from(error).prefix(shown)),
        }
    }
}

fn no_way() -> Result<KeySet, Failure> {
    Err(Failure::bug("a guess without a reason"))
}

/// The URL that was asked for, and where a redirect led from there. It was typed, or is public.
fn shown(search: &Search) -> String {
    let (asked, url) = (http::without_user(search.asked()), http::without_user(search.url()));
    if asked == url { url } else { format!("{asked}, which redirects to {url}") }
}

fn failure(shown: &str, (message, hint): (String, String)) -> Failure {
    Failure::new("ERR_JWKS_FETCH", format!("{shown}: {message}"), hint)
}

fn too_often() -> (String, String) {
    ("it redirects too often".to_owned(), "name the URL where the set is".to_owned())
}

enum Answer {
    Body(Zeroizing<Vec<u8>>),
    /// To this `Location`.
    Moved(String),
}

struct Unanswered {
    message: String,
    hint: String,
    /// There was an answer, and it says no.
    is_status: bool,
}

/// One GET: no longer than the timeout, and no larger than a set may be.
fn get(search: &Search, options: &Fetch) -> Result<Answer, Unanswered> {
    let mut response = http::config(search.url(), options.timeout)
        // Where a redirect may lead is the search's business.
        .max_redirects(0)
        .build()
        .new_agent()
        .get(search.url())
        .header("accept", "application/jwk-set+json, application/json")
        .call()
        .map_err(|error| describe(&error))?;
    if response.status().is_redirection() {
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        return location
            .map(|to| Answer::Moved(to.to_owned()))
            .ok_or_else(|| describe(&ureq::Error::StatusCode(response.status().as_u16())));
    }
    response
        .body_mut()
        .with_config()
        .limit(MAX_JWKS_BYTES as u64)
        .read_to_vec()
        .map(|body| Answer::Body(Zeroizing::new(body)))
        .map_err(|error| describe(&error))
}

fn describe(error: &ureq::Error) -> Unanswered {
    use ureq::Error::{BodyExceedsLimit, StatusCode};
    let (message, hint) = match error {
        StatusCode(status) => (
            format!("the answer is {status}"),
            "open the URL: the set must be there for everybody, without a login",
        ),
        BodyExceedsLimit(_) => (
            format!("the answer is larger than {} MiB", MAX_JWKS_BYTES >> 20),
            "this is no JWK set: name the URL where the set is",
        ),
        _ => {
            let why = http::unreached(error);
            return Unanswered {
                message: why.to_string(),
                hint: why.advice().to_string(),
                is_status: false,
            };
        }
    };
    Unanswered { message, hint: hint.to_owned(), is_status: matches!(error, StatusCode(_)) }
}
