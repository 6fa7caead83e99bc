//! A proxy that notes what goes to a server, and passes it on.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (server, noted) = (server.clone(), Arc::clone(&noted));
                thread::spawn(move || {
                    // A client that goes away is its own business.
                    if let Ok(seen) = pass_on(&client.unwrap(), &server) {
                        noted.lock().unwrap().push(seen);
                    }
                });
            }
        });
        Self { url, seen }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What has gone through since the last time that this was asked.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

/// One request a connection: the server is asked to close it after its reply.
fn pass_on(mut client: &TcpStream, server: &str) -> io::Result<Seen> {
    let mut reader = BufReader::new(client);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut words = request.split(' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (next(), next());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let mut upstream = TcpStream::connect(server)?;
    write!(upstream, "{request}{head}Connection: close\r\n\r\n")?;
    upstream.write_all(&body)?;
    let mut reply = Vec::new();
    upstream.read_to_end(&mut reply)?;
    let text = String::from_utf8_lossy(&reply).to_lowercase();
    let reply_head = text.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    // Noted even where the client no longer listens.
    let _ = client.write_all(&reply);
    let authorized = head.to_lowercase().contains("authorization:");
    Ok(Seen { method, path, authorized, body: length, reply: reply_head })
}
