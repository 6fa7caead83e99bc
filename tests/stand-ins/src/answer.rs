//! What goes back to the client.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// An answer, before it is HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The version that a PUT made, for the log.
    pub(crate) made: Option<String>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes(), made: None }
    }

    /// An error as Azure's services write it.
    pub(crate) fn error(status: u16, code: &str, message: &str, inner: Option<&str>) -> Self {
        let mut error = json!({ "code": code, "message": message });
        if let Some(inner) = inner {
            error["innererror"] = json!({ "code": inner });
        }
        Self::json(status, &json!({ "error": error }))
    }

    pub(crate) fn bad_parameter(message: &str) -> Self {
        Self::error(400, "BadParameter", message, None)
    }

    pub(crate) fn with(mut self, header: &'static str, value: String) -> Self {
        self.headers.push((header, value));
        self
    }

    /// Half of the body, as if that were all of it.
    pub(crate) fn cut(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self
    }

    /// As HTTP; `number` is the request's.
    pub(crate) fn into_response(self, number: u64) -> Response<Full<Bytes>> {
        let mut response = Response::builder()
            .status(self.status)
            .header("content-type", "application/json; charset=utf-8")
            .header("cache-control", "no-cache")
            .header("x-ms-request-id", format!("00000000-0000-4000-8000-{number:012x}"));
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Full::new(Bytes::from(self.body))).unwrap()
    }
}
