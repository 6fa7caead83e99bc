//! What answers in a server's place, or does not: proxies, gateways, sign-in pages, and worse.

use std::net::TcpStream;

use spacetime_keys_stand_ins::plain::{NOBODY, Plain, Request, drip, flood, hang, raw, reply};

use super::{PATIENT, doctor};
use crate::common::{Host, PUBLIC};

/// Where a front never answers, this is waited for.
const IMPATIENT: [&str; 2] = ["--timeout", "1s"];

/// Too deep for any reader of JSON.
static DEEP: [u8; 60_000] = [b'['; 60_000];

const PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head></html>";

/// Asks about a database behind this front. Unless the run ends, the test does not.
#[track_caller]
fn behind(
    front: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static,
    case: &str,
    outcome: &str,
    status: Option<u64>,
    words: &str,
) {
    behind_for(PATIENT, front, case, outcome, status, words);
}

/// The same, with so much patience.
#[track_caller]
fn behind_for(
    patience: [&str; 2],
    front: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static,
    case: &str,
    outcome: &str,
    status: Option<u64>,
    words: &str,
) {
    let url = Plain::serve(front).url;
    let host = Host::new();
    let before = host.tree();
    let arguments = [&["--server", &url, "--database", "app"][..], &patience].concat();
    let said = doctor(&host, &arguments);
    assert_eq!(said.outcome(), (outcome, status), "{case}: {:#}", said.document);
    assert_eq!(said.run.status, Some(1), "{case}");
    let (ok, text) = said.check("server");
    assert_eq!(ok, Some(false), "{case}: {:#}", said.document);
    assert!(text.contains(words), "{case}: {text}");
    let hint = text.lines().nth(1).unwrap_or_default();
    assert!(hint.len() > 10, "{case}: no hint: {text}");
    // What the front says is a stranger's text, and may be anything.
    assert!(!said.run.stdout.contains("Forbidden"), "{case}");
    assert!(host.tree() == before, "{case}");
    // To a person, the verdict is the first line.
    let told = host.run(&[&["doctor"], &arguments[..]].concat());
    assert_eq!(told.status, Some(1), "{case}");
    let first = told.stdout.lines().next().unwrap_or_default();
    assert!(first.len() > 15 && !first.contains('<'), "{case}: {}", told.stdout);
}

#[test]
fn a_proxy_refuses() {
    for (status, kind) in [(403, "text/html"), (403, "text/html; charset=utf-8"), (403, "")] {
        let head = format!("{status} No\r\nContent-Type: {kind}");
        let front = move |_: &Request, stream: &mut TcpStream| reply(stream, &head, PAGE);
        behind(front, kind, "proxy", Some(status), "an HTML page");
    }
    // A refusal without a page.
    let plain = |_: &Request, stream: &mut TcpStream| reply(stream, "403 Forbidden", b"");
    behind(plain, "403 without a body", "proxy", Some(403), "");
    // It wants a login of its own.
    let login = |_: &Request, stream: &mut TcpStream| {
        reply(stream, "401 No\r\nContent-Type: text/html\r\nWWW-Authenticate: Basic", PAGE);
    };
    behind(login, "a proxy's 401", "proxy", Some(401), "an HTML page");
}

#[test]
fn a_gateway_without_a_server_behind_it() {
    for status in [502, 503, 504] {
        for kind in ["text/html", "text/plain"] {
            let head = format!("{status} Bad Gateway\r\nContent-Type: {kind}");
            let front = move |_: &Request, stream: &mut TcpStream| reply(stream, &head, PAGE);
            behind(front, &format!("{status}"), "proxy", Some(status), "");
        }
    }
}

#[test]
fn something_else_answers() {
    let everything_is_a_page = |_: &Request, stream: &mut TcpStream| {
        reply(stream, "200 OK\r\nContent-Type: text/html", PAGE);
    };
    behind(everything_is_a_page, "200 HTML", "proxy", Some(200), "an HTML page");

    let bodies: [(&str, &[u8]); 6] = [
        ("invalid UTF-8", b"\xff\xfe\x00\x01"),
        ("bad JSON", b"{\"version\":"),
        ("other JSON", b"{\"hello\":[]}"),
        ("a number", b"7"),
        ("an empty body", b""),
        ("deep JSON", &DEEP),
    ];
    for (case, body) in bodies {
        let front = move |_: &Request, stream: &mut TcpStream| {
            reply(stream, "200 OK\r\nContent-Type: application/json", body);
        };
        behind(front, case, "proxy", Some(200), "");
    }
}

