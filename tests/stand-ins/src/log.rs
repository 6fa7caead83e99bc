//! The requests that came in.

use std::collections::HashMap;
use std::time::Duration;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `PUT /secrets/{name}`: a new version.
    Put,
    /// `GET /secrets/{name}`
    GetLatest,
    /// `GET /secrets/{name}/{version}`
    GetVersion,
    /// `GET /secrets/{name}/versions`: one page.
    ListVersions,
    /// `GET /secrets`: one page.
    ListSecrets,
    /// `PATCH /secrets/{name}/{version}`: attributes, tags, content type.
    Update,
    /// `DELETE /secrets/{name}`: a soft delete.
    Delete,
    /// `GET /deletedsecrets/{name}`
    GetDeleted,
    /// `POST /deletedsecrets/{name}/recover`
    Recover,
    /// Asks for a token, of the tenant or of the instance metadata service.
    Login,
    /// What a login needs besides: the tenant's `OpenID` configuration, the list of subscriptions.
    Discovery,
    /// Any request to a vault that carries no token.
    Challenge,
    /// Nothing that is known here.
    Other,
}

/// One request. Neither values nor tokens are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counted from 0 at the start, or since the log was cleared.
    pub number: u64,
    /// How many of the same host, operation and secret came before it, counted likewise.
    pub occurrence: u64,
    /// The vault's name, or `login`, `imds`, `management`.
    pub host: String,
    /// What it asked for.
    pub operation: Operation,
    /// The secret in the path.
    pub secret: Option<String>,
    /// The version in the path, or the one that a PUT made (also when its answer was then dropped).
    pub version: Option<String>,
    /// The answer's status; none if there was no answer.
    pub status: Option<u16>,
    /// Whether it carried a token that is good here.
    pub authorized: bool,
    /// Whether a fault struck it.
    pub faulted: bool,
    /// When it had been read, since the stand-in's start.
    pub started: Duration,
    /// When it was answered or dropped; none while it waits.
    pub ended: Option<Duration>,
}

/// The length of the longest chain of requests each of which began after another had ended: how
/// many round trips a client made one after the other.
pub fn round_trips(requests: &[Request]) -> usize {
    // Of intervals, the longest chain is found by always taking the one that ends first.
    let mut intervals: Vec<_> = requests
        .iter()
        .map(|request| (request.ended.unwrap_or(Duration::MAX), request.started))
        .collect();
    intervals.sort_unstable();
    let mut chain = 0;
    let mut last = None;
    for (ended, started) in intervals {
        if last.is_none_or(|last| started >= last) {
            chain += 1;
            last = Some(ended);
        }
    }
    chain
}

/// Whose end is told to the log later. Of a log that was cleared in between, none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) number: u64,
    generation: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) requests: Vec<Request>,
    generation: u64,
    occurrences: HashMap<(String, Operation, Option<String>), u64>,
}

impl Log {
    /// The number that the next request gets, and how many of its kind came before it.
    pub(crate) fn next(
        &mut self,
        host: &str,
        operation: Operation,
        secret: Option<&str>,
    ) -> (u64, u64) {
        let key = (host.to_owned(), operation, secret.map(str::to_owned));
        let count = self.occurrences.entry(key).or_default();
        *count += 1;
        (self.requests.len() as u64, *count - 1)
    }

    pub(crate) fn begin(&mut self, request: Request) -> Ticket {
        let ticket = Ticket { number: request.number, generation: self.generation };
        self.requests.push(request);
        ticket
    }

    /// The entry of `ticket`, unless the log was cleared since.
    pub(crate) fn entry(&mut self, ticket: Ticket) -> Option<&mut Request> {
        if ticket.generation != self.generation {
            return None;
        }
        self.requests.get_mut(usize::try_from(ticket.number).ok()?)
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.occurrences.clear();
        self.generation += 1;
    }
}
