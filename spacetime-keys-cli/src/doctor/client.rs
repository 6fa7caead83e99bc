//! Requests to one server, all of them within one deadline: GET, and queries by POST.

use std::time::{Duration, Instant};

use spacetime_keys_core::doctor::{Ask, Came, Unreached};
use spacetime_keys_core::promotion::Query;
use ureq::http::HeaderValue;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, RequestBuilder};
use zeroize::Zeroizing;

use super::address::Once;
use crate::http;
use crate::output::Output;

/// No answer that is asked for is larger.
const MAX_BODY: u64 = 1 << 20;

/// Room for the head of a request or an answer, beside a token in it.
const HEAD: usize = 64 << 10;

pub(crate) struct Client<'a> {
    url: &'a str,
    timeout: Duration,
    deadline: Option<Instant>,
    /// Whether plain http may carry a token to another machine.
    plain_http: bool,
    addresses: Once,
    output: &'a Output,
}

impl<'a> Client<'a> {
    pub(crate) fn new(
        url: &'a str,
        timeout: Duration,
        plain_http: bool,
        output: &'a Output,
    ) -> Self {
        let deadline = Instant::now().checked_add(timeout);
        Self { url, timeout, deadline, plain_http, addresses: Once::default(), output }
    }

    /// Asks by GET or, with a query, by POST.
    fn ask(&self, path: &str, token: Option<&str>, sql: Option<&str>) -> Result<Came, Unreached> {
        let left =
            self.deadline.map_or(self.timeout, |end| end.saturating_duration_since(Instant::now()));
        // One question that hangs leaves time for the others.
        let timeout = left.min(self.timeout / 2);
        if timeout.is_zero() {
            return Err(Unreached::Timeout);
        }
        let url = format!("{}{path}", self.url);
        let room = HEAD + 2 * token.map_or(0, str::len);
        let mut config = http::config(&url, timeout)
            .max_redirects(0)
            .http_status_as_error(false)
            .max_response_header_size(room)
            .output_buffer_size(room.max(128 << 10))
            .input_buffer_size(room.max(128 << 10));
        let agent = if http::is_https(&url) {
            config.build().new_agent()
        } else {
            // Through a proxy, plain http would show it the token.
            config = config.proxy(None);
            Agent::with_parts(config.build(), DefaultConnector::new(), self.addresses.clone())
        };
        let bearer = token.map(bearer).transpose()?;
        let answer = match sql {
            None => with(agent.get(&url), bearer).call(),
            Some(sql) => with(agent.post(&url), bearer).send(sql),
        };
        let mut response = answer.map_err(|error| http::unreached(&error))?;
        let content_type = response.headers().get("content-type");
        let content_type =
            content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let body = match response.body_mut().with_config().limit(MAX_BODY).read_to_vec() {
            Ok(body) => Some(body),
            Err(ureq::Error::BodyExceedsLimit(_)) => None,
            Err(error) => return Err(http::unreached(&error)),
        };
        Ok(Came { status, content_type, body })
    }
}

impl Client<'_> {
    /// Says what was asked, with `-v`.
    fn tell(&self, method: &str, path: &str, token: Option<&str>, came: &Result<Came, Unreached>) {
        let said = match came {
            Ok(came) => came.status.to_string(),
            Err(why) => why.to_string(),
        };
        let with = if token.is_some() { " (with the token)" } else { "" };
        self.output.detail(&format!("{method} {path}{with}: {said}"));
    }
}

impl Ask for Client<'_> {
    fn get(&self, path: &str, token: Option<&str>) -> Result<Came, Unreached> {
        let came = self.ask(path, token, None);
        self.tell("GET", path, token, &came);
        came
    }

    fn carries_tokens(&self) -> bool {
        http::is_https(self.url) || self.plain_http || self.addresses.are_of_this_machine()
    }
}

impl Query for Client<'_> {
    fn query(&self, path: &str, token: &str, sql: &str) -> Result<Came, Unreached> {
        if !self.carries_tokens() {
            return Err(Unreached::NoConnection);
        }
        let came = self.ask(path, Some(token), Some(sql));
        self.tell("POST", path, Some(token), &came);
        came
    }
}

/// A token as a header, which no log shows.
fn bearer(token: &str) -> Result<HeaderValue, Unreached> {
    let bearer = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_bytes(bearer.as_bytes()).map_err(|_| Unreached::NotHttp)?;
    value.set_sensitive(true);
    Ok(value)
}

fn with<Body>(request: RequestBuilder<Body>, bearer: Option<HeaderValue>) -> RequestBuilder<Body> {
    match bearer {
        Some(value) => request.header("authorization", value),
        None => request,
    }
}
