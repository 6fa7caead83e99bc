//! The front of an exchange: requests and the server's answers in, answers out. `lib/` asks and sends.

use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};
use spacetime_keys_core::exchange::front::{
    self, ASK_EVERY, Answer, KEY_PATH, Look, Ownership, Route, owned_path,
};
use spacetime_keys_core::{Error, Identity};

use crate::error::{bug, thrown};
use crate::exchange_keys::ExchangeKeys;
use crate::http_answer::HttpAnswer;

#[napi]
pub struct Front {
    keys: ExchangeKeys,
    core: front::Front,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    authorization: Vec<String>,
}

impl Request {
    fn parse(json: &str) -> napi::Result<Self> {
        serde_json::from_str(json).map_err(bug)
    }

    fn route(&self) -> Route {
        Route::of(&self.method, &self.path)
    }

    fn authorization(&self) -> Vec<&str> {
        self.authorization.iter().map(String::as_str).collect()
    }
}

#[napi]
impl Front {
    /// `place`: where the keys and the list are, as [`ExchangeKeys`] reads it.
    #[napi(constructor, catch_unwind)]
    pub fn new(place: String) -> napi::Result<Self> {
        let core = front::Front::new(Err(Error::ExchangeKeys));
        Ok(Self { keys: ExchangeKeys::at(place)?, core })
    }

    /// Reads the keys if they are not as they were. `null`: they are; else `failure` is why they
    /// cannot be read.
    #[napi(catch_unwind)]
    pub fn reload(&mut self) -> Option<String> {
        let (loaded, failure) = self.keys.changed()?;
        self.core.replace(loaded);
        Some(json!({ "failure": failure }).to_string())
    }

    #[napi(catch_unwind)]
    pub fn is_ready(&self, now: i64) -> bool {
        self.core.ready(now).is_ok()
    }

    /// Takes the server's answer to the question for its key; `null`: there was none.
    #[napi(catch_unwind)]
    pub fn see(&mut self, answer: String, asked_at: i64) -> napi::Result<()> {
        let answer: Option<HttpAnswer> = serde_json::from_str(&answer).map_err(bug)?;
        self.core.see(answer.as_ref().map(HttpAnswer::as_answer), asked_at);
        Ok(())
    }

    /// The answer, or the question that it depends on.
    #[napi(catch_unwind)]
    pub fn look(&self, request: String, now: i64) -> napi::Result<String> {
        let request = Request::parse(&request)?;
        let look = match self.core.look(request.route(), &request.authorization(), now) {
            Look::Answer(answer) => described(&answer),
            Look::AskOwner(identity) => {
                json!({ "question": owned_path(identity), "identity": identity })
            }
        };
        Ok(look.to_string())
    }

    /// The answer, after the server was asked about an identity. `said`: as in `see`.
    #[napi(catch_unwind)]
    pub fn settle(
        &self,
        request: String,
        identity: String,
        said: String,
        now: i64,
    ) -> napi::Result<String> {
        let request = Request::parse(&request)?;
        let identity = Identity::parse(&identity).map_err(thrown)?;
        let said: Option<HttpAnswer> = serde_json::from_str(&said).map_err(bug)?;
        let ownership = Ownership::of(said.as_ref().map(HttpAnswer::as_answer));
        let owned = (identity, ownership);
        let answer = self.core.settle(request.route(), &request.authorization(), owned, now);
        Ok(described(&answer).to_string())
    }
}

/// The path that a server shows its key at, and how often it is asked, in seconds.
#[napi(catch_unwind)]
pub fn key_question() -> String {
    json!({ "path": KEY_PATH, "every": ASK_EVERY }).to_string()
}

fn described(answer: &Answer) -> Value {
    let headers: Vec<(&str, &str)> =
        answer.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    json!({
        "status": answer.status,
        "headers": headers,
        "keepsAuthorization": answer.keeps_authorization,
        "body": answer.body.as_str(),
    })
}
