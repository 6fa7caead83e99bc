//! A proxy that notes what goes to a server, and passes it on.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use spacetime_keys_stand_ins::plain::{Plain, Request, raw};

/// One request and the head of its reply.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whether it had an `Authorization`.
    pub(crate) authorized: bool,
    /// How many bytes came behind the head.
    pub(crate) body: usize,
    /// The reply's header fields, in lower case.
    pub(crate) reply: String,
}

pub(crate) struct Proxy {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Proxy {
    /// In front of the server at this URL, until the test process ends.
    pub(crate) fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let plain = Plain::serve(move |request, client| {
            // A server that does not answer: neither does the proxy.
            let Ok(reply) = pass_on(request, &server) else { return };
            // Noted before it is passed on: once the reply is there, the test may look.
            noted.lock().unwrap().push(Seen::of(request, &reply));
            raw(client, &reply);
        });
        Self { url: plain.url, seen }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What has gone through since the last time that this was asked.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Seen {
    fn of(request: &Request, reply: &[u8]) -> Self {
        let reply = String::from_utf8_lossy(reply).to_lowercase();
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            authorized: request.header("authorization").is_some(),
            body: request.body.len(),
            reply: reply.split("\r\n\r\n").next().unwrap_or_default().to_owned(),
        }
    }
}

/// One request a connection: the server is asked to close it after its reply.
fn pass_on(request: &Request, server: &str) -> io::Result<Vec<u8>> {
    let mut upstream = TcpStream::connect(server)?;
    write!(upstream, "{} {} HTTP/1.1\r\n", request.method, request.path)?;
    for (name, value) in &request.headers {
        if !name.eq_ignore_ascii_case("connection") {
            write!(upstream, "{name}: {value}\r\n")?;
        }
    }
    write!(upstream, "Connection: close\r\n\r\n")?;
    upstream.write_all(&request.body)?;
    let mut reply = Vec::new();
    upstream.read_to_end(&mut reply)?;
    Ok(reply)
}
