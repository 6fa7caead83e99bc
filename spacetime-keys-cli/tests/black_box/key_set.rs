//! `--jwks URL`: what a server at the other end can do to us.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use spacetime_keys_stand_ins::plain::{NOBODY, Plain, drip, flood, hang, raw, reply};

use crate::common::{Host, PUBLIC, Run};

/// So long a set may take to come: a busy machine is no silent server.
const PATIENT: &str = "10m";
/// The same where it never comes.
const IMPATIENT: &str = "1s";

/// A host, the set of its key, and a token that this key signed.
fn host() -> (Host, String, String) {
    let host = Host::new();
    let set = host.run(&["jwks", "export", PUBLIC]).success().stdout;
    let minted = host.run(&[
        "token",
        "mint",
        "-q",
        "--private-key",
        crate::common::PRIVATE,
        "--issuer",
        "https://a.example",
        "--subject",
        "u_1",
    ]);
    let token = minted.success().stdout;
    (host, set, token)
}

fn verify(host: &Host, token: &str, url: &str) -> Run {
    verify_within(PATIENT, host, token, url)
}

fn verify_within(timeout: &str, host: &Host, token: &str, url: &str) -> Run {
    let arguments = ["token", "verify", "--timeout", timeout, "--jwks", url];
    Run::of(&mut host.command(&arguments), token.as_bytes())
}

