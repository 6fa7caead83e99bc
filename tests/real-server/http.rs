//! Plain HTTP to a server on the loopback interface.

use std::time::Duration;

use ureq::Agent;

/// The longest that any answer may take, from the connection to the last byte.
const DEADLINE: Duration = Duration::from_secs(20);

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

pub(crate) fn put(url: &str, token: &str, body: &[u8]) -> Result<Reply, ureq::Error> {
    read(agent().put(url).header("Authorization", format!("Bearer {token}")).send(body)?)
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
