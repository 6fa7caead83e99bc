//! Plain HTTP to a server on the loopback interface.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::Agent;

/// The longest that any answer may take, from the connection to the last byte, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(5);

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn get(url: &str) -> Result<Reply, ureq::Error> {
    read(agent().get(url).call()?)
}

pub(crate) fn get_as(url: &str, token: &str) -> Result<Reply, ureq::Error> {
    read(agent().get(url).header("Authorization", format!("Bearer {token}")).call()?)
}

pub(crate) fn post(url: &str, token: &str, body: &[u8]) -> Result<Reply, ureq::Error> {
    read(agent().post(url).header("Authorization", format!("Bearer {token}")).send(body)?)
}

pub(crate) fn put(url: &str, token: &str, body: &[u8]) -> Result<Reply, ureq::Error> {
    read(agent().put(url).header("Authorization", format!("Bearer {token}")).send(body)?)
}

/// A PUT with whatever comes behind `Bearer `, however odd. Without a token, without the header.
pub(crate) fn put_raw(url: &str, token: Option<&str>, body: &[u8]) -> std::io::Result<Reply> {
    raw("PUT", url, token, body)
}

/// Written to the connection as it is, for an HTTP library would refuse some of it, or take it for a
/// failure that a server answers, and goes, before it has read everything.
pub(crate) fn raw(
    method: &str,
    url: &str,
    token: Option<&str>,
    body: &[u8],
) -> std::io::Result<Reply> {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{}\
         Content-Length: {}\r\n\r\n",
        authorization.unwrap_or_default(),
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut reply = Vec::new();
    let read = stream.read_to_end(&mut reply);
    let reply = String::from_utf8_lossy(&reply);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_default();
    match head.split(' ').nth(1).and_then(|status| status.parse().ok()) {
        Some(status) => Ok(Reply { status, body: body.to_owned() }),
        None => Err(read.err().unwrap_or_else(|| std::io::Error::other("no HTTP status line"))),
    }
}

/// A new one for each request: no connection may outlive a restart of the server.
fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        // A 401 is an answer that the tests ask for, not an error.
        .http_status_as_error(false)
        // Never to a proxy that the environment names.
        .proxy(None)
        // Tokens that are too large for any server must get to it.
        .output_buffer_size(4 << 20)
        .build()
        .into()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply, ureq::Error> {
    let status = response.status().as_u16();
    Ok(Reply { status, body: response.body_mut().read_to_string()? })
}
