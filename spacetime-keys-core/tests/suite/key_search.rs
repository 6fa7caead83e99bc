//! From a URL to a set: what is asked, one answer after the other, and where nothing is asked.

use std::collections::HashMap;

use spacetime_keys_core::Error;
use spacetime_keys_core::error::{Class, DiscoveryFlaw, NoSet, UrlDanger};
use spacetime_keys_core::jwks::{FoundSet, MAX_HOPS, Search, Step};

const WELL_KNOWN: &str = ".well-known/openid-configuration";
const SET: &str = r#"{"keys":[]}"#;

/// What stands under a URL.
#[derive(Clone)]
enum Served {
    Body(String),
    Moved(String),
}

/// The way from a URL over what is served, and each URL that was asked. `None`: an answer without
/// success is the last.
fn go(
    url: &str,
    plain_http: bool,
    served: &[(&str, Served)],
) -> (Vec<String>, Result<Option<FoundSet>, Error>) {
    let served: HashMap<_, _> = served.iter().cloned().collect();
    let mut asked = Vec::new();
    let mut otherwise = Ok(None);
    let mut search = match Search::begin(url, plain_http) {
        Ok(search) => search,
        Err(error) => return (asked, Err(error)),
    };
    loop {
        asked.push(search.url().to_owned());
        search = match served.get(search.url()) {
            None => match search.guess() {
                Some(next) => next,
                None => return (asked, otherwise),
            },
            Some(Served::Moved(to)) => match search.moved(to) {
                Ok(Some(next)) => next,
                Ok(None) => return (asked, Ok(None)),
                Err(error) => return (asked, Err(error)),
            },
            Some(Served::Body(body)) => match search.answered(body.as_bytes()) {
                Ok(Step::Found(found)) => return (asked, Ok(Some(found))),
                Ok(Step::Ask(next)) => next,
                Ok(Step::Guess { next, error }) => {
                    otherwise = Err(error);
                    next
                }
                Ok(Step::GuessedWrong) => return (asked, otherwise),
                Err(error) => return (asked, Err(error)),
            },
        };
    }
}

fn body(text: impl Into<String>) -> Served {
    Served::Body(text.into())
}

