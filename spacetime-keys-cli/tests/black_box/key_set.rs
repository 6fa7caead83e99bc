//! `--jwks URL`: what a server at the other end can do to us.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Host, PUBLIC, Run};

/// Answers each request on a free port with what `answer` writes; gives the port's URL.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            answer(request.split(' ').nth(1).unwrap_or_default(), &mut stream);
        }
    });
    url
}

fn reply(stream: &mut TcpStream, head: &str, body: &str) {
    // A client that has had enough hangs up.
    let _ = write!(
        stream,
        "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(body.as_bytes());
}

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
    let arguments = ["token", "verify", "--timeout", "2s", "--jwks", url];
    Run::of(&mut host.command(&arguments), token.as_bytes())
}

#[test]
fn a_set_and_a_discovery_document() {
    let (host, set, token) = host();
    let served = set.clone();
    let url = serve(move |path, stream| match path {
        "/set" => reply(stream, "200 OK", &served),
        "/moved" => reply(stream, "302 Found\r\nLocation: /set", ""),
        _ => reply(stream, "404 Not Found", ""),
    });
    for path in ["/set", "/moved"] {
        let verified = verify(&host, &token, &format!("{url}{path}")).success();
        assert!(verified.stdout.starts_with("valid\n"), "{}", verified.stdout);
    }
    // Where servers begin: of that document only `jwks_uri` is looked at.
    let target = url.clone();
    let discovery = serve(move |_, stream| {
        reply(stream, "200 OK", &format!(r#"{{"jwks_uri":"{target}/set"}}"#));
    });
    verify(&host, &token, &format!("{discovery}/.well-known/openid-configuration")).success();
    let arguments = ["token", "check", "--jwks", &format!("{url}/set")];
    let checked = Run::of(&mut host.command(&arguments), token.as_bytes()).success();
    assert!(checked.stdout.starts_with("accepted\n"), "{}", checked.stdout);
}

#[test]
fn what_goes_wrong_is_told_and_ends() {
    let (host, _, token) = host();
    let url = serve(|path, stream| match path {
        "/missing" => reply(stream, "404 Not Found", "<html>"),
        "/login" => reply(stream, "401 Unauthorized", ""),
        "/html" => reply(stream, "200 OK", "<html>sign in</html>"),
        "/not-utf-8" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe");
        }
        "/loop" => reply(stream, "302 Found\r\nLocation: /loop", ""),
        "/large" => reply(stream, "200 OK", &" ".repeat(2 << 20)),
        "/endless" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(&[b' '; 4096]).is_ok() {}
        }
        "/hangs" => {
            let _ = stream.read(&mut [0; 1]);
        }
        "/trickle" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        }
        "/cut-off" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        }
        "/nonsense" => {
            let _ = stream.write_all(b"hello\r\n\r\n");
        }
        _ => {}
    });
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
        let run = verify(&host, &token, &format!("{url}{path}"));
        assert_eq!(run.status, Some(4), "{path}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{path}: {}", run.stderr);
        assert!(run.stderr.contains("hint:"), "{path}");
        assert!(started.elapsed() < Duration::from_secs(30), "{path}");
    }
    // Nobody there.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let run = verify(&host, &token, &format!("http://{free}/"));
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
    url: String,
}

impl Tls {
    fn serve(host: &Host) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
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
        let process =
            openssl(&format!("s_server -quiet -WWW -cert tls.crt -key tls.key -accept {free}"))
                .spawn()
                .unwrap();
        let started = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "openssl s_server does not start");
            thread::sleep(Duration::from_millis(20));
        }
        Self { process, url: format!("https://{free}/set.json") }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn certificates_are_looked_at() {
    let (host, set, token) = host();
    host.write("set.json", set);
    let server = Tls::serve(&host);
    let run = verify(&host, &token, &server.url);
    assert_eq!(run.status, Some(4));
    assert!(run.stderr.contains("TLS failed (its certificate is not trusted)"), "{}", run.stderr);

    let arguments = ["token", "verify", "--jwks", &server.url];
    let mut trusting = host.command(&arguments);
    trusting.env("SSL_CERT_FILE", host.path("tls.crt"));
    Run::of(&mut trusting, token.as_bytes()).success();
}
