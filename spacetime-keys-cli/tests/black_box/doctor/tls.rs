//! Servers behind https.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{PATIENT, doctor};
use crate::common::{Host, PUBLIC, Run};

const CERTIFICATE: &str = "tls.crt";

/// A certificate for this machine that nobody trusts but who is told to.
fn make_certificate(host: &Host, name: &str) {
    host.write(
        "tls.cnf",
        format!(
            "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=leaf\n[name]\nCN=test\n\
             [leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName={name}\n"
        ),
    );
    let mut command = Command::new("openssl");
    let arguments = "req -x509 -config tls.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
                     -nodes -days 2 -keyout tls.key -out tls.crt";
    command.args(arguments.split_whitespace()).current_dir(host.path(""));
    Run::of(&mut command, b"").success();
}

/// Answers every question over TLS: health, the key, and a good token.
fn serve_tls(host: &Host) -> String {
    let certificate = CertificateDer::from_pem_file(host.path(CERTIFICATE)).unwrap();
    let key = PrivateKeyDer::from_pem_file(host.path("tls.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let public_key = host.read(PUBLIC);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let mut head = Vec::new();
            let mut byte = [0];
            // A client that does not trust us goes away.
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0)
            {
                head.extend(byte);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let (status, body) = match head.split(' ').nth(1).unwrap_or_default() {
                "/v1/health" => ("200 OK", r#"{"version":"2.8.3"}"#),
                "/v1/identity/public-key" => ("200 OK", &*public_key),
                "/v1/ping" => ("200 OK", ""),
                path if path.ends_with("/verify") => ("204 No Content", ""),
                path if path.ends_with("/databases") => ("200 OK", r#"{"identities":[]}"#),
                _ => ("404 Not Found", "`app` not found"),
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    url
}

#[test]
fn a_trusted_certificate() {
    let host = Host::new();
    make_certificate(&host, "IP:127.0.0.1");
    let url = serve_tls(&host);
    let arguments = ["doctor", "--json", "--server", &url, "--database", "app"];
    let mut command = host.command(&[&arguments[..], &PATIENT].concat());
    command.env("SSL_CERT_FILE", host.path(CERTIFICATE));
    let run = Run::of(&mut command, b"").success();
    let said = run.json();
    assert_eq!(said.get("outcome").unwrap(), "creates", "{said:#}");
    assert_eq!(said.get("server_version").unwrap(), "2.8.3");
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let host = Host::new();
    make_certificate(&host, "IP:127.0.0.1");
    let url = serve_tls(&host);
    let said = doctor(&host, &["--server", &url]);
    assert_eq!(said.outcome(), ("unreachable", None), "{:#}", said.document);
    let (ok, text) = said.check("server");
    assert_eq!(ok, Some(false));
    assert!(text.contains("its certificate is not trusted"), "{text}");
    assert!(text.contains("SSL_CERT_FILE"), "{text}");
}

#[test]
fn a_certificate_of_another_host() {
    let host = Host::new();
    make_certificate(&host, "DNS:another.example");
    let url = serve_tls(&host);
    let arguments = ["doctor", "--json", "--server", &url];
    let mut command = host.command(&[&arguments[..], &PATIENT].concat());
    command.env("SSL_CERT_FILE", host.path(CERTIFICATE));
    let run = Run::of(&mut command, b"");
    assert_eq!(run.status, Some(1), "{run:?}");
    assert_eq!(run.json().get("outcome").unwrap(), "unreachable");
}

#[test]
fn https_to_a_port_that_speaks_http() {
    let host = Host::new();
    // A server answers what it cannot read at once.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 16 << 10]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let said = doctor(&host, &["--server", &url]);
    assert_eq!(said.outcome(), ("unreachable", None), "{:#}", said.document);
    let (ok, text) = said.check("server");
    assert!(ok == Some(false) && text.contains("does not speak https"), "{text}");
    assert!(text.contains("write http://"), "{text}");
}

#[test]
fn http_to_a_port_that_speaks_https() {
    let host = Host::new();
    make_certificate(&host, "IP:127.0.0.1");
    let url = serve_tls(&host).replace("https:", "http:");
    let said = doctor(&host, &["--server", &url]);
    assert_eq!(said.outcome(), ("unreachable", None), "{:#}", said.document);
    let (ok, text) = said.check("server");
    assert!(ok == Some(false) && text.contains("https"), "{text}");
}