fn uri(to: &str) -> Served {
    body(format!(r#"{{"issuer":"https://id.example","jwks_uri":"{to}"}}"#))
}

#[test]
fn a_set_a_document_and_an_issuer() {
    let document = format!("https://id.example/{WELL_KNOWN}");
    let served = [
        ("https://id.example/jwks.json", body(SET)),
        (&*document, uri("https://keys.example/set")),
        ("https://keys.example/set", body(SET)),
        ("https://id.example", body("<html>welcome")),
        ("https://id.example/", body(r#"{"name":"an API"}"#)),
    ];
    let direct =
        FoundSet { url: "https://id.example/jwks.json".to_owned(), discovery: None, issuer: None };
    let led = FoundSet {
        url: "https://keys.example/set".to_owned(),
        discovery: Some(document.clone()),
        issuer: Some("https://id.example".to_owned()),
    };
    for (url, requests, found) in [
        ("https://id.example/jwks.json", 1, &direct),
        (&*document, 2, &led),
        ("https://id.example", 3, &led),
        ("https://id.example/", 3, &led),
    ] {
        let (asked, result) = go(url, false, &served);
        assert_eq!((asked.len(), result.unwrap().as_ref()), (requests, Some(found)), "{url}");
    }
    // Where servers look, and where not.
    assert!(led.is_of("https://id.example") && led.is_of("https://id.example/"));
    assert!(!led.is_of("https://id.example/realm") && !direct.is_of("https://id.example"));
    // Nothing at all: the issuer's document is tried, a file's neighbours are not.
    let (asked, result) = go("https://other.example/realm", false, &[]);
    let tried = format!("https://other.example/realm/{WELL_KNOWN}");
    assert_eq!((asked, result), (vec!["https://other.example/realm".to_owned(), tried], Ok(None)));
    for url in ["https://other.example/jwks.json", "https://other.example/.well-known/jwks"] {
        assert_eq!(go(url, false, &[]).0, [url]);
    }
}

#[test]
fn each_broken_document_has_its_own_answer() {
    let at = "https://id.example/doc";
    let well_known = format!("https://id.example/{WELL_KNOWN}");
    for (text, expected) in [
        ("<html>sign in</html>", NoSet::Html),
        ("", NoSet::Empty),
        ("\u{feff}{\"keys\":[]}", NoSet::ByteOrderMark),
        ("[{}]", NoSet::Array),
        ("oops", NoSet::NotJson),
    ] {
        let error = Err(Error::JwksMalformed(expected));
        assert_eq!(go(at, false, &[(at, body(text))]).1, error, "{text}");
        let error = Err(Error::JwksDiscovery(DiscoveryFlaw::Not(expected)));
        assert_eq!(go(&well_known, false, &[(&well_known, body(text))]).1, error, "{text}");
        // By a document, and no set there.
        let served = [(&*well_known, uri(at)), (at, body(text))];
        let error = Err(Error::JwksMalformed(expected));
        assert_eq!(go(&well_known, false, &served).1, error, "{text}");
    }
    for (text, expected) in [
        (r#"{"issuer":"https://id.example"}"#, DiscoveryFlaw::NoUri),
        (r#"{"token_endpoint":"x","jwks_uri":null}"#, DiscoveryFlaw::UriType),
        (r#"{"jwks_uri":["https://a.example"]}"#, DiscoveryFlaw::UriType),
        (r#"{"jwks_uri":"https://a/","jwks_uri":"https://b/"}"#, DiscoveryFlaw::UriTwice),
        (r#"{"jwks_uri":"/jwks.json"}"#, DiscoveryFlaw::UriRelative),
        (r#"{"jwks_uri":""}"#, DiscoveryFlaw::UriRelative),
        (r#"{"jwks_uri":"file:///etc/passwd"}"#, DiscoveryFlaw::UriForm),
        (r#"{"jwks_uri":"https://a b/"}"#, DiscoveryFlaw::UriForm),
    ] {
        let error = Err(Error::JwksDiscovery(expected));
        for url in [at, &well_known] {
            assert_eq!(go(url, false, &[(url, body(text))]).1, error, "{text}");
        }
    }
    let is = |served: &[(&str, Served)]| go(&well_known, false, served).1;
    let error = |flaw| Err(Error::JwksDiscovery(flaw));
    assert_eq!(is(&[(&well_known, body("{}"))]), error(DiscoveryFlaw::NoUri));
    assert_eq!(is(&[(&well_known, body(SET))]), error(DiscoveryFlaw::Set));
    let other_way_round = Err(Error::JwksMalformed(NoSet::Discovery));
    assert_eq!(is(&[(&well_known, uri(at)), (at, uri("https://c.example"))]), other_way_round);
}

#[test]
fn no_way_leads_from_https_to_http_nor_to_a_user() {
    let well_known = format!("https://id.example/{WELL_KNOWN}");
    let near = format!("http://127.0.0.1:8080/{WELL_KNOWN}");
    let danger = |what| Err(Error::JwksUrlDanger(what));
    for plain_http in [false, true] {
        // Also not to this machine: a person who can change the document is on the way.
        for to in ["http://id.example/jwks", "HTTP://id.example/jwks", "http://127.0.0.1/jwks"] {
            let (asked, result) = go(&well_known, plain_http, &[(&well_known, uri(to))]);
            assert_eq!((asked.len(), result), (1, danger(UrlDanger::Downgrade)), "{to}");
            let served = [(&*well_known, Served::Moved(to.to_owned()))];
            let (asked, result) = go(&well_known, plain_http, &served);
            assert_eq!((asked.len(), result), (1, danger(UrlDanger::RedirectDowngrade)), "{to}");
        }
        for to in ["https://me:pw@id.example/jwks", "https://me@id.example/"] {
            for served in [uri(to), Served::Moved(to.to_owned())] {
                let (asked, result) = go(&well_known, plain_http, &[(&well_known, served)]);
                assert_eq!((asked.len(), result), (1, danger(UrlDanger::User)), "{to}");
            }
        }
    }
    assert_eq!(Error::JwksUrlDanger(UrlDanger::Downgrade).class(), Class::Safety);
    // By http only from this machine, unless that is asked for; from http on to https at any time.
    let far = "http://id.example/jwks";
    assert_eq!(go(far, false, &[]), (vec![], Err(Error::JwksPlainHttp)));
    assert!(go(far, true, &[(far, body(SET))]).1.unwrap().is_some());
    assert_eq!(go(&near, false, &[(&near, uri(far))]).1, Err(Error::JwksPlainHttp));
    let served = [(&*near, Served::Moved(far.to_owned()))];
    assert_eq!(go(&near, false, &served).1, Err(Error::JwksPlainHttp));
    let secure = "https://id.example/jwks";
    assert!(go(&near, false, &[(&near, uri(secure)), (secure, body(SET))]).1.unwrap().is_some());
    assert_eq!(go("ftp://id.example/", false, &[]).1, Err(Error::JwksUrl));
}

#[test]
fn redirects_end() {
    let well_known = format!("https://id.example/{WELL_KNOWN}");
    let at = "https://id.example/loop";
    let (asked, result) = go(at, false, &[(at, Served::Moved("/loop".to_owned()))]);
    assert_eq!((asked.len(), result), (1 + MAX_HOPS as usize, Ok(None)));
    // The document is the one that was asked for, wherever it is.
    let moved = "https://www.id.example/doc";
    let served = [
        (&*well_known, Served::Moved(moved.to_owned())),
        (moved, uri(at)),
        (at, Served::Moved("set".to_owned())),
        ("https://id.example/set", body(SET)),
    ];
    let found = go(&well_known, false, &served).1.unwrap().unwrap();
    assert_eq!(found.discovery.as_deref(), Some(&*well_known));
    assert_eq!(found.url, "https://id.example/set");
}