#[test]
fn ten_megabytes() {
    let large = vec![b' '; 10 << 20];
    let front = move |_: &Request, stream: &mut TcpStream| {
        reply(stream, "200 OK\r\nContent-Type: application/json", &large);
    };
    behind(front, "10 MB", "proxy", Some(200), "");

    // Without an end.
    let endless = |_: &Request, stream: &mut TcpStream| {
        flood(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    };
    behind(endless, "endless", "proxy", Some(200), "");
}

#[test]
fn no_answer_in_time() {
    const BODY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    let unanswered = |front: fn(&Request, &mut TcpStream), case: &str| {
        behind_for(IMPATIENT, front, case, "unreachable", None, "no answer in time");
    };
    unanswered(|_, stream| hang(stream), "hangs");
    unanswered(|_, stream| drip(stream, BODY), "drips");
    unanswered(|_, stream| drip(stream, "HTTP/1.1 200 OK\r\nX-Slow: "), "drips in the head");
}

#[test]
fn no_http() {
    let nonsense =
        |_: &Request, stream: &mut TcpStream| raw(stream, "220 mail.example.com ESMTP\r\n");
    behind(nonsense, "another protocol", "unreachable", None, "no answer that can be read");
    let hangs_up = |_: &Request, _: &mut TcpStream| {};
    behind(hangs_up, "hangs up", "unreachable", None, "");
    let cut_off = |_: &Request, stream: &mut TcpStream| {
        raw(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    };
    behind(cut_off, "cut off", "unreachable", None, "the connection broke");
}

#[test]
fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = Plain::serve(|_, stream| reply(stream, "200 OK", b"{\"version\":\"2.8.3\"}"));
    // Another port, another name of this machine, and to TLS.
    let port = elsewhere.url.rsplit(':').next().unwrap().to_owned();
    for (status, target) in [
        (301, elsewhere.url.clone()),
        (302, format!("http://localhost:{port}")),
        (307, elsewhere.url.clone()),
        (308, "https://spacetime.example.com".to_owned()),
    ] {
        let front = move |request: &Request, stream: &mut TcpStream| {
            let head = format!("{status} Moved\r\nLocation: {target}{}", request.path);
            reply(stream, &head, b"");
        };
        behind(front, &format!("{status}"), "proxy", Some(status), "a redirect");
    }
    for request in elsewhere.take() {
        assert!(
            request.header("authorization").is_none(),
            "the token followed to {}",
            request.path
        );
    }
}

/// A front that lets through what anybody may ask, and minds the token.
#[test]
fn what_minds_the_token_alone() {
    let elsewhere = Plain::serve(|_, stream| reply(stream, "204 No Content", b""));
    let host = Host::new();
    for (case, head) in [
        ("a page", "403 Forbidden\r\nContent-Type: text/html".to_owned()),
        ("a sign-in", format!("302 Found\r\nLocation: {}/login", elsewhere.url)),
        ("another host", format!("307 Moved\r\nLocation: {}/v1/ping", elsewhere.url)),
        ("a gateway", "504 Gateway Timeout".to_owned()),
    ] {
        let status: u64 = head.split(' ').next().unwrap().parse().unwrap();
        let key = host.read(PUBLIC);
        let server = Plain::serve(move |request, stream| match &*request.path {
            "/v1/health" => reply(stream, "200 OK", b"{\"version\":\"2.8.3\"}"),
            "/v1/identity/public-key" => reply(stream, "200 OK", key.as_bytes()),
            _ => reply(stream, &head, PAGE),
        });
        let said = doctor(&host, &["--server", &server.url, "--database", "app"]);
        assert_eq!(said.outcome(), ("proxy", Some(status)), "{case}: {:#}", said.document);
        assert_eq!(said.run.status, Some(1), "{case}");
        assert_eq!(said.check("server").0, Some(false), "{case}: {:#}", said.document);
    }
    assert!(elsewhere.take().is_empty(), "the token went to another host");
}

/// A front that takes the header out: nobody is refused, and nobody is known.
#[test]
fn the_token_does_not_arrive() {
    let host = Host::new();
    let key = host.read(PUBLIC);
    let server = Plain::serve(move |request, stream| match &*request.path {
        "/v1/health" => reply(stream, "200 OK", b"{\"version\":\"2.8.3\"}"),
        "/v1/identity/public-key" => reply(stream, "200 OK", key.as_bytes()),
        path if path.ends_with("/verify") => {
            reply(stream, "401 Unauthorized", b"Authorization required");
        }
        _ => reply(stream, "404 Not Found", b"`app` not found"),
    });
    let said = doctor(&host, &["--server", &server.url, "--database", "app"]);
    assert_eq!(said.outcome().0, "proxy", "{:#}", said.document);
    assert!(said.check("token_accepted").1.contains("Authorization"), "{:#}", said.document);
}

#[test]
fn nobody_is_there() {
    let host = Host::new();
    for (url, patience, words) in [
        (format!("http://{NOBODY}"), PATIENT, "no connection"),
        // RFC 6761, section 6.4: this name never is anybody's. Finding that out may take a while.
        ("http://spacetime.invalid".to_owned(), IMPATIENT, ""),
        ("https://spacetime.invalid/".to_owned(), IMPATIENT, ""),
    ] {
        let said = doctor(&host, &[&["--server", &url][..], &patience].concat());
        assert_eq!(said.outcome(), ("unreachable", None), "{url}: {:#}", said.document);
        assert_eq!(said.run.status, Some(1), "{url}");
        let (ok, text) = said.check("server");
        assert!(ok == Some(false) && text.contains(words), "{url}: {text}");
        // What it could see without a server, it says.
        let (ok, text) = said.check("mounted_keys");
        assert_eq!(ok, Some(true), "{url}: {text}");
        assert_eq!(said.text("identity"), crate::common::IDENTITY, "{url}");
    }
}

#[test]
fn a_url_that_is_none() {
    let host = Host::new();
    for url in ["", "a.example:3000", "ftp://a.example", "http://", "nobody", "http://a b/"] {
        let run = host.run(&["doctor", "--json", "--server", url]);
        assert_eq!(run.status, Some(2), "{url:?}: {run:?}");
    }
    // A password in a URL is not shown.
    let url = format!("http://user:pass-word@{NOBODY}");
    let run = host.run(&["doctor", "-v", "--server", &url]);
    assert!(!format!("{run:?}").contains("pass-word"), "{}", run.stdout);
}