#[test]
fn a_set_and_a_discovery_document() {
    let (host, set, token) = host();
    let url = Plain::serve(move |request, stream| match &*request.path {
        "/set" => reply(stream, "200 OK", &set),
        "/moved" => reply(stream, "302 Found\r\nLocation: /set", ""),
        _ => reply(stream, "404 Not Found", ""),
    })
    .url;
    for path in ["/set", "/moved"] {
        let verified = verify(&host, &token, &format!("{url}{path}")).success();
        assert!(verified.stdout.starts_with("valid\n"), "{}", verified.stdout);
    }
    // Where servers begin: of that document only `jwks_uri` is looked at.
    let target = url.clone();
    let discovery = Plain::serve(move |_, stream| {
        reply(stream, "200 OK", format!(r#"{{"jwks_uri":"{target}/set"}}"#));
    });
    verify(&host, &token, &format!("{}/.well-known/openid-configuration", discovery.url)).success();
    let arguments = ["token", "check", "--timeout", PATIENT, "--jwks", &format!("{url}/set")];
    let checked = Run::of(&mut host.command(&arguments), token.as_bytes()).success();
    assert!(checked.stdout.starts_with("accepted\n"), "{}", checked.stdout);
}

#[test]
fn what_goes_wrong_is_told_and_ends() {
    let (host, _, token) = host();
    let url = Plain::serve(|request, stream| match &*request.path {
        "/missing" => reply(stream, "404 Not Found", "<html>"),
        "/login" => reply(stream, "401 Unauthorized", ""),
        "/html" => reply(stream, "200 OK", "<html>sign in</html>"),
        "/not-utf-8" => reply(stream, "200 OK", b"\xff\xfe"),
        "/loop" => reply(stream, "302 Found\r\nLocation: /loop", ""),
        "/large" => reply(stream, "200 OK", " ".repeat(2 << 20)),
        "/endless" => flood(stream, "HTTP/1.1 200 OK\r\n\r\n"),
        "/hangs" => hang(stream),
        "/trickle" => drip(stream, "HTTP/1.1 200 OK\r\n\r\n"),
        "/cut-off" => raw(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        "/nonsense" => raw(stream, "hello\r\n\r\n"),
        _ => {}
    })
    .url;
    let table = [
        ("/missing", "the answer is 404"),
        ("/login", "the answer is 401"),
        ("/html", "no JWK set"),
        ("/not-utf-8", "no JWK set"),
        ("/loop", "redirects too often"),
        ("/large", "larger than 1 MiB"),
        ("/endless", "larger than 1 MiB"),
        ("/hangs", "no answer in time"),
        ("/trickle", "no answer in time"),
        ("/cut-off", "the connection broke"),
        ("/nonsense", "no answer that can be read"),
        ("/closed", ""),
    ];
    for (path, expected) in table {
        let started = Instant::now();
        let never = expected == "no answer in time";
        let timeout = if never { IMPATIENT } else { PATIENT };
        let run = verify_within(timeout, &host, &token, &format!("{url}{path}"));
        assert_eq!(run.status, Some(4), "{path}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{path}: {}", run.stderr);
        assert!(run.stderr.contains("hint:"), "{path}");
        assert!(started.elapsed() < Duration::from_mins(5), "{path}");
    }
    // Nobody there.
    let run = verify(&host, &token, &format!("http://{NOBODY}/"));
    assert_eq!(run.status, Some(4));
    assert!(run.stderr.contains("no connection"), "{}", run.stderr);
    // A password in a URL is not shown.
    let run = verify(&host, &token, &url.replace("http://", "http://user:pass-word@"));
    assert_eq!(run.status, Some(4));
    assert!(!run.stderr.contains("pass-word"), "{}", run.stderr);
}

/// OpenSSL's server, with a certificate that nobody trusts but who is told to.
struct Tls {
    process: Child,
    /// It goes on to tell what it does, and somebody must listen.
    _told: BufReader<ChildStdout>,
    url: String,
}

impl Tls {
    fn serve(host: &Host) -> Self {
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            command.args(arguments.split(' ')).current_dir(host.path(""));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        host.write(
            "tls.cnf",
            "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=leaf\n[name]\nCN=127.0.0.1\n\
             [leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n",
        );
        let made = openssl(
            "req -x509 -config tls.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
             -days 2 -keyout tls.key -out tls.crt",
        )
        .status();
        assert!(made.unwrap().success());
        // On a port of its own choice, which it says once it can be reached there.
        let mut process = openssl("s_server -WWW -cert tls.crt -key tls.key -accept 127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT ") {
            line.clear();
            assert_ne!(told.read_line(&mut line).unwrap(), 0, "openssl s_server does not start");
        }
        let url = format!("https://{}/set.json", line["ACCEPT ".len()..].trim());
        Self { process, _told: told, url }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the program says in JSON.
fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn what_was_compared_and_where_the_set_was_is_told() {
    let (host, set, token) = host();
    let keys = Plain::serve(move |_, stream| reply(stream, "200 OK", &set)).url;
    let target = keys.clone();
    let document = Plain::serve(move |request, stream| match &*request.path {
        "/a/.well-known/openid-configuration" => {
            let issuer = "https://a.example";
            let text = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{target}/set"}}"#);
            reply(stream, "200 OK", text);
        }
        _ => reply(stream, "404 Not Found", ""),
    });
    let run = |extra: &[&str]| {
        let arguments = [&["token", "verify", "--json", "--timeout", PATIENT, "--jwks"], extra];
        json(&Run::of(&mut host.command(&arguments.concat()), token.as_bytes()).success())
    };
    let direct = run(&[&format!("{keys}/set")]);
    assert_eq!(direct["checked"], serde_json::json!(["signature", "times"]));
    assert_eq!(direct["source"]["url"], format!("{keys}/set"));
    assert_eq!(direct["source"]["discovery"], serde_json::Value::Null);
    // An issuer's URL: its document is asked for, and its `issuer` compared.
    let led = run(&[&format!("{}/a", document.url)]);
    assert_eq!(led["checked"], serde_json::json!(["signature", "times", "issuer"]));
    let discovery = format!("{}/a/.well-known/openid-configuration", document.url);
    assert_eq!(led["source"]["discovery"], discovery);
    let paths: Vec<_> = document.take().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/a", "/a/.well-known/openid-configuration"]);
    let named = ["--issuer", "https://a.example", "--audience", "spacetimedb", "--alg", "ES256"];
    let all = run(&[&[&*format!("{keys}/set")], &named[..]].concat());
    let expected = ["signature", "times", "algorithm", "issuer", "audience"];
    assert_eq!(all["checked"], serde_json::json!(expected));
}

#[test]
fn nothing_is_asked_by_http_after_https_nor_for_a_user() {
    let (host, set, token) = host();
    let plain = Plain::serve(move |_, stream| reply(stream, "200 OK", &set));
    let server = Tls::serve(&host);
    let document = |uri: &str| format!(r#"{{"issuer":"https://a.example","jwks_uri":"{uri}"}}"#);
    host.write("set.json", document(&format!("{}/set", plain.url)));
    for command in [&["token", "verify", "--jwks"][..], &["token", "check", "--jwks"]] {
        // A user who asked for plain http asked for it from the beginning.
        for more in [&[][..], &["--plain-http"]] {
            let arguments = [command, &[&server.url], more, &["--timeout", PATIENT]].concat();
            let mut trusting = host.command(&arguments);
            trusting.env("SSL_CERT_FILE", host.path("tls.crt"));
            let run = Run::of(&mut trusting, token.as_bytes());
            assert_eq!(run.status, Some(3), "{}{}", run.stdout, run.stderr);
            assert!(run.stderr.contains("under https is an http URL"), "{}", run.stderr);
        }
    }
    let target = plain.url.replace("http://", "http://me:pass-word@");
    let leading = Plain::serve(move |request, stream| match &*request.path {
        "/redirect" => {
            let head = format!("302 Found\r\nLocation: {target}/set");
            reply(stream, &head, "");
        }
        _ => reply(stream, "200 OK", format!(r#"{{"jwks_uri":"{target}/set"}}"#)),
    });
    for path in ["/redirect", "/document"] {
        let run = verify(&host, &token, &format!("{}{path}", leading.url));
        assert_eq!(run.status, Some(3), "{}{}", run.stdout, run.stderr);
        assert!(!run.stderr.contains("pass-word"), "{}", run.stderr);
    }
    assert!(plain.take().is_empty(), "a key was asked for");
}

#[test]
fn certificates_are_looked_at() {
    let (host, set, token) = host();
    host.write("set.json", set);
    let server = Tls::serve(&host);
    let run = verify(&host, &token, &server.url);
    assert_eq!(run.status, Some(4));
    assert!(run.stderr.contains("TLS failed (its certificate is not trusted)"), "{}", run.stderr);

    let arguments = ["token", "verify", "--timeout", PATIENT, "--jwks", &server.url];
    let mut trusting = host.command(&arguments);
    trusting.env("SSL_CERT_FILE", host.path("tls.crt"));
    Run::of(&mut trusting, token.as_bytes()).success();
}
