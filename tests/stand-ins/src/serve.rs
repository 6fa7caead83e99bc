//! One request: what it asks for, the fault that strikes it, the answer, and the log.

use std::collections::BTreeMap;
use std::fmt;
use std::future;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Response, header};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::hosts::Host;
use crate::log::{Operation, Request, Ticket};
use crate::login;
use crate::query;
use crate::random;
use crate::shared::{Epoch, Shared, State};
use crate::tokens::VAULTS;
use crate::vault::{self, Call, Route};

/// The connection is to end without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped")
    }
}

impl std::error::Error for Dropped {}

/// Answers a request to `host` that came by a connection of `epoch`.
pub(crate) async fn serve(
    request: hyper::Request<Incoming>,
    host: Host,
    shared: Arc<Shared>,
    epoch: Epoch,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let mut route = match host {
        Host::Vault(_) => vault::route(&head.method, head.uri.path()),
        _ => login::route(&host, &head.method, head.uri.path()),
    };
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header(header::AUTHORIZATION);
    if matches!(host, Host::Vault(_)) && authorization.is_none() {
        route.operation = Operation::Challenge;
    }
    let call = Call {
        host: host.domain(),
        query: query::parse(head.uri.query().unwrap_or_default()),
        metadata: head.headers.contains_key("metadata"),
        path: head.uri.path().to_owned(),
        route,
        body,
        stale: false,
    };

    let (ticket, fault) = begin(&shared, &host, &call, authorization);
    let latency = shared.state().latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if before(&shared, fault.as_ref()).await.is_err() {
        end(&shared, ticket, None);
        return Err(Dropped);
    }
    let written = write(&shared, &epoch, &host, call, authorization, fault.as_ref());
    let Ok(answer) = written else {
        end(&shared, ticket, None);
        return Err(Dropped);
    };
    if let (Some(entry), Some(made)) = (shared.state().log.entry(ticket), &answer.made) {
        entry.version = Some(made.clone());
    }
    let answer = match fault {
        Some(Fault::DropAfter) => {
            end(&shared, ticket, None);
            return Err(Dropped);
        }
        Some(Fault::KillAfter) => {
            end(&shared, ticket, None);
            kill(&shared);
            return Err(Dropped);
        }
        Some(Fault::HangAfter) => future::pending().await,
        Some(Fault::CutJson) => answer.cut(),
        _ => answer,
    };
    end(&shared, ticket, Some(answer.status));
    Ok(answer.into_response(ticket.number))
}

/// Writes the request into the log, and finds its fault.
fn begin(
    shared: &Shared,
    host: &Host,
    call: &Call,
    authorization: Option<&str>,
) -> (Ticket, Option<Fault>) {
    let mut state = shared.state();
    let Route { operation, secret, version } = &call.route;
    let (label, secret_name) = (host.label(), secret.as_deref());
    let counted = state.log.next(label, *operation, secret_name);
    let fault = state.faults.of_request((label, *operation, secret_name), counted);
    let entry = Request {
        number: counted.0,
        occurrence: counted.1,
        host: label.to_owned(),
        operation: *operation,
        secret: secret.clone(),
        version: version.clone(),
        status: None,
        authorized: state.tokens.allow(authorization, audience(host)),
        faulted: fault.is_some(),
        started: shared.begun.elapsed(),
        ended: None,
    };
    (state.log.begin(entry), fault)
}

/// What a token for `host` must be for.
const fn audience(host: &Host) -> Option<&'static str> {
    match host {
        Host::Vault(_) => Some(VAULTS),
        _ => None,
    }
}

fn end(shared: &Shared, ticket: Ticket, status: Option<u16>) {
    let ended = shared.begun.elapsed();
    if let Some(entry) = shared.state().log.entry(ticket) {
        entry.ended = Some(ended);
        entry.status = status;
    }
}

/// What a fault does before the write.
async fn before(shared: &Shared, fault: Option<&Fault>) -> Result<(), Dropped> {
    match fault {
        Some(Fault::DropBefore) => Err(Dropped),
        Some(Fault::KillBefore) => {
            kill(shared);
            Err(Dropped)
        }
        Some(Fault::Hang) => future::pending().await,
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(*time).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Carries the request out, in one piece: no other request sees half of it.
fn write(
    shared: &Shared,
    epoch: &Epoch,
    host: &Host,
    mut call: Call,
    authorization: Option<&str>,
    fault: Option<&Fault>,
) -> Result<Answer, Dropped> {
    let mut state = shared.state();
    if !Arc::ptr_eq(&shared.epoch.borrow(), epoch) {
        return Err(Dropped);
    }
    match fault {
        Some(Fault::Status429 { retry_after }) => {
            let answer = Answer::error(
                429,
                "Throttled",
                "Request was not processed because too many requests were received. \
                 Reason: VaultRequestTypeLimitReached",
                None,
            );
            return Ok(match retry_after {
                Some(seconds) => answer.with("retry-after", seconds.to_string()),
                None => answer,
            });
        }
        Some(Fault::Status500) => {
            return Ok(Answer::error(500, "InternalServerError", "Internal server error.", None));
        }
        Some(Fault::Status503) => {
            let message = "The service is unavailable at present. Try again later.";
            return Ok(Answer::error(503, "ServiceUnavailable", message, None));
        }
        Some(Fault::Forbidden(inner)) => {
            return Ok(Answer::error(403, "Forbidden", "The request is refused.", Some(inner)));
        }
        Some(Fault::TokenExpired) => state.tokens.revoke(),
        Some(Fault::StaleRead) => call.stale = true,
        Some(Fault::SecondWriter { value, tags }) => {
            second_writer(&mut state, host, &call, value, tags);
        }
        _ => {}
    }
    Ok(match host {
        Host::Vault(name) => vault::answer(shared, &mut state, name, &call, authorization),
        _ => login::answer(shared, &mut state, host, &call, authorization),
    })
}

fn second_writer(
    state: &mut State,
    host: &Host,
    call: &Call,
    value: &str,
    tags: &BTreeMap<String, String>,
) {
    let (now, version) = (state.now(), random::version(&mut state.random));
    let (Host::Vault(vault), Some(secret)) = (host, &call.route.secret) else { return };
    let draft = vault::Draft { value: value.to_owned(), tags: tags.clone(), ..Default::default() };
    state.vaults.get_mut(vault).unwrap().write(secret, draft, version, now);
}

#[cfg(unix)]
fn kill(shared: &Shared) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = shared.state().process.expect("set_process() comes first");
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).unwrap();
    // It may have ended by itself meanwhile.
    let _ = kill_process(id, Signal::KILL);
}

#[cfg(not(unix))]
fn kill(_: &Shared) {
    panic!("SIGKILL needs Unix");
}
