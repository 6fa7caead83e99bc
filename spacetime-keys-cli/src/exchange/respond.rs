use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use spacetime_keys_core::Identity;
use spacetime_keys_core::exchange::front::{Answer, Look, Ownership, Route};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Shared;

/// The most questions for owners at once: each holds a thread and a connection.
const QUESTIONS: usize = 16;

/// The longest time that a request waits for its turn.
const TURN: Duration = Duration::from_secs(2);

/// Answers requests.
#[derive(Clone)]
pub(super) struct Responder {
    shared: Arc<Shared>,
    questions: Arc<Semaphore>,
}

impl Responder {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, questions: Arc::new(Semaphore::new(QUESTIONS)) }
    }

    /// Answers one. Its body is not read, and its query not looked at: a token may stand there.
    pub(super) async fn respond(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let route = Route::of(request.method().as_str(), request.uri().path());
        let fields: Vec<&HeaderValue> = request.headers().get_all(AUTHORIZATION).iter().collect();
        // No token has a byte that is not visible ASCII: such a field is none that we read.
        let texts: Option<Vec<&str>> = fields.iter().map(|value| value.to_str().ok()).collect();
        let texts = texts.unwrap_or_default();
        let answer = match self.shared.look(route, &texts) {
            Look::Answer(answer) => answer,
            Look::AskOwner(identity) => {
                let ownership = self.ask(identity).await;
                self.shared.settle(route, &texts, (identity, ownership))
            }
        };
        Ok(into_response(answer, &fields))
    }

    async fn ask(&self, identity: Identity) -> Ownership {
        let turn = timeout(TURN, Arc::clone(&self.questions).acquire_owned());
        let Ok(Ok(permit)) = turn.await else { return Ownership::Unknown };
        let shared = Arc::clone(&self.shared);
        let asked = spawn_blocking(move || {
            let ownership = shared.ask_ownership(identity);
            drop(permit);
            ownership
        });
        asked.await.unwrap_or(Ownership::Unknown)
    }
}

fn into_response(answer: Answer, own: &[&HeaderValue]) -> Response<Full<Bytes>> {
    // Wiped when it has been sent.
    let mut response = Response::new(Full::new(Bytes::from_owner(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        // What the core writes can stand in a header.
        if let Ok(mut value) = HeaderValue::from_str(value) {
            let name = HeaderName::from_static(name);
            value.set_sensitive(name == AUTHORIZATION);
            headers.insert(name, value);
        }
    }
    for value in own.iter().filter(|_| answer.keeps_authorization) {
        headers.append(AUTHORIZATION, (*value).clone());
    }
    response
}
