//! Plain HTTP on a port of this machine. What a test does with a request is all that the client
//! gets: an answer, half of one, one that never ends, none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Where nobody listens: a service that machines no longer have, below all ports that are handed
/// out. A port that was free a moment ago may be somebody's by now.
pub const NOBODY: &str = "127.0.0.1:9";

/// What came in.
#[derive(Clone)]
pub struct Request {
    /// `GET`, and the like.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The header fields, in their order. There may be a token among them: never printed.
    pub headers: Vec<(String, String)>,
    /// What came behind the head, as long as `Content-Length` says.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = || -> Option<String> {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).ok()?;
            Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
        };
        let first = line()?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let mut headers = Vec::new();
        while let Some((name, value)) = line()?.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut request = Self { method, path, headers, body: Vec::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        request.body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }
}

/// A server that answers until the process ends.
pub struct Plain {
    /// `http://`, the address and the port.
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Plain {
    /// Answers each request with what `answer` writes to the connection, which ends then. Each has
    /// a thread of its own: an answer may hang.
    pub fn serve(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::serve_at(Ipv4Addr::LOCALHOST, answer)
    }

    /// The same at another address of this machine.
    pub fn serve_at(
        address: Ipv4Addr,
        answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answer) = (Arc::<Mutex<Vec<_>>>::default(), Arc::new(answer));
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            // A client that is gone before it is met is its own business.
            for mut stream in listener.incoming().flatten() {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                thread::spawn(move || {
                    if !begins_as_http(&stream) {
                        // As servers do, who wait for no end of it: perhaps it is TLS.
                        reply(&mut stream, "400 Bad Request", "");
                        return end(&stream);
                    }
                    let Some(request) = Request::read(&stream) else { return end(&stream) };
                    // Before the answer: once that is there, the test may look.
                    noted.lock().unwrap().push(request.clone());
                    answer(&request, &mut stream);
                    end(&stream);
                });
            }
        });
        Self { url, seen }
    }

    /// How many of the requests since the last time had a token with them.
    pub fn take_tokens(&self) -> usize {
        let has_token = |request: &&Request| request.header("authorization").is_some();
        self.take().iter().filter(has_token).count()
    }

    /// What has come in since the last time that this was asked.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// Whether what comes first may be a method.
fn begins_as_http(stream: &TcpStream) -> bool {
    let mut first = [0];
    stream.peek(&mut first).is_ok_and(|_| first[0].is_ascii_uppercase())
}

/// Ends a connection as servers do. Closed while something of the client's is unread, it would be
/// reset, and the client might never see the answer.
fn end(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    while stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {}
}

/// An address of this machine that is no loopback address, if it has one. No packet is sent.
pub fn far_address() -> Option<Ipv4Addr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // One of those that are only for documentation (RFC 5737).
    socket.connect((Ipv4Addr::new(198, 51, 100, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}

// A client that has had enough hangs up: no write below need succeed.

/// A whole answer; `head` begins with the status, and may have fields of its own.
pub fn reply(stream: &mut TcpStream, head: &str, body: impl AsRef<[u8]>) {
    let body = body.as_ref();
    let length = body.len();
    raw(
        stream,
        format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"),
    );
    raw(stream, body);
}

/// These bytes, whatever they are.
pub fn raw(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    let _ = stream.write_all(bytes.as_ref());
}

/// Nothing, until the client goes.
pub fn hang(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 1]);
}

/// These bytes and then blanks without an end, until the client goes.
pub fn flood(stream: &mut TcpStream, head: &str) {
    raw(stream, head);
    while stream.write_all(&[b' '; 4096]).is_ok() {}
}

/// The same, one byte at a time: each comes soon, the whole never.
pub fn drip(stream: &mut TcpStream, head: &str) {
    raw(stream, head);
    while stream.write_all(b"a").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}
